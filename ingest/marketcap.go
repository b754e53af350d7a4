package ingest

// valueCompanies recomputes the market capitalization of the companies in valued_companies: the newest close of the
// primary security times the newest number of shares outstanding that is at most 100 days older, and not newer.
const valueCompanies = `-- name: valueCompanies
with valued as (
  select v.company_id, close.value * shares.value as market_cap
  from (select distinct company_id from valued_companies) v
  left join lateral (
    select p.last_on as date, p.last_value as value
    from securities y
    join series p on p.security_id = y.id
    join definitions d on d.id = p.definition_id
    where y.company_id = v.company_id and y.is_primary and (d.name, d.unit, d.period) = ('price:close', 'USD', 2)
  ) close on true
  left join lateral (
    select m.value
    from definitions d
    join series p on p.definition_id = d.id
    join metrics m on m.series_id = p.id
    where (d.name, d.unit, d.period) = ('dei:EntityCommonStockSharesOutstanding', 'shares', 1)
      and p.company_id = v.company_id and p.security_id is null
      and m.date between close.date - 100 and close.date
    order by m.date desc
    limit 1
  ) shares on true
), written as (
  update companies c
  set market_cap = valued.market_cap
  from valued
  where c.id = valued.company_id and c.market_cap is distinct from valued.market_cap
  returning c.id
)` + noteCompanies

// noteValued notes that a company's number of shares may have changed.
const noteValued = `-- name: noteValued
insert into valued_companies (company_id)
values ($1)`
