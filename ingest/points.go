package ingest

import "context"

// recompute makes concept_units, definitions, series and metrics of a company agree with its facts, for the concepts
// and units in changed_units. It writes only rows that differ.
//
// It goes in small steps over temporary tables with one key: planned as one, the joins over concept, unit and period
// are taken for a few rows, and run as nested loops over thousands.
func (t *transaction) recompute(ctx context.Context, company int64) error {
	steps := []struct {
		sql  string
		args []any
	}{
		{countUnits, []any{company}},
		{choosePoints, []any{company}},
		{addDefinitions, nil},
		{addSeries, []any{company}},
		{findSeries, []any{company}},
		{changeSeries, nil},
		{dropPoints, nil},
		{changePoints, nil},
		{addPoints, nil},
		{chooseUnits, []any{company}},
		{noteValued, []any{company}},
	}
	for _, step := range steps {
		if _, err := t.exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	dropped, err := t.exec(ctx, dropSeries)
	if err != nil || dropped == 0 {
		return err
	}
	_, err = t.exec(ctx, dropDefinitions)
	return err
}

const countUnits = `-- name: countUnits
insert into concept_units (company_id, concept_id, unit, facts)
select f.company_id, f.concept_id, f.unit, count(*) filter (where f.period_end <= f.filed_on)
from changed_units u
join facts f on f.company_id = $1 and f.concept_id = u.concept_id and f.unit = u.unit
group by f.company_id, f.concept_id, f.unit
order by f.concept_id, f.unit
on conflict (company_id, concept_id, unit) do update
set facts = excluded.facts
where concept_units.facts <> excluded.facts`

// periodClass is edgar.PeriodOf, with null for PeriodOther and 1 for an instant.
const periodClass = `case
      when f.period_start is null then 1
      when f.period_end - f.period_start + 1 between 80 and 120 then 3
      when f.period_end - f.period_start + 1 between 160 and 200 then 4
      when f.period_end - f.period_start + 1 between 245 and 290 then 5
      when f.period_end - f.period_start + 1 between 350 and 380 then 6
    end`

// choosePoints chooses the points of the series.
//
// A period's value is that of the fact filed last, of one day that of the greatest accession number; of several periods
// of one class and end the one with the fact filed last is taken, then the one that starts last. Both together are the
// greatest (filed_on, accession, period_start) of a class and end. A fact whose period ends after its filing is a
// forecast or a mistake, and counts for nothing.
//
// Quarters and years that end within a week of each other are the same one, dated differently: the point filed last
// stays. A point that is dropped so still drops others.
const choosePoints = `-- name: choosePoints
with classed as (
  select f.id, 8 * u.n + ` + periodClass + ` as series, f.period_start, f.period_end, f.value, f.filed_on, f.accession
  from changed_units u
  join facts f on f.company_id = $1 and f.concept_id = u.concept_id and f.unit = u.unit
  where f.filed_on >= f.period_end
), latest as (
  select distinct on (series, period_end) *
  from classed
  where series is not null
  order by series, period_end, filed_on desc, accession desc, period_start desc
), ranked as (
  select *, row_number() over (partition by series order by filed_on, accession, period_end) as rank
  from latest
), judged as (
  select *, max(rank) over (
    partition by series order by period_end
    range between '7 days' preceding and '7 days' following exclude current row
  ) as near
  from ranked
)
insert into chosen_points (series, date, value, fact_id)
select series, period_end, value, id
from judged
where series % 8 not in (3, 6) or near is null or near < rank`

// counted are the series as they must be.
const counted = `
select series, count(*) as points, min(date) as first_on, max(date) as last_on
from chosen_points
group by series`

// addDefinitions does not use "on conflict", as addConcepts does not.
const addDefinitions = `-- name: addDefinitions
insert into definitions (concept_id, period, name, unit)
select u.concept_id, p.series % 8, c.name, u.unit
from (select distinct series from chosen_points) p
join changed_units u on u.n = p.series / 8
join concepts c on c.id = u.concept_id
where not exists (
  select from definitions d where d.concept_id = u.concept_id and d.unit = u.unit and d.period = p.series % 8
)
order by c.name, u.unit, p.series % 8`

const addSeries = `-- name: addSeries
with counted as (` + counted + `)
insert into series (company_id, definition_id, points, first_on, last_on)
select $1, d.id, c.points, c.first_on, c.last_on
from counted c
join changed_units u on u.n = c.series / 8
join definitions d on d.concept_id = u.concept_id and d.unit = u.unit and d.period = c.series % 8
where not exists (
  select from series s where s.company_id = $1 and s.definition_id = d.id and s.security_id is null
)
order by d.id`

const findSeries = `-- name: findSeries
insert into changed_series (series, id)
select 8 * u.n + d.period, s.id
from changed_units u
join definitions d on d.concept_id = u.concept_id and d.unit = u.unit
join series s on s.definition_id = d.id
where s.company_id = $1 and s.security_id is null`

const changeSeries = `-- name: changeSeries
with counted as (` + counted + `)
update series s
set points = c.points, first_on = c.first_on, last_on = c.last_on
from changed_series
join counted c using (series)
where s.id = changed_series.id and (s.points, s.first_on, s.last_on) <> (c.points, c.first_on, c.last_on)`

const dropPoints = `-- name: dropPoints
delete from metrics m
using changed_series s
where m.series_id = s.id and not exists (
  select from chosen_points p where p.series = s.series and p.date = m.date
)`

const changePoints = `-- name: changePoints
update metrics m
set value = p.value, fact_id = p.fact_id
from changed_series s
join chosen_points p using (series)
where m.series_id = s.id and m.date = p.date and (m.value, m.fact_id) is distinct from (p.value, p.fact_id)`

// addPoints reads the points of each series as one range of the index, not one by one.
const addPoints = `-- name: addPoints
with held as materialized (
  select s.series, m.date from changed_series s join metrics m on m.series_id = s.id
)
insert into metrics (series_id, date, value, fact_id)
select s.id, p.date, p.value, p.fact_id
from changed_series s
join chosen_points p using (series)
where not exists (select from held where held.series = p.series and held.date = p.date)
order by s.id, p.date`

// chooseUnits marks the series whose unit is meant where none is named: the one with most facts, of equals the first.
const chooseUnits = `-- name: chooseUnits
with chosen as (
  select distinct on (cu.concept_id) cu.concept_id, cu.unit
  from concept_units cu
  where cu.company_id = $1 and cu.concept_id in (select concept_id from changed_units)
  order by cu.concept_id, cu.facts desc, cu.unit
)
update series s
set default_unit = (d.unit = chosen.unit)
from chosen
join definitions d on d.concept_id = chosen.concept_id
where s.company_id = $1 and s.definition_id = d.id and s.security_id is null and s.default_unit <> (d.unit = chosen.unit)`

// dropSeries drops series that lost all their points; dropPoints has deleted those.
const dropSeries = `-- name: dropSeries
delete from series s
using changed_series c
where s.id = c.id and not exists (select from chosen_points p where p.series = c.series)`

const dropDefinitions = `-- name: dropDefinitions
delete from definitions d
using changed_units u
where d.concept_id = u.concept_id and d.unit = u.unit and not exists (select from series s where s.definition_id = d.id)`
