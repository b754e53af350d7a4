package ingest

import (
	"context"
	"fmt"

	"github.com/corpintel/corpintel/prices"
)

const preparePrices = `-- name: preparePrices
-- The rows of a file. They outlast transactions, for a file is stored in several.
create temporary table price_rows (
  line bigint,
  symbol text collate "C",
  date date,
  open double precision,
  high double precision,
  low double precision,
  close double precision,
  adj_close double precision,
  volume double precision
);

-- security_id is that of rows which are nobody's.
create temporary table price_symbols (symbol text collate "C" primary key, rows bigint, as_of date, security_id bigint);

-- Rows on the securities that held their symbols on their days.
create temporary table placed_rows (
  security_id bigint,
  date date,
  as_of date,
  open double precision,
  high double precision,
  low double precision,
  close double precision,
  adj_close double precision,
  volume double precision
) on commit delete rows;

create temporary table price_series (security_id bigint, field text, series_id bigint, is_new boolean) on commit delete rows;

-- Points that are there already.
create temporary table known_prices (
  series_id bigint,
  date date,
  as_of date,
  value double precision, -- in the file
  same boolean,
  wins boolean -- the file's value counts, or it is the same and of a newer file
) on commit delete rows;`

// clearPriceRows makes room for another file.
const clearPriceRows = `-- name: clearPriceRows
drop index if exists pg_temp.price_rows_key;
truncate price_rows, price_symbols`

const indexPriceRows = `-- name: indexPriceRows
create index price_rows_key on price_rows (symbol, date, line)`

const analyzePriceRows = `-- name: analyzePriceRows
analyze price_rows`

const dropRepeatedRows = `-- name: dropRepeatedRows
with repeated as (
  select symbol, date, min(line) as line
  from price_rows
  group by symbol, date
  having count(*) > 1
), dropped as (
  delete from price_rows r
  using repeated d
  join price_rows f on (f.symbol, f.date, f.line) = (d.symbol, d.date, d.line)
  where r.symbol = d.symbol and r.date = d.date and r.line > d.line
  returning r.line, f.line as first, r.symbol, r.date,
    (r.open, r.high, r.low, r.close, r.adj_close, r.volume)
      is not distinct from (f.open, f.high, f.low, f.close, f.adj_close, f.volume) as same,
    num_nonnulls(r.open, r.high, r.low, r.close, r.adj_close, r.volume)::bigint as values
)
select line, first, symbol, date, same, values
from dropped
order by line`

// storePrices brings the staged rows of symbols into the database.
func (t *transaction) storePrices(ctx context.Context, symbols []string) (Count, error) {
	steps := []struct {
		sql  string
		args []any
	}{
		{noteSymbols, []any{symbols}},
		{clearHolders, nil},
		{findHolders, nil},
		{findHolding, nil},
		{addPriced, nil},
		{findUnlinked, nil},
		{placeRows, nil},
		{findPriceSeries, nil},
		{addPriceSeries, nil},
		{clearSymbols, nil},
		{valuePriced, nil},
	}
	if err := t.definePrices(ctx); err != nil {
		return Count{}, err
	}
	for _, step := range steps {
		if _, err := t.exec(ctx, step.sql, step.args...); err != nil {
			return Count{}, err
		}
	}
	return t.mergePrices(ctx)
}

// mergePrices brings the points of price_series into metrics. Read is left to who read the file.
func (t *transaction) mergePrices(ctx context.Context) (count Count, err error) {
	var skipped, updated int64
	if _, err := t.exec(ctx, findPrices); err != nil {
		return Count{}, err
	}
	if err := t.tx.QueryRow(ctx, countPrices).Scan(&count.Unchanged, &updated, &skipped); err != nil {
		return Count{}, fmt.Errorf("countPrices: %w", err)
	}
	if _, err := t.exec(ctx, changePrices); err != nil {
		return Count{}, err
	}
	if count.Stored, err = t.exec(ctx, addNewPrices); err != nil {
		return Count{}, err
	}
	added, err := t.count(ctx, addPrices)
	if err != nil {
		return Count{}, err
	}
	count.Stored += added
	count.Updated, count.Skipped = updated, skipped
	if count.Stored+count.Updated == 0 {
		return count, nil
	}
	t.monthsChanged = true
	for _, sql := range []string{changeLastPrices, noteChangedPrices, notePriceMonths, notePricedCompanies} {
		if _, err := t.exec(ctx, sql); err != nil {
			return Count{}, err
		}
	}
	return count, nil
}

const definePriceConcepts = `-- name: definePriceConcepts
insert into concepts (taxonomy, concept, label, description)
select *
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as p (taxonomy, concept, label, description)
where not exists (select from concepts c where c.name = p.taxonomy || ':' || p.concept)`

