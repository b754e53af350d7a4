package store

// What was known at the end of a day. A latest value is found among the facts, for it says which filing it is from; those
// count that were filed until then, except those whose period ends after their filing. The points of a series stand in
// metrics and point_versions, each with the days on which it was so (asof_series.go). A price is known on its day.

// asksAsOf numbers the asks in $3 to $7, and finds the concept, or for prices the definitions, of each; and, of the companies
// in $1, the units in which they report the concepts of asks that name none: the first, and how many there are. Behind a
// select the length of a list is not known to the planner: it comes to the same plan for all lists, and keeps it.
const asksAsOf = `with asks as materialized (
  select n::int as n, name, unit, period, ticker, as_of, (select k.id from concepts k where k.name = a.name) as concept_id,
    case when starts_with(a.name, 'price:') then array(
      select d.id from definitions d
      where d.name = a.name and (a.unit is null or d.unit = a.unit) and (a.period is null or d.period = a.period)
    ) end as prices
  from unnest((select $3::text[]), (select $4::text[]), (select $5::smallint[]), (select $6::text[]), (select $7::date[])) with ordinality
    as a(name, unit, period, ticker, as_of, n)
), units as materialized (
  select c.id as company_id, cu.concept_id, min(cu.unit) as unit, count(*) as n
  from (select distinct id from unnest((select $1::bigint[])) as c(id)) c
  cross join lateral (
    select cu.concept_id, cu.unit from concept_units cu
    where cu.company_id = c.id and cu.facts > 0
      and cu.concept_id = any(array(select distinct concept_id from asks where unit is null))
    offset 0
  ) cu
  group by c.id, cu.concept_id
)`

// unitMostUsed is the unit of a company and concept that most of the facts have that were known as of a day, of equals the
// first.
const unitMostUsed = `(
    select cu.unit
    from concept_units cu
    where cu.company_id = units.company_id and cu.concept_id = units.concept_id
    order by (
      select count(*) from facts f
      where f.company_id = cu.company_id and f.concept_id = cu.concept_id and f.unit = cu.unit
        and f.filed_on <= a.as_of and f.filed_on >= f.period_end
    ) desc, cu.unit
    limit 1
  )`

// pairsAsOf are the pairs of a company ($1) and an ask ($2), each with the unit that is meant: that of the ask, or the one
// that is most used. Nearly always there is but one, and nothing is counted.
const pairsAsOf = `
from unnest((select $1::bigint[]), (select $2::int[])) as p(company_id, n)
join asks a on a.n = p.n
left join units on units.company_id = p.company_id and units.concept_id = a.concept_id
cross join lateral (
  select case when a.unit is not null then a.unit when units.n > 1 then ` + unitMostUsed + ` else units.unit end as unit
  offset 0
) u`

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

// meantAsOf are the definitions that asks may mean, and of each company the last day that any of them has now.
const meantAsOf = `, meant as materialized (
  select a.n, d.id, d.unit, d.period
  from asks a
  cross join lateral (select * from definitions d where d.name = a.name offset 0) d
  where a.prices is null
), ends as materialized (
  select c.id as company_id, (
      select max(s.last_on)
      from (select * from series s where s.company_id = c.id and s.definition_id = any(array(select id from meant)) offset 0) s
    ) as last_on
  from (select distinct id from unnest((select $1::bigint[])) as c(id)) c
)`

