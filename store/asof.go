package store

import (
	"slices"
)

// The statements of this file and of asof_series.go answer from facts, not from the current points in metrics: what was
// known at the end of a day are the facts filed until then, except those whose period ends after their filing. They read
// ranges of the index facts_identity only.
//
// The limit on the list of asks is its length: without it a plan for all values would be made for ten, look dearer than one
// for the values at hand, and PostgreSQL would plan every time, which takes longer than to run.

// asksAsOf is the part of a statement that numbers the asks in $3 to $7 and finds the concept, or for prices the
// definitions, of each.
const asksAsOf = `with asks as materialized (
  select a.n::int as n, a.name, a.unit, a.ticker, a.as_of,
    (select k.id from concepts k where k.name = a.name) as concept_id,
    case when a.period is null then '{1,3,4,5,6}' else array[a.period] end as classes,
    case when starts_with(a.name, 'price:') then array(
      select d.id from definitions d
      where d.name = a.name and (a.unit is null or d.unit = a.unit) and (a.period is null or d.period = a.period)
    ) end as definitions
  from (
    select * from unnest($3::text[], $4::text[], $5::smallint[], $6::text[], $7::date[]) with ordinality
      as a(name, unit, period, ticker, as_of, n)
    limit cardinality($3::text[])
  ) a
)`

// pairsAsOf are the pairs of an ask and a company: the companies of the first ask come first in $1, and $2 is after how many
// of them those of each begin. So nothing is joined: the lists can be long, and the planner takes them for short.
const pairsAsOf = `
from asks a
cross join lateral unnest(($1::bigint[])[($2::int[])[a.n] + 1:($2::int[])[a.n + 1]]) as p(company_id)`

// periodClass is edgar.PeriodOf, with null for PeriodOther and 1 for an instant.
const periodClass = `case
    when f.period_start is null then 1
    when f.period_end - f.period_start between 79 and 119 then 3
    when f.period_end - f.period_start between 159 and 199 then 4
    when f.period_end - f.period_start between 244 and 289 then 5
    when f.period_end - f.period_start between 349 and 379 then 6
  end`

// knownFacts are the facts of a pair p in the unit u that count as of the day of its ask a.
const knownFacts = `
  from facts f
  where f.company_id = p.company_id and f.concept_id = a.concept_id and f.unit = u.unit
    and f.filed_on <= a.as_of and f.filed_on >= f.period_end`

// unitAsOf finds the unit that is meant: the one of the ask, or the one with most known facts. Nearly always there is but
// one, and nothing is counted.
const unitAsOf = `
left join lateral (
  select coalesce(a.unit, (
    select cu.unit
    from (
      select cu.unit, count(*) over () as units
      from concept_units cu
      where cu.company_id = p.company_id and cu.concept_id = a.concept_id and cu.facts > 0
    ) cu
    order by case when cu.units > 1 then (
        select count(*) from (values (cu.unit)) as u(unit) cross join lateral (select` + knownFacts + `) f
      ) end desc, cu.unit
    limit 1
  )) as unit
  offset 0
) u on true`

// pointsAsOf are the points of the classes w.classes that end from w.first_on to w.last_on, as they were known. Those that
// end in the first or the last seven days are only judged by the others in that range.
//
// They are chosen as the importer chooses the current ones: of each class and end the fact of the greatest rank (filed_on,
// accession), of one rank the period that starts last; and of quarters and years that end within a week of each other
// the ones are dropped that others of greater rank are near to, whether those are dropped themselves or not.
const pointsAsOf = `
  select c.*
  from (
    select c.*, max(c.rank) over (
        partition by c.class order by c.period_end - date '2000-01-01'
        range between 7 preceding and 7 following exclude current row
      ) as near
    from (
      select c.*, row_number() over (order by c.filed_on, c.accession, c.period_end) as rank
      from (
        select distinct on (f.class, f.period_end) f.*
        from (
          select f.id, f.value, f.period_start, f.period_end, f.filed_on, f.accession, f.form, f.fiscal_year, f.fiscal_period,
            ` + periodClass + ` as class` + knownFacts + `
            and f.period_end between w.first_on and w.last_on
        ) f
        where f.class = any(w.classes)
        order by f.class, f.period_end, f.filed_on desc, f.accession desc, f.period_start desc
      ) c
    ) c
  ) c
  where c.class not in (3, 6) or c.near is null or c.near < c.rank`

// endAsOf finds the greatest end of a known fact of the classes of the ask.
const endAsOf = `
left join lateral (
  select f.period_end` + knownFacts + `
    and f.period_end <= a.as_of and ` + periodClass + ` = any(a.classes)
  order by f.period_end desc
  limit 1
) e on true`

