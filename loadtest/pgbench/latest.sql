-- Written by go test ./store -run TestPgbench -update.
\set id random_zipfian(1, :companies, 1.05)
-- name: LatestNumbers
with asks as materialized (
  select n::int as n, name, unit, period, ticker, as_of
  from unnest((select array[E'price\x3aclose', E'us-gaap\x3aRevenues', E'us-gaap\x3aNetIncomeLoss']::text[]), (select array[null, null, null]::text[]::text[]), (select array[null, null, null]::smallint[]::smallint[]), (select array[null, null, null]::text[]::text[]), (select array['infinity', 'infinity', 'infinity']::date[])) with ordinality
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
select s.company_id, s.n, true, null::text[],
  s.definition_id, s.name, s.unit, s.symbol, s.last_on, s.last_value,
  0::bigint, null::date, null::int, null::text, null::date, null::text, null::bigint
from (
  select distinct on (c.id, m.n) c.id as company_id, m.n, s.id, s.definition_id, s.points, s.first_on, s.last_on, s.last_value,
    s.last_fact_id, m.name, m.unit, m.period, y.symbol
  from (select id from unnest((select array[:id::bigint]::bigint[])) as c(id)) c
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
) s;