const definePrices = `-- name: definePrices
with added as (
  insert into definitions (concept_id, period, name, unit)
  select c.id, p.period, c.name, p.unit
  from unnest($1::text[], $2::text[], $3::smallint[]) as p (name, unit, period)
  join concepts c on c.name = p.name
  where not exists (select from definitions d where (d.name, d.unit, d.period) = (p.name, p.unit, p.period))
  returning id
)
insert into noted_changes (kind)
select 'definitions' from added limit 1`

// definePrices adds the concepts and definitions of prices where they are not there.
func (t *transaction) definePrices(ctx context.Context) error {
	var taxonomies, concepts, names, units, labels, descriptions []string
	var periods []int16
	for _, c := range prices.Concepts() {
		taxonomies, concepts = append(taxonomies, c.Taxonomy), append(concepts, c.Name)
		names, units = append(names, c.Taxonomy+":"+c.Name), append(units, c.Unit)
		labels, descriptions = append(labels, c.Label), append(descriptions, c.Description)
		periods = append(periods, int16(c.Period))
	}
	if _, err := t.exec(ctx, definePriceConcepts, taxonomies, concepts, labels, descriptions); err != nil {
		return err
	}
	_, err := t.exec(ctx, definePrices, names, units, periods)
	return err
}

const noteSymbols = `-- name: noteSymbols
insert into changed_symbols (symbol)
select unnest($1::text[])
on conflict do nothing`

// holderOfRow is looked up for each row by itself: planned as a join of temporary tables, of which the planner knows
// nothing, it took up to ten times as long.
const holderOfRow = `
  (select h.security_id from held_days h where h.symbol = r.symbol and r.date between h.first_on and h.last_on limit 1)`

const findHolding = `-- name: findHolding
update held_days h
set security_id = y.id
from securities y
where y.symbol = h.symbol and y.company_id = h.company_id`

// addPriced adds the securities without a company on which prices will hang that nobody is known for.
const addPriced = `-- name: addPriced
insert into securities (symbol)
select k.symbol
from changed_symbols k
where (select true from price_rows r where r.symbol = k.symbol and ` + holderOfRow + ` is null limit 1)
  and not exists (select from securities y where y.symbol = k.symbol and y.company_id is null)
order by k.symbol`

// findUnlinked finds the securities of those rows that are nobody's.
const findUnlinked = `-- name: findUnlinked
update price_symbols k
set security_id = y.id
from changed_symbols c
join securities y using (symbol)
where k.symbol = c.symbol and y.company_id is null`

const placeRows = `-- name: placeRows
insert into placed_rows (security_id, date, as_of, open, high, low, close, adj_close, volume)
select coalesce(` + holderOfRow + `, k.security_id), r.date, k.as_of, r.open, r.high, r.low, r.close, r.adj_close, r.volume
from changed_symbols
join price_symbols k using (symbol)
join price_rows r using (symbol)`

// fields are the values of placed_rows, one a row, with the names of the fields' concepts.
const fields = `
  (values ('open', r.open), ('high', r.high), ('low', r.low), ('close', r.close), ('adjClose', r.adj_close), ('volume', r.volume))
    as v (field, value)`

// findPriceSeries finds the series that are there.
const findPriceSeries = `-- name: findPriceSeries
insert into price_series (security_id, field, series_id, is_new)
select y.id, c.concept, p.id, false
from (select distinct security_id as id from placed_rows) y
join series p on p.security_id = y.id
join definitions d on d.id = p.definition_id and d.period = ` + dailyPeriod + `
join concepts c on c.id = d.concept_id
where c.taxonomy = 'price' and d.unit = case c.concept when 'volume' then 'shares' else 'USD' end`

// dailyPeriod is edgar.PeriodDaily.
const dailyPeriod = "2"

// addPriceSeries adds those that are not, with the numbers of points that addNewPrices adds. It looks at each row once, not
// once a field; the row of the last day it looks up.
const addPriceSeries = `-- name: addPriceSeries
with ranges as (
  select security_id,
    count(open) as opens, count(high) as highs, count(low) as lows, count(close) as closes,
    count(adj_close) as adj_closes, count(volume) as volumes,
    min(date) filter (where open is not null) as open_first, max(date) filter (where open is not null) as open_last,
    min(date) filter (where high is not null) as high_first, max(date) filter (where high is not null) as high_last,
    min(date) filter (where low is not null) as low_first, max(date) filter (where low is not null) as low_last,
    min(date) filter (where close is not null) as close_first, max(date) filter (where close is not null) as close_last,
    min(date) filter (where adj_close is not null) as adj_close_first, max(date) filter (where adj_close is not null) as adj_close_last,
    min(date) filter (where volume is not null) as volume_first, max(date) filter (where volume is not null) as volume_last
  from placed_rows
  group by security_id
), counted as (
  select r.security_id, v.field, v.points, v.first_on, v.last_on
  from ranges r
  cross join lateral (values
    ('open', opens, open_first, open_last), ('high', highs, high_first, high_last), ('low', lows, low_first, low_last),
    ('close', closes, close_first, close_last), ('adjClose', adj_closes, adj_close_first, adj_close_last),
    ('volume', volumes, volume_first, volume_last)
  ) as v (field, points, first_on, last_on)
  where v.points > 0
), added as (
  insert into series (company_id, security_id, definition_id, points, first_on, last_on, last_value)
  select y.company_id, y.id, d.id, n.points, n.first_on, n.last_on, (
    select v.value
    from price_rows r
    cross join lateral ` + fields + `
    where r.symbol = y.symbol and r.date = n.last_on and v.field = n.field
  )
  from counted n
  join securities y on y.id = n.security_id
  join definitions d on d.name = 'price:' || n.field and d.period = ` + dailyPeriod + `
    and d.unit = case n.field when 'volume' then 'shares' else 'USD' end
  where not exists (select from price_series s where s.security_id = n.security_id and s.field = n.field)
  order by y.symbol, y.company_id, d.name
  returning id, security_id, definition_id, first_on, last_on
), noted as (
  insert into changed_days (series_id, first_on, last_on)
  select id, first_on, last_on
  from added
)
insert into price_series (security_id, field, series_id, is_new)
select a.security_id, c.concept, a.id, true
from added a
join definitions d on d.id = a.definition_id
join concepts c on c.id = d.concept_id`