// latestAsOf finds the latest point of a pair, of one end the one of the class that is meant. It judges the points that end
// in the two weeks before the greatest end. Where these were all dropped, by each other and by earlier ones, it judges all.
const latestAsOf = `
left join lateral (
  select l.*
  from unnest('{21, 700000}'::int[]) as days
  cross join lateral (select e.period_end - days as first_on, e.period_end as last_on, a.classes) w
  cross join lateral (
    select c.*
    from (` + pointsAsOf + `) c
    where c.period_end >= w.first_on + 7
    order by c.period_end desc, (array[3, 1, 4, 6, 5, 2])[c.class]
    limit 1
  ) l
  where e.period_end is not null`

const latestAsOfEnd = `
  limit 1
) l on true`

// unitsUsedAsOf are the units in which a company had reported a concept by then.
const unitsUsedAsOf = `
    select cu.unit
    from concept_units cu
    where cu.company_id = p.company_id and cu.concept_id = a.concept_id and exists (
      select from facts f
      where f.company_id = p.company_id and f.concept_id = a.concept_id and f.unit = cu.unit and f.filed_on <= a.as_of
    )`

const latestValuesAsOf = `-- name: LatestValuesAsOf
` + asksAsOf + `
select p.company_id, a.n, coalesce(l.class, y.definition_id) is not null,
  case when coalesce(l.class, y.definition_id) is null and a.unit is not null then array(` + unitsUsedAsOf + `
    union
    select d.unit
    from definitions d
    where d.name = a.name and a.definitions is not null and exists (
      select from series s where s.company_id = p.company_id and s.definition_id = d.id and s.first_on <= a.as_of
    )
    order by 1
  ) end,
  coalesce(d.id, y.definition_id, 0), a.name, coalesce(d.unit, y.unit, ''), y.symbol,
  coalesce(l.period_end, y.date, '0001-01-01'), coalesce(l.value, y.value, 0), coalesce(l.id, 0),
  l.period_start, l.fiscal_year, l.fiscal_period, l.filed_on, l.form, l.accession` + pairsAsOf + unitAsOf + endAsOf + latestAsOf + latestAsOfEnd + `
left join definitions d on d.name = a.name and d.unit = u.unit and d.period = l.class
left join lateral (
  select s.definition_id, d.unit, y.symbol, m.date, m.value
  from series s
  cross join lateral (select * from definitions d where d.id = s.definition_id limit 1) d
  cross join lateral (select * from securities y where y.id = s.security_id limit 1) y
  cross join lateral (
    select m.date, m.value from metrics m where m.series_id = s.id and m.date <= a.as_of order by m.date desc limit 1
  ) m
  where s.company_id = p.company_id and s.definition_id = any(a.definitions)
    and case when a.ticker is null then y.is_primary else y.symbol = a.ticker end
  order by m.date desc
  limit 1
) y on true
where coalesce(l.class, y.definition_id) is not null or a.unit is not null`

// asOfArgs is askArgs with the companies in the order of their asks, and where those of each begin instead of their numbers.
func asOfArgs[K any, A comparable](keys []K, split func(K) (company int64, ask A, metric *MetricAsk)) (args []any, distinct []A) {
	args, distinct = askArgs(keys, split)
	companies, numbers := args[0].([]int64), args[1].([]int32)
	begins := make([]int32, len(distinct)+1)
	for _, n := range numbers {
		begins[n]++
	}
	for n := range distinct {
		begins[n+1] += begins[n]
	}
	grouped, next := make([]int64, len(companies)), slices.Clone(begins)
	for i, n := range numbers {
		grouped[next[n-1]] = companies[i]
		next[n-1]++
	}
	args[0], args[1] = grouped, begins
	return args, distinct
}

// LatestValuesAsOf is LatestValues for asks with AsOf: the latest value of each as it was known at the end of that day.
// What was not reported by then may be absent from the map.
func (b *Batch) LatestValuesAsOf(keys []LatestKey) map[LatestKey]Reported[MetricValue] {
	args, asks := asOfArgs(keys, latestAsk)
	return b.latest(latestValuesAsOf, args, asks, len(keys))
}

// factTargets are where the columns of a value's fact are scanned to.
func (v *MetricValue) factTargets() []any {
	return []any{&v.FactID, &v.Start, &v.FiscalYear, &v.FiscalPeriod, &v.FiledOn, &v.Form, &v.AccessionNumber}
}
