-- Written by go test ./store -run TestPgbench -update.
\set id random_zipfian(1, :companies, 1.05)
select '%' || lower(split_part(name, ' ', 1)) || '%' as word from companies where id = :id::bigint \gset
-- name: SearchCompaniesByWord
with symbols as materialized (
  select s.company_id as id, min(case when s.valid_to is not null then 3 when s.symbol = '￿' then 1 else 2 end) as rank
  from securities s
  where s.symbol >= '￿' and s.symbol < '￿￿' and (s.valid_to is null or s.symbol = '￿') and s.company_id is not null
  group by s.company_id
)
select h.rank, c.id, c.cik, c.name, c.former_names, c.sic, c.sector, c.industry, c.country, c.fiscal_year_end,
  c.ticker, c.exchange, c.market_cap
from (
  select *
  from (
    select y.rank, -coalesce(c.market_cap, -1) as cap, c.name, c.cik_key, c.id, c.ctid as place
    from symbols y
    cross join lateral (select c.ctid, c.* from companies c where c.id = y.id limit 1) c
    union all
    select 3, -coalesce(c.market_cap, -1) as cap, c.name, c.cik_key, c.id, c.ctid as place
    from companies c
    where c.search_text like :word::text and c.id not in (select y.id from symbols y)
  ) h
  order by h.rank, h.cap, h.name, h.cik_key, h.id
  limit 11
) h
cross join lateral (select * from companies c where c.ctid = h.place limit 1) c
order by h.rank, h.cap, h.name, h.cik_key, h.id;
