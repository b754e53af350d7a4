package ingest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// listings are snapshots: on a day a company had these symbols and no others. A company occurs once, and has no symbol
// twice.
type listings struct {
	companies []edgar.CIK // of which they tell, also those without a symbol
	asOf      []time.Time // the day for each

	// Columns of equal length that make a row per symbol.
	company   []edgar.CIK
	symbol    []string
	exchange  []pgtype.Text // null when unknown
	placement []int32       // order of the company's symbols, the first is the primary one
}

func (l *listings) addCompany(cik edgar.CIK, asOf edgar.Date) {
	l.companies = append(l.companies, cik)
	l.asOf = append(l.asOf, asOf.Time())
}

func (l *listings) addSymbol(cik edgar.CIK, symbol, exchange string, placement int) {
	l.company = append(l.company, cik)
	l.symbol = append(l.symbol, symbol)
	l.exchange = append(l.exchange, text(exchange))
	l.placement = append(l.placement, int32(placement)) //nolint:gosec // a position in a list of 64 MB at the most
}

// importListings brings snapshots of symbols into the database; their companies must be there. It returns how many
// symbols a company did not have before, and for how many of the others something changed.
//
// A security remembers the first and last day on which a snapshot named it. From these days follows who holds a symbol
// (see findHolders), so the order of imports does not matter.
func (t *transaction) importListings(ctx context.Context, l listings) (stored, updated int64, err error) {
	if len(l.companies) == 0 {
		return 0, 0, nil
	}
	if _, err := t.exec(ctx, stageCompanies, l.companies, l.asOf); err != nil {
		return 0, 0, err
	}
	if _, err := t.exec(ctx, stageListings, l.company, l.symbol, l.exchange, l.placement); err != nil {
		return 0, 0, err
	}
	if updated, err = t.count(ctx, seeListings); err != nil {
		return 0, 0, err
	}
	if stored, err = t.count(ctx, addListings); err != nil {
		return 0, 0, err
	}
	advanced, err := t.exec(ctx, advanceTickers)
	if err != nil || updated+stored+advanced == 0 {
		return 0, 0, err
	}
	if _, err := t.exec(ctx, noteListed); err != nil {
		return 0, 0, err
	}
	return stored, updated, t.recomputeHolders(ctx)
}

const stageCompanies = `-- name: stageCompanies
insert into listed_companies (company_id, cik, as_of)
select c.id, c.cik, l.as_of
from unnest($1::bigint[], $2::date[]) as l (cik, as_of)
join companies c on c.cik = l.cik`

const stageListings = `-- name: stageListings
insert into stage_listings (company_id, as_of, symbol, exchange, position)
select c.company_id, c.as_of, l.symbol, l.exchange, l.position
from unnest($1::bigint[], $2::text[], $3::text[], $4::integer[]) as l (cik, symbol, exchange, position)
join listed_companies c on c.cik = l.cik`

// seeListings: the place in the list is that of the newest snapshot, of one day the first; the exchange that of the
// newest snapshot which tells one, of one day the greater text.
const seeListings = `-- name: seeListings
with written as (
  update securities s
  set first_seen = least(s.first_seen, l.as_of),
    last_seen = greatest(s.last_seen, l.as_of),
    position = case
      when s.last_seen > l.as_of then s.position
      when s.last_seen = l.as_of then least(s.position, l.position)
      else l.position
    end,
    exchange = case when ` + tellsExchange + ` then l.exchange else s.exchange end,
    exchange_as_of = case when ` + tellsExchange + ` then l.as_of else s.exchange_as_of end
  from stage_listings l
  where s.company_id = l.company_id and s.symbol = l.symbol
    and (s.first_seen is null or s.first_seen > l.as_of or s.last_seen is null or s.last_seen < l.as_of
      or s.last_seen = l.as_of and s.position > l.position
      or ` + tellsExchange + `)
  returning s.id, s.company_id
), noted as (` + noteSecurities + `)
select count(*) from written`

const tellsExchange = `(l.exchange is not null and (s.exchange_as_of is null or (s.exchange_as_of, s.exchange) < (l.as_of, l.exchange)))`

// addListings adds securities as former ones: resumeHoldings makes them current when nobody else holds the symbol.
const addListings = `-- name: addListings
with written as (
  insert into securities (company_id, symbol, exchange, valid_from, valid_to, first_seen, last_seen, position, exchange_as_of)
  select l.company_id, l.symbol, l.exchange, l.as_of + 1, l.as_of, l.as_of, l.as_of, l.position,
    case when l.exchange is not null then l.as_of end
  from stage_listings l
  where not exists (
    select from securities s where s.company_id = l.company_id and s.symbol = l.symbol
  )
  order by l.symbol, l.company_id
  returning id, company_id
), noted as (` + noteSecurities + `)
select count(*) from written`

const advanceTickers = `-- name: advanceTickers
update companies c
set tickers_as_of = l.as_of
from listed_companies l
where c.id = l.company_id and (c.tickers_as_of is null or c.tickers_as_of < l.as_of)`

// noteListed: all symbols that the companies have or had.
const noteListed = `-- name: noteListed
insert into changed_symbols (symbol)
select distinct y.symbol
from listed_companies l
join securities y on y.company_id = l.company_id
on conflict do nothing`
