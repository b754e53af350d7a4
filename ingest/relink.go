package ingest

import "context"

// movePrices moves the prices of changed_symbols for which held_days names another company, or none, than they are
// linked to.
func (t *transaction) movePrices(ctx context.Context) error {
	if _, err := t.exec(ctx, moveSeries); err != nil {
		return err
	}
	moved, err := t.exec(ctx, findMoved)
	if err != nil || moved == 0 {
		return err
	}
	t.monthsChanged = true
	for _, sql := range []string{
		addUnlinked, addMovedSeries, noteMovedSeries, noteMovedCompanies, noteMovedMonths, movePrices, recountSeries, dropEmptySeries,
	} {
		if _, err := t.exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// moveSeries moves series of which one company held all days and that has none of its own yet: whatever their length, one
// row each. So it is with nearly all that were imported before anybody was known.
const moveSeries = `-- name: moveSeries
with whole as (
  select distinct on (heir.id, p.definition_id) p.id, heir.id as security_id, heir.company_id
  from changed_symbols
  join securities y using (symbol)
  join series p on p.security_id = y.id
  join held_days h on h.symbol = y.symbol and h.first_on <= p.first_on and h.last_on >= p.last_on
  join securities heir on heir.symbol = h.symbol and heir.company_id = h.company_id
  where h.company_id is distinct from y.company_id
    and not exists (select from series o where o.security_id = heir.id and o.definition_id = p.definition_id)
  order by heir.id, p.definition_id, p.points desc, p.id
), moved as (
  update series p
  set company_id = whole.company_id, security_id = whole.security_id
  from whole
  where p.id = whole.id
  returning p.id, p.company_id
)
insert into noted_changes (kind, key)
select 'company', company_id::text from moved
union
select 'company', before.company_id::text from moved join series before using (id) where before.company_id is not null`

// findMoved reads the points only of series that one time of holding does not cover: nearly none.
const findMoved = `-- name: findMoved
insert into moved_prices (series_id, date, value, symbol, company_id, definition_id)
select p.id, m.date, m.value, y.symbol, h.company_id, p.definition_id
from changed_symbols
join securities y using (symbol)
join series p on p.security_id = y.id
join metrics m on m.series_id = p.id
left join held_days h on h.symbol = y.symbol and m.date between h.first_on and h.last_on
where h.company_id is distinct from y.company_id
  and case when y.company_id is null
    then exists (
      select from held_days h where h.symbol = y.symbol and h.first_on <= p.last_on and h.last_on >= p.first_on
    )
    else not exists (
      select from held_days h
      where h.symbol = y.symbol and h.company_id = y.company_id and h.first_on <= p.first_on and h.last_on >= p.last_on
    )
  end`

const addUnlinked = `-- name: addUnlinked
insert into securities (symbol)
select distinct m.symbol
from moved_prices m
where m.company_id is null and not exists (select from securities y where y.symbol = m.symbol and y.company_id is null)
order by m.symbol`

// movedTo are the securities that prices move to.
const movedTo = `securities y on y.symbol = m.symbol and coalesce(y.company_id, 0) = coalesce(m.company_id, 0)`

const addMovedSeries = `-- name: addMovedSeries
insert into series (company_id, security_id, definition_id, points, first_on, last_on, last_value)
select y.company_id, y.id, m.definition_id, count(*), min(m.date), max(m.date), (array_agg(m.value order by m.date desc))[1]
from moved_prices m
join ` + movedTo + `
where not exists (select from series p where p.security_id = y.id and p.definition_id = m.definition_id)
group by y.company_id, y.id, m.definition_id
order by y.symbol, y.company_id, m.definition_id`

const noteMovedSeries = `-- name: noteMovedSeries
insert into counted_series (series_id)
select series_id from moved_prices
union
select p.id
from (select distinct symbol, company_id, definition_id from moved_prices) m
join ` + movedTo + `
join series p on p.security_id = y.id and p.definition_id = m.definition_id`

const noteMovedCompanies = `-- name: noteMovedCompanies
insert into noted_changes (kind, key)
select distinct 'company', p.company_id::text
from counted_series
join series p on p.id = series_id
where p.company_id is not null`

// movePrices deletes and inserts: TimescaleDB does not update the column by which a chunk is compressed.
const movePrices = `-- name: movePrices
with moved as (
  delete from metrics
  using moved_prices m
  where metrics.series_id = m.series_id and metrics.date = m.date
  returning metrics.series_id, metrics.date, metrics.as_of, metrics.value
)
insert into metrics (series_id, date, as_of, value)
select p.id, moved.date, moved.as_of, moved.value
from moved
join moved_prices m on m.series_id = moved.series_id and m.date = moved.date
join ` + movedTo + `
join series p on p.security_id = y.id and p.definition_id = m.definition_id
order by p.id, moved.date`

const recountSeries = `-- name: recountSeries
with counted as (
  select m.series_id, count(*) as points, min(m.date) as first_on, max(m.date) as last_on,
    (array_agg(m.value order by m.date desc))[1] as last_value
  from metrics m
  where m.series_id in (select series_id from counted_series)
  group by m.series_id
)
update series p
set points = c.points, first_on = c.first_on, last_on = c.last_on, last_value = c.last_value
from counted c
where c.series_id = p.id
  and (p.points, p.first_on, p.last_on, p.last_value) <> (c.points, c.first_on, c.last_on, c.last_value)`

const dropEmptySeries = `-- name: dropEmptySeries
delete from series p
where p.id in (select series_id from counted_series) and not exists (select from metrics m where m.series_id = p.id)`
