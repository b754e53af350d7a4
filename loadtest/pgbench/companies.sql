-- Written by go test ./store -run TestPgbench -update.
\set n random(1, 11)
select sector from (select distinct sector from companies where sector is not null order by 1) s offset :n::int - 1 limit 1 \gset
-- name: CompaniesPageByMarketCap
select *
from (
(select c.id, c.cik, c.name, c.former_names, c.sic, c.sector, c.industry, c.country, c.fiscal_year_end,
  c.ticker, c.exchange, c.market_cap
from companies c
where c.sector = :sector::text
  and c.market_cap is not null
order by c.market_cap desc, c.name desc, c.cik_key desc, c.id desc
limit 21)
union all
(select c.id, c.cik, c.name, c.former_names, c.sic, c.sector, c.industry, c.country, c.fiscal_year_end,
  c.ticker, c.exchange, c.market_cap
from companies c
where c.sector = :sector::text
  and c.market_cap is null
order by c.name desc, c.cik_key desc, c.id desc
limit 21)
) c
limit 21;
