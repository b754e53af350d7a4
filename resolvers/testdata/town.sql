-- Enough rows, unevenly spread, for the planner to mind how it reads them: 20,000 companies of which half have a sector and
-- fewer a ticker, 150,000 filings of which one company has 3,000, 60,000 series with 500,000 points.

insert into companies (id, cik, name, former_names, search_text, sic, sector, industry, country, ticker, exchange, market_cap)
select i, case when i % 50 > 0 then i end, n.name, '{}', lower(n.name), case when i % 2 = 0 then '7372' end,
  case when i % 2 = 0 then (array['Technology', 'Energy', 'Health', 'Finance', 'Mining', 'Retail', 'Utilities', 'Real Estate', 'Media', 'Tiny'])[case when i % 600 = 0 then 10 else 1 + i / 2 % 9 end] end,
  case when i % 2 = 0 then 'Industry ' || i % 97 end,
  case when i % 5 > 0 then (array['US', 'US', 'US', 'US', 'GB', 'DE', 'CA'])[1 + i % 7] end,
  case when i % 3 = 0 then chr(65 + i % 26) || i end,
  case when i % 3 = 0 then (array['NYSE', 'Nasdaq', 'OTC'])[1 + i % 3 + (i % 11 > 5)::int] end,
  case when i % 3 = 0 then 1e6 * (hashint4(i) & 1048575) end
from generate_series(1, 20000) i,
  lateral (select (array['Northern', 'Pacific', 'Atlas', 'Granite', 'Cobalt', 'Harbor'])[1 + i % 6] || ' '
    || (array['Lithium', 'Semiconductor', 'Bancorp', 'Logistics', 'Realty', 'Foods', 'Media'])[1 + i % 7] || ' ' || i as name) n;

insert into securities (id, company_id, symbol, exchange, is_primary, valid_to)
select id, id, ticker, exchange, true, null::date from companies where ticker is not null
union all
select 100000 + id, id, 'OLD' || id, null, false, date '2015-01-01' from companies where id % 10 = 0;

insert into filings (id, form, filed_on, cik, primary_document)
select i * 1000000::bigint + 25000000000000,
  (array['8-K', '8-K', '8-K', '10-Q', '10-Q', '10-K', '4', '4', '4', '10-K/A', 'DEF 14A', '8-K'])[case when i % 50 = 0 then 11 else 1 + (hashint4(i) & 7) + (i % 30 = 0)::int * 2 end],
  date '1996-01-01' + (hashint4(i + 7) & 8191) + (hashint4(i + 9) & 2047), 1, 'a.htm'
from generate_series(1, 150000) i;

insert into filing_companies (filing_id, company_id, filed_on, form, cik, primary_document)
select f.id, case when n % 50 = 0 then 1 else 1 + (hashint4(n::int) & 16383) end, f.filed_on, f.form, f.cik, f.primary_document
from (select f.*, (id - 25000000000000) / 1000000 as n from filings f) f
union
select f.id, 17000 + n % 3000, f.filed_on, f.form, f.cik, f.primary_document
from (select f.*, (id - 25000000000000) / 1000000 as n from filings f) f where n % 7 = 0;

insert into company_forms (company_id, form, n, first_on, last_on)
select company_id, form, count(*), min(filed_on), max(filed_on) from filing_companies group by 1, 2;

insert into concepts (id, taxonomy, concept, label)
select i, case when i % 4 = 0 then 'us-gaap' else 'own' || i % 200 end, 'Concept' || i, 'Label of ' || (array['revenue', 'assets', 'cash'])[1 + i % 3] || ' ' || i
from generate_series(1, 8000) i
union all select 9001, 'price', 'close', 'Closing price';

insert into definitions (id, concept_id, period, name, unit)
select i, i, (array[1, 3, 6])[1 + i % 3], name, 'USD' from concepts, lateral (select id as i) x where id <= 8000
union all select 10000 + id, id, 6, name, 'EUR' from concepts where id % 40 = 0 and id <= 8000
union all select 9001, 9001, 2, 'price:close', 'USD';

insert into series (id, company_id, security_id, definition_id, points, first_on, last_on, last_value)
select c * 100 + k, c, null, 4 * (1 + (c + 37 * k) % 400), 8, date '2020-03-31', date '2021-12-31', 0
from generate_series(1, 2000) c, generate_series(1, 30) k
union all
select 1000000 + id, company_id, id, 9001, 60, date '2021-01-01', date '2021-03-01', 0 from securities where valid_to is null;

insert into facts (id, company_id, accession, value, concept_id, period_end, filed_on, form, unit)
select s.id * 10 + q, s.company_id, s.id, s.id + q, s.definition_id, (date '2020-03-31' + interval '3 months' * q)::date, date '2022-01-01', '10-Q', 'USD'
from series s, generate_series(0, 7) q where s.id < 50000;

insert into concept_units (company_id, concept_id, unit, facts)
select distinct company_id, concept_id, unit, 8 from facts;

insert into metrics (series_id, date, value, fact_id)
select (id - id % 10) / 10, period_end, value, id from facts;

insert into metrics (series_id, date, value)
select s.id, s.first_on + d, d from series s, generate_series(0, 59) d where s.security_id is not null;

update series s set last_on = m.date, last_value = m.value, last_fact_id = m.fact_id
from (select distinct on (series_id) * from metrics order by series_id, date desc) m where m.series_id = s.id;

-- What an eighth of the companies had reported before they restated it.
insert into facts (id, company_id, accession, value, concept_id, period_end, filed_on, form, unit)
select 10000000 + id, company_id, 100000000 + accession, -value, concept_id, period_end, period_end + 30, form, unit
from facts where company_id % 8 = 0 and id < 10000000;

select rebuild_metrics_month();

select rebuild_point_versions();

-- Marks of months that have no points.
insert into metrics_stale (series_id, month)
select id, month from series, unnest(array[date '2019-01-01', '2019-02-01']) month where security_id is not null;
