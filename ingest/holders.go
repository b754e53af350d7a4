package ingest

import "context"

// Holders of symbols.
//
// Who held a symbol on a day follows from four things, each of which yields to those before it:
//
//  1. what the operator says (symbol_holdings);
//  2. snapshots: a company that was seen with the symbol on two days held it between them. Of several, the company that
//     is listed with it now counts, then the one seen last, then the smaller CIK;
//  3. a company whose newest snapshot still names the symbol holds it since;
//  4. the first company that was seen with a symbol is assumed to have held it before, back to the day on which it is
//     known not to have been a filer yet.
//
// On other days nobody is known to have held it. As all of this is computed from what is stored, the order in which it
// came does not matter.

const prepareHolders = `-- name: prepareHolders
-- Symbols whose holders, and companies whose market capitalization may have changed.
create temporary table changed_symbols (symbol text collate "C" primary key) on commit delete rows;

create temporary table valued_companies (company_id bigint) on commit delete rows;

-- Who held these symbols from a day to a day. valid_from is the first day on which it is known; security_id is set for
-- prices only.
create temporary table held_days (
  symbol text collate "C",
  company_id bigint,
  first_on date,
  last_on date,
  valid_from date,
  security_id bigint
) on commit delete rows;

create index held_days_symbol on held_days (symbol, first_on);

create temporary table moved_prices (
  series_id bigint,
  date date,
  value double precision,
  symbol text collate "C",
  company_id bigint, -- the new one
  definition_id integer
) on commit delete rows;

create temporary table counted_series (series_id bigint) on commit delete rows;`

// settle brings what follows from the whole transaction up to date: holders of symbols, the prices that are linked to
// them, market capitalizations, and the monthly roll-up; then it tells readers of all changes.
func (t *transaction) settle(ctx context.Context) error {
	filers, err := t.exec(ctx, noteFilers)
	if err != nil {
		return err
	}
	arrived, err := t.exec(ctx, noteArrived)
	if err != nil {
		return err
	}
	if filers+arrived > 0 {
		if err := t.recomputeHolders(ctx); err != nil {
			return err
		}
	}
	if _, err = t.exec(ctx, valueCompanies); err != nil {
		return err
	}
	if err := t.rollUp(ctx); err != nil {
		return err
	}
	return t.publish(ctx)
}