// valuePriced notes the companies whose prices these are.
const valuePriced = `-- name: valuePriced
insert into valued_companies (company_id)
select distinct y.company_id
from placed_rows r
join securities y on y.id = r.security_id
where y.company_id is not null`

// findPrices reads the points of each series as one range of the index.
const findPrices = `-- name: findPrices
with held as materialized (
  select s.security_id, s.field, m.series_id, m.date, m.as_of, m.value
  from price_series s
  join metrics m on m.series_id = s.series_id
  where not s.is_new
    and m.date between (select min(date) from placed_rows) and (select max(date) from placed_rows)
)
insert into known_prices (series_id, date, as_of, value, same, wins)
select m.series_id, m.date, r.as_of, v.value, v.value = m.value,
  r.as_of > coalesce(m.as_of, '-infinity') or r.as_of = m.as_of and v.value > m.value
from placed_rows r
cross join lateral ` + fields + `
join held m on m.security_id = r.security_id and m.field = v.field and m.date = r.date
where v.value is not null`

const countPrices = `-- name: countPrices
select count(*) filter (where same), count(*) filter (where wins and not same), count(*) filter (where not wins and not same)
from known_prices`

const changePrices = `-- name: changePrices
update metrics m
set value = k.value, as_of = k.as_of
from known_prices k
where k.wins and m.series_id = k.series_id and m.date = k.date`

// addNewPrices adds the points of the series that are new. These know already how many there are: to have that from the
// rows that are inserted takes a tenth of an import.
const addNewPrices = `-- name: addNewPrices
insert into metrics (series_id, date, as_of, value)
select s.series_id, r.date, r.as_of, v.value
from placed_rows r
cross join lateral ` + fields + `
join price_series s on s.security_id = r.security_id and s.field = v.field
where v.value is not null and s.is_new
order by s.series_id, r.date`

// addPrices adds the points that are not there to the series that are, and counts them into these. Their last values are
// left to changeLastPrices.
const addPrices = `-- name: addPrices
with added as (
  insert into metrics (series_id, date, as_of, value)
  select s.series_id, r.date, r.as_of, v.value
  from placed_rows r
  cross join lateral ` + fields + `
  join price_series s on s.security_id = r.security_id and s.field = v.field
  where v.value is not null
    and not s.is_new
    and not exists (select from known_prices k where k.series_id = s.series_id and k.date = r.date)
  order by s.series_id, r.date
  returning series_id, date
), counted as (
  select series_id, count(*) as points, min(date) as first_on, max(date) as last_on
  from added
  group by series_id
), grown as (
  update series p
  set points = p.points + c.points, first_on = least(p.first_on, c.first_on), last_on = greatest(p.last_on, c.last_on)
  from counted c
  where c.series_id = p.id
), noted as (
  insert into changed_days (series_id, first_on, last_on)
  select series_id, first_on, last_on
  from counted
)
select coalesce(sum(points), 0)::bigint from counted`

// changeLastPrices brings the last values of the series that were there up to date, whether a point was added after the
// last one or that one has another value. It looks each up by itself: a join might read all points.
const changeLastPrices = `-- name: changeLastPrices
with latest as (
  select p.id, (select m.value from metrics m where m.series_id = p.id and m.date = p.last_on) as value
  from price_series s
  cross join lateral (select * from series p where p.id = s.series_id limit 1) p
  where not s.is_new
)
update series p
set last_value = l.value
from latest l
where p.id = l.id and p.last_value <> l.value`

// notePricedCompanies notes whose prices have changed.
const notePricedCompanies = `-- name: notePricedCompanies
insert into noted_changes (kind, key)
select distinct 'company', p.company_id::text
from changed_days d
join series p on p.id = d.series_id
where p.company_id is not null`
