-- Written by go test ./store -run TestPgbench -update.
\set id random_zipfian(1, :companies, 1.05)
-- name: SeriesPoints
with asks as materialized (
  select n::int as n, name, unit, period, ticker, as_of
  from unnest((select array[E'price\x3aclose']::text[]), (select array[null]::text[]::text[]), (select array[null]::smallint[]::smallint[]), (select array[null]::text[]::text[]), (select array['infinity']::date[])) with ordinality
    as a(name, unit, period, ticker, as_of, n)
), meant as materialized (
  select a.n, a.name, a.unit is not null as has_unit, a.ticker, a.as_of, d.id as definition_id, d.unit, d.period,
    (array[3, 1, 4, 6, 5, 2])[d.period] as rank
  from asks a
  cross join lateral (
    select * from definitions d
    where d.name = a.name and (a.unit is null or d.unit = a.unit) and (a.period is null or d.period = a.period)
    offset 0
  ) d
)
select f.company_id, f.n, f.id is not null, f.units, f.definition_id, f.symbol, f.size, m.dates, m.values
from (
  select p.company_id, a.n, s.id, case when s.id is null then array(
    select cu.unit
    from concept_units cu
    where cu.company_id = p.company_id and cu.concept_id = any(array(select k.id from concepts k where k.name = a.name))
    union
    select d.unit
    from definitions d
    where d.name = a.name
      and (select true from series s where s.company_id = p.company_id and s.definition_id = d.id and s.first_on <= a.as_of limit 1)
    order by 1
  ) end as units, coalesce(s.definition_id, 0) as definition_id, s.symbol, r.first_on, r.last_on,
    sum(least(coalesce(s.points, 0), greatest(least(r.last_on, s.last_on) - greatest(r.first_on, s.first_on) + 1, 0))) over () as size
from unnest((select array[:id::bigint]::bigint[]), (select array[1]::int[])) as p(company_id, n)
join asks a on a.n = p.n
left join (
  select distinct on (c.id, m.n) c.id as company_id, m.n, s.id, s.definition_id, s.points, s.first_on, s.last_on, s.last_value,
    s.last_fact_id, m.name, m.unit, m.period, y.symbol
  from (select distinct id from unnest((select array[:id::bigint]::bigint[])) as c(id)) c
  cross join lateral (
    select * from series s
    where s.company_id = c.id and s.definition_id = any(array(select m.definition_id from meant m))
    offset 0
  ) s
  join meant m on m.definition_id = s.definition_id
  left join lateral (select * from securities y where y.id = s.security_id limit 1) y on true
  where (s.default_unit or m.has_unit) and s.first_on <= m.as_of
    and (s.security_id is null or case when m.ticker is null then y.is_primary else y.symbol = m.ticker end)
  order by c.id, m.n, s.last_on desc, m.rank
) s
  on s.company_id = p.company_id and s.n = p.n
  join unnest((select array['2025-01-01']::date[]::date[]), (select array['2026-12-31']::date[]::date[])) with ordinality as r(first_on, last_on, n) on r.n = a.n
where s.id is not null or a.unit is not null
) f
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (
    select m.date, m.value from metrics m
    where m.series_id = f.id and m.date between f.first_on and f.last_on and f.size <= 1000000
    order by m.date
  ) m
) m;