// latestFact finds the fact that the latest point of a pair was from: of the greatest end, and of the class that is meant, the
// one by which the importer would choose the point, that of the greatest rank (filed_on, accession), of one rank of
// the period that starts last. A quarter or year is none where another that ends within a week of it has a greater rank.
//
// It looks at the facts whose periods end not long before the day: within a quarter and the three months that a report of a
// year may take, or since before the last day that the company has. Where the point is not from one of them, it goes back in
// the index to the greatest end that was known (e), and looks at the facts of that end only; then at all.
const latestFact = `
left join lateral (
  select l.*
  from (
    select least(a.as_of - 190, ends.last_on - 90) as first_end, a.as_of as last_end
    union all
    select e.period_end - days, e.period_end
    from (
      select f.period_end` + knownFacts + `
        and f.period_end < a.as_of - 190 and (a.period is null or ` + periodClass + ` = a.period)
      order by f.period_end desc
      limit 1
    ) e
    cross join unnest('{0, 700000}'::int[]) as days
  ) w
  cross join lateral (
    select *
    from (
      select f.*
      from (
        select f.id, f.value, f.period_start, f.period_end, f.filed_on, f.accession, f.form, f.fiscal_year, f.fiscal_period,
          ` + periodClass + ` as class` + knownFacts + `
          and f.period_end between w.first_end and w.last_end
        offset 0
      ) f
      where f.class = a.period or a.period is null and f.class is not null
      order by f.period_end desc, (array[3, 1, 4, 6, 5, 2])[f.class], f.filed_on desc, f.accession desc, f.period_start desc
      offset 0
    ) l
    where l.class not in (3, 6) or not exists (
      select` + knownFacts + `
        and f.period_end between l.period_end - 7 and l.period_end + 7 and f.period_end <> l.period_end
        and (f.filed_on, f.accession, f.period_end) > (l.filed_on, l.accession, l.period_end)
        and ` + periodClass + ` = l.class
    )
    limit 1
  ) l
  limit 1
) l on true`

// unitsUsedAsOf are the units in which a company had reported the concept of an ask by then, of prices those of its series.
const unitsUsedAsOf = `array(
    select cu.unit
    from concept_units cu
    where cu.company_id = p.company_id and cu.concept_id = a.concept_id and exists (
      select from facts f
      where f.company_id = p.company_id and f.concept_id = a.concept_id and f.unit = cu.unit and f.filed_on <= a.as_of
    )
    union
    select d.unit
    from definitions d
    where d.name = a.name and a.prices is not null and exists (
      select from series s where s.company_id = p.company_id and s.definition_id = d.id and s.first_on <= a.as_of
    )
    order by 1
  )`

const latestValuesAsOf = `-- name: LatestValuesAsOf
` + asksAsOf + meantAsOf + `
select p.company_id, a.n, coalesce(l.class, y.definition_id) is not null,
  case when coalesce(l.class, y.definition_id) is null and a.unit is not null then ` + unitsUsedAsOf + ` end,
  coalesce(d.id, y.definition_id, 0), a.name, coalesce(d.unit, y.unit, ''), y.symbol,
  coalesce(l.period_end, y.date, '0001-01-01'), coalesce(l.value, y.value, 0), coalesce(l.id, 0),
  l.period_start, l.fiscal_year, l.fiscal_period, l.filed_on, l.form, l.accession` + pairsAsOf + `
left join ends on ends.company_id = p.company_id` + latestFact + `
left join lateral (
  select d.id, d.unit from definitions d where d.name = a.name and d.unit = u.unit and d.period = l.class limit 1
) d on true
left join lateral (
  select s.definition_id, d.unit, y.symbol, m.date, m.value
  from series s
  cross join lateral (select * from definitions d where d.id = s.definition_id limit 1) d
  cross join lateral (select * from securities y where y.id = s.security_id limit 1) y
  cross join lateral (
    select m.date, m.value from metrics m where m.series_id = s.id and m.date <= a.as_of order by m.date desc limit 1
  ) m
  where a.prices is not null and s.company_id = p.company_id and s.definition_id = any(a.prices)
    and case when a.ticker is null then y.is_primary else y.symbol = a.ticker end
  order by m.date desc
  limit 1
) y on true
where coalesce(l.class, y.definition_id) is not null or a.unit is not null`

// LatestValuesAsOf is LatestValues for asks with AsOf: the latest value of each as it was known at the end of that day.
// What was not reported by then may be absent from the map.
func (b *Batch) LatestValuesAsOf(keys []LatestKey) map[LatestKey]Reported[MetricValue] {
	args, asks := askArgs(keys, latestAsk)
	return b.latest(latestValuesAsOf, args, asks, len(keys))
}

// factTargets are where the columns of a value's fact are scanned to.
func (v *MetricValue) factTargets() []any {
	return []any{&v.FactID, &v.Start, &v.FiscalYear, &v.FiscalPeriod, &v.FiledOn, &v.Form, &v.AccessionNumber}
}
