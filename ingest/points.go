package ingest

import "context"

// recompute makes concept_units, definitions, series, metrics and point_versions of a company agree with its facts, for
// the concepts and units in changed_units. It writes only rows that differ.
//
// It goes in small steps over temporary tables with one key: planned as one, the joins over concept, unit and period
// are taken for a few rows, and run as nested loops over thousands.
func (t *transaction) recompute(ctx context.Context, company int64) error {
	steps := []struct {
		sql  string
		args []any
	}{
		{countUnits, []any{company}},
		{preferHashJoins, nil},
		{choosePoints, []any{company}},
		{allowAllJoins, nil},
		{addDefinitions, nil},
		{findSeries, []any{company, false}},
		{addSeries, []any{company}},
		{findSeries, []any{company, true}},
		{changeSeries, nil},
		{dropPoints, nil},
		{changePoints, nil},
		{addPoints, nil},
		{dropVersions, nil},
		{addVersions, nil},
		{chooseUnits, []any{company}},
		{noteValued, []any{company}},
		{noteCompany, []any{company}},
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

// choosePoints chooses the points of the series, and the versions that they had before.
//
// A period's value is that of the fact filed last, of one day that of the greatest accession number; of several periods
// of one class and end the one with the fact filed last is taken, then the one that starts last. Both together are the
// greatest (filed_on, accession, period_start) of a class and end; daily has that of each day. A fact whose period ends
// after its filing is a forecast or a mistake, and counts for nothing.
//
// Quarters and years that end within a week of each other are the same one, dated differently: the point filed last
// stays, of one filing the one that ends last. A point that is dropped so still drops others. What is dropped is so from
// the day on which the first fact of greater rank was filed (dropped): on that day it changes to null.
//
// States are what differs from what was known before. That without an end is the point, those that went before are its
// versions; rebuild_point_versions() of the migrations says the same in other words.
const choosePoints = `-- name: choosePoints
with classed as (
  select f.id, 8 * u.n + ` + periodClass + ` as series, f.period_start, f.period_end, f.value, f.filed_on, f.accession
  from changed_units u
  join facts f on f.company_id = $1 and f.concept_id = u.concept_id and f.unit = u.unit
  where f.filed_on >= f.period_end
), daily as materialized (
  select *, first_value(id) over versions as last_id, lead(value) over versions as before
  from (
    select distinct on (series, period_end, filed_on) series, period_end as date, filed_on, accession, value, id
    from classed
    where series is not null
    order by series, period_end, filed_on desc, accession desc, period_start desc
  ) d
  window versions as (partition by series, date order by filed_on desc)
), close as materialized (
  select series, date
  from (
    select series, date, lag(date) over ends as before, lead(date) over ends as after
    from daily
    where id = last_id and series % 8 in (3, 6)
    window ends as (partition by series order by date)
  ) e
  where date - before <= 7 or after - date <= 7
), crowded as materialized (
  select * from daily where ((series, date) in (select series, date from close)) is true
), dropped as materialized (
  select d.series, d.date, d.filed_on, min(n.filed_on) as dropped_on
  from (select *, date + days as other from crowded cross join generate_series(-7, 7) as days where days <> 0 offset 0) d
  join crowded n on n.series = d.series and n.date = d.other
    and (n.filed_on, n.accession, n.date) > (d.filed_on, d.accession, d.date)
  group by d.series, d.date, d.filed_on
), changes as (
  select d.series, d.date, d.filed_on as known_from, d.last_id,
    case when x.dropped_on = d.filed_on then null else d.value end as value
  from crowded d
  left join dropped x using (series, date, filed_on)
  union all
  select x.series, x.date, x.dropped_on, null, null
  from dropped x
  where x.dropped_on > x.filed_on and not exists (
    select from crowded d
    where d.series = x.series and d.date = x.date and d.filed_on > x.filed_on and d.filed_on <= x.dropped_on
  )
), states as materialized (
  select series, date, known_from, lag(known_from, 1, 'infinity') over versions as known_to, last_id, value
  from (
    select series, date, filed_on as known_from, last_id, value, before
    from daily
    where before is distinct from value and ((series, date) in (select series, date from close)) is not true
    union all
    select *, lead(value) over (partition by series, date order by known_from desc)
    from changes
  ) c
  where value is distinct from before
  window versions as (partition by series, date order by known_from desc)
), earlier as (
  insert into chosen_versions (series, date, known_from, known_to, value)
  select series, date, known_from, known_to, value
  from states
  where known_to < 'infinity' and value is not null
)
insert into chosen_points (series, date, known_from, value, fact_id)
select series, date, known_from, value, last_id
from states
where known_to = 'infinity' and value is not null`

// counted are the series as they must be.
const counted = `
select c.*, p.value as last_value, p.fact_id as last_fact_id
from (
  select series, count(*) as points, min(date) as first_on, max(date) as last_on
  from chosen_points
  group by series
) c
join chosen_points p on p.series = c.series and p.date = c.last_on`

// addDefinitions does not use "on conflict", as addConcepts does not.
const addDefinitions = `-- name: addDefinitions
with added as (
  insert into definitions (concept_id, period, name, unit)
  select u.concept_id, p.series % 8, c.name, u.unit
  from (select distinct series from chosen_points) p
  join changed_units u on u.n = p.series / 8
  join concepts c on c.id = u.concept_id
  where not exists (
    select from definitions d where d.concept_id = u.concept_id and d.unit = u.unit and d.period = p.series % 8
  )
  order by c.name, u.unit, p.series % 8
  returning id
)
insert into noted_changes (kind)
select 'definitions' from added limit 1`

const addSeries = `-- name: addSeries
with counted as (` + counted + `)
insert into series (company_id, definition_id, points, first_on, last_on, last_value, last_fact_id)
select $1, d.id, c.points, c.first_on, c.last_on, c.last_value, c.last_fact_id
from counted c
join changed_units u on u.n = c.series / 8
join definitions d on d.concept_id = u.concept_id and d.unit = u.unit and d.period = c.series % 8
where not exists (
  select from series s where s.company_id = $1 and s.definition_id = d.id and s.security_id is null
)
order by d.id`

// findSeries notes the series, those that were there and then those that are new, which need not be asked for their points.
const findSeries = `-- name: findSeries
insert into changed_series (series, id, is_new)
select 8 * u.n + d.period, s.id, $2
from changed_units u
join definitions d on d.concept_id = u.concept_id and d.unit = u.unit
join series s on s.definition_id = d.id
where s.company_id = $1 and s.security_id is null and not exists (select from changed_series c where c.id = s.id)`

const changeSeries = `-- name: changeSeries
with counted as (` + counted + `)
update series s
set points = c.points, first_on = c.first_on, last_on = c.last_on, last_value = c.last_value, last_fact_id = c.last_fact_id
from changed_series
join counted c using (series)
where not changed_series.is_new and s.id = changed_series.id
  and (s.points, s.first_on, s.last_on, s.last_value, s.last_fact_id)
    is distinct from (c.points, c.first_on, c.last_on, c.last_value, c.last_fact_id)`

const dropPoints = `-- name: dropPoints
delete from metrics m
using changed_series s
where not s.is_new and m.series_id = s.id and not exists (
  select from chosen_points p where p.series = s.series and p.date = m.date
)`

const changePoints = `-- name: changePoints
update metrics m
set value = p.value, fact_id = p.fact_id, known_from = p.known_from
from changed_series s
join chosen_points p using (series)
where not s.is_new and m.series_id = s.id and m.date = p.date
  and (m.value, m.fact_id, m.known_from) is distinct from (p.value, p.fact_id, p.known_from)`

// addPoints reads the points of each series as one range of the index, not one by one.
const addPoints = `-- name: addPoints
with held as materialized (
  select s.series, m.date from changed_series s join metrics m on m.series_id = s.id where not s.is_new
)
insert into metrics (series_id, date, value, fact_id, known_from)
select s.id, p.date, p.value, p.fact_id, p.known_from
from changed_series s
join chosen_points p using (series)
where not exists (select from held where held.series = p.series and held.date = p.date)
order by s.id, p.date`

// dropVersions also drops versions that have changed: addVersions adds them as they are now.
const dropVersions = `-- name: dropVersions
delete from point_versions v
using changed_series s
where not s.is_new and v.series_id = s.id and not exists (
  select from chosen_versions c
  where c.series = s.series and c.date = v.date and c.known_from = v.known_from and c.known_to = v.known_to and c.value = v.value
)`

const addVersions = `-- name: addVersions
with held as materialized (
  select s.series, v.date, v.known_from from changed_series s join point_versions v on v.series_id = s.id where not s.is_new
)
insert into point_versions (series_id, date, known_from, known_to, value)
select s.id, c.date, c.known_from, c.known_to, c.value
from changed_series s
join chosen_versions c using (series)
where not exists (select from held h where h.series = c.series and h.date = c.date and h.known_from = c.known_from)
order by s.id, c.date, c.known_from`

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
with dropped as (
  delete from definitions d
  using changed_units u
  where d.concept_id = u.concept_id and d.unit = u.unit and not exists (select from series s where s.definition_id = d.id)
  returning d.id
)
insert into noted_changes (kind)
select 'definitions' from dropped limit 1`