// recomputeHolders recomputes the holders of changed_symbols, which is empty then, and moves the prices that are
// another's now.
func (t *transaction) recomputeHolders(ctx context.Context) error {
	for _, sql := range []string{
		noteRivals, clearHolders, findHolders, addMapped, endHoldings, resumeHoldings, choosePrimaries, showPrimaries, classifyRivals,
	} {
		if _, err := t.exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := t.movePrices(ctx); err != nil {
		return err
	}
	for _, sql := range []string{dropSecurities, clearSymbols} {
		if _, err := t.exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// noteFilers: what a company held, and the prices that are linked to it, begins with its first filing where nothing better is
// known, and this may be another filing now. Without prices it shows only between days that the operator gives to others.
const noteFilers = `-- name: noteFilers
insert into changed_symbols (symbol)
select distinct y.symbol
from changed_companies c
join securities y on y.company_id = c.company_id
where exists (select from securities o join series p on p.security_id = o.id where o.symbol = y.symbol)
  or exists (select from symbol_holdings h where h.symbol = y.symbol)
on conflict do nothing`

// noteArrived finds symbols that the operator gave to companies which were not known till now.
const noteArrived = `-- name: noteArrived
insert into changed_symbols (symbol)
select distinct h.symbol
from symbol_holdings h
join companies c on c.cik = h.cik
where not exists (select from securities y where y.company_id = c.id and y.symbol = h.symbol)
on conflict do nothing`

const noteRivals = `-- name: noteRivals
insert into valued_companies (company_id)
select distinct y.company_id
from changed_symbols
join securities y using (symbol)
where y.company_id is not null`

const (
	clearHolders = `-- name: clearHolders
delete from held_days`

	clearSymbols = `-- name: clearSymbols
delete from changed_symbols`
)

// completeFilings is the number of filings below which all of a company are known: the SEC lists at least so many of
// the newest in a submissions document, or all.
const completeFilings = "1000"

// findHolders cuts time into pieces at every day on which one of the four things begins or ends, and takes the best for
// each piece. Pieces of a company that follow each other become one. A company is known to hold a symbol since
// the first day that is not merely assumed; it is not known since when where nobody is known to have held it before.
const findHolders = `-- name: findHolders
with claims as (
  select y.symbol, y.company_id, y.first_seen, y.last_seen, c.cik, c.submissions_as_of,
    y.last_seen = c.tickers_as_of as listed,
    row_number() over (
      partition by y.symbol
      order by y.last_seen = c.tickers_as_of desc nulls last, y.last_seen desc, c.cik_key, c.id
    ) as place
  from changed_symbols
  join securities y using (symbol)
  join companies c on c.id = y.company_id
  where y.last_seen is not null
), first_claims as (
  select distinct on (symbol) *
  from claims
  order by symbol, first_seen, place
), said (symbol, company_id, first_on, last_on, rank, place) as (
  select symbol, c.id, h.first_on, h.last_on, 1, 1
  from changed_symbols
  join symbol_holdings h using (symbol)
  left join companies c on c.cik = h.cik
  union all
  select symbol, company_id, first_seen, last_seen, 2, place
  from claims
  union all
  select symbol, company_id, last_seen + 1, 'infinity', 3, place
  from claims
  where place = 1 and listed
  union all
  select f.symbol, f.company_id, b.first_on, f.first_seen - 1, 4, f.place
  from first_claims f
  cross join lateral (
    select greatest(
      date '-infinity',
      (select max(day) from ` + cikDays + ` where assigned.cik <= f.cik),
      case when f.submissions_as_of is not null then (
        select min(cf.first_on) from company_forms cf where cf.company_id = f.company_id having sum(cf.n) < ` + completeFilings + `
      ) end
    ) as first_on
  ) b
  where b.first_on < f.first_seen
), cuts as (
  select symbol, first_on as day from said
  union
  select symbol, last_on + 1 from said where last_on < 'infinity'
), pieces as (
  select symbol, day as first_on, coalesce(lead(day) over (partition by symbol order by day) - 1, 'infinity') as last_on
  from cuts
), held as (
  select distinct on (p.symbol, p.first_on) p.symbol, p.first_on, p.last_on, s.company_id, s.rank
  from pieces p
  join said s on s.symbol = p.symbol and s.first_on <= p.first_on and s.last_on >= p.last_on
  order by p.symbol, p.first_on, s.rank, s.place
), begun as (
  select *, (
      lag(company_id) over (partition by symbol order by first_on),
      lag(last_on) over (partition by symbol order by first_on) + 1
    ) is distinct from (company_id, first_on) as begins
  from held
  where company_id is not null
), numbered as (
  select *, count(*) filter (where begins) over (partition by symbol order by first_on) as run
  from begun
)
insert into held_days (symbol, company_id, first_on, last_on, valid_from)
select symbol, company_id, min(first_on), max(last_on), case
    when min(first_on) = '-infinity' or run = 1 and (array_agg(rank order by first_on))[1] > 1 then null
    else coalesce(min(first_on) filter (where rank < 4), min(first_on))
  end
from numbered
group by symbol, company_id, run`

// behindAll is the place of a symbol that no snapshot names: any that one names comes first.
const behindAll = "1000000000"

// addMapped adds securities that only the operator knows of, and notes their companies as noteRivals does. Like all that
// hold a symbol on no day they end before they begin, until endHoldings and resumeHoldings have come by.
const addMapped = `-- name: addMapped
with added as (
  insert into securities (company_id, symbol, valid_from, valid_to, position)
  select distinct h.company_id, h.symbol, date 'epoch' + 1, date 'epoch', ` + behindAll + `
  from held_days h
  where not exists (select from securities y where y.company_id = h.company_id and y.symbol = h.symbol)
  order by h.symbol, h.company_id
  returning id, company_id
), noted as (
  insert into noted_securities (security_id, company_id, is_current)
  select id, company_id, false from added
)
insert into valued_companies (company_id)
select distinct company_id from added`

// heldLast is the newest time in which each company held one of the symbols.
const heldLast = `
select distinct on (symbol, company_id) symbol, company_id, valid_from, nullif(last_on, 'infinity') as valid_to
from held_days
order by symbol, company_id, last_on desc`

const endHoldings = `-- name: endHoldings
with ended as (
  select y.id,
    case when h.symbol is null then coalesce(y.last_seen, 'epoch') + 1 else h.valid_from end as valid_from,
    case when h.symbol is null then coalesce(y.last_seen, 'epoch') else h.valid_to end as valid_to
  from changed_symbols
  join securities y using (symbol)
  left join (` + heldLast + `) h on h.symbol = y.symbol and h.company_id = y.company_id
  where y.company_id is not null and (h.symbol is null or h.valid_to is not null)
), written as (
  update securities y
  set valid_from = ended.valid_from, valid_to = ended.valid_to
  from ended
  where ended.id = y.id and (ended.valid_from, ended.valid_to) is distinct from (y.valid_from, y.valid_to)
  returning y.id, y.company_id
)` + noteSecurities

// resumeHoldings comes after endHoldings: a symbol has one present holder at any time.
const resumeHoldings = `-- name: resumeHoldings
with held as (` + heldLast + `
), written as (
  update securities y
  set valid_from = held.valid_from, valid_to = null
  from held
  where held.symbol = y.symbol and held.company_id = y.company_id and held.valid_to is null
    and (held.valid_from, null) is distinct from (y.valid_from, y.valid_to)
  returning y.id, y.company_id
)` + noteSecurities

const choosePrimaries = `-- name: choosePrimaries
with ranked as (
  select y.id, y.valid_to is null and row_number() over (
    partition by y.company_id order by y.valid_to is null desc, y.position, y.symbol) = 1 as best
  from (select distinct company_id from valued_companies) v
  join securities y using (company_id)
), written as (
  update securities y
  set is_primary = ranked.best
  from ranked
  where ranked.id = y.id and y.is_primary <> ranked.best
  returning y.id, y.company_id
)` + noteSecurities

const showPrimaries = `-- name: showPrimaries
with written as (
  update companies c
  set ticker = p.symbol, exchange = p.exchange
  from (select distinct company_id from valued_companies) v
  left join securities p on p.company_id = v.company_id and p.is_primary
  where c.id = v.company_id and (c.ticker, c.exchange) is distinct from (p.symbol, p.exchange)
  returning c.id
)` + noteCompanies

// classifyRivals is classify for the companies whose symbols have changed.
const classifyRivals = `-- name: classifyRivals
` + classifyStart + `
  select company_id from valued_companies
` + classifyEnd

// dropSecurities drops those that neither a snapshot nor the operator nor a price knows any more.
const dropSecurities = `-- name: dropSecurities
with written as (
  delete from securities y
  using changed_symbols k
  where y.symbol = k.symbol and y.last_seen is null
    and not exists (select from held_days h where h.symbol = y.symbol and h.company_id = y.company_id)
    and not exists (select from series p where p.security_id = y.id)
  returning y.id, y.company_id
)` + noteSecurities
