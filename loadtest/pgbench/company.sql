-- Written by go test ./store -run TestPgbench -update.
\set id random_zipfian(1, :companies, 1.05)
select coalesce(ticker, '') as ticker from companies where id = :id::bigint \gset
-- name: CompanyByTicker
select c.id, c.cik, c.name, c.former_names, c.sic, c.sector, c.industry, c.country, c.fiscal_year_end,
  c.ticker, c.exchange, c.market_cap
from securities s
join companies c on c.id = s.company_id
where s.symbol = :ticker::text and s.valid_to is null;
