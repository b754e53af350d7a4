-- 240 companies of one sector, each with 210 filings, three forms, and three metrics: enough that pages of 1 and of 200 differ in
-- everything but their statements.

insert into companies (id, cik, name, search_text, sic, sector, ticker, exchange, market_cap)
select 1000 + i, 500000 + i, 'Crowd ' || lpad(i::text, 3, '0'), 'crowd ' || lpad(i::text, 3, '0'), '7372', 'Crowd', 'CR' || i, 'NYSE', 1e6 * i
from generate_series(1, 240) i;

insert into securities (id, company_id, symbol, exchange, is_primary)
select 1000 + i, 1000 + i, 'CR' || i, 'NYSE', true from generate_series(1, 240) i;

insert into filings (id, form, filed_on, cik)
select (500000 + i) * 100000000::bigint + 10000000 + k, (array['10-K', '10-Q', '8-K', '10-K/A'])[1 + k % 4], date '2010-01-01' + 7 * k, 500000 + i
from generate_series(1, 240) i, generate_series(1, 210) k;

insert into filing_companies (filing_id, company_id, filed_on, form, cik)
select id, cik - 499000, filed_on, form, cik from filings where cik > 500000;

insert into company_forms (company_id, form, n, first_on, last_on)
select company_id, form, count(*), min(filed_on), max(filed_on) from filing_companies where company_id > 1000 group by 1, 2;

insert into facts (id, company_id, accession, value, concept_id, period_end, filed_on, form, unit)
select 100000 + i, 1000 + i, (500000 + i) * 100000000::bigint + 10000000 + 1, i, 2, '2010-01-01', '2010-01-08', '10-K', 'USD'
from generate_series(1, 240) i;

insert into concept_units (company_id, concept_id, unit, facts)
select 1000 + i, 2, 'USD', 1 from generate_series(1, 240) i;

insert into series (id, company_id, security_id, definition_id, points, first_on, last_on, last_value, last_fact_id)
select 10000 + i, 1000 + i, null, 4, 1, date '2010-01-01', date '2010-01-01', i, 100000 + i from generate_series(1, 240) i
union all
select 20000 + i, 1000 + i, 1000 + i, 6, 250, date '2020-01-01', date '2020-09-06', i + 0.249, null from generate_series(1, 240) i;

insert into metrics (series_id, date, value, fact_id)
select 10000 + i, '2010-01-01', i, 100000 + i from generate_series(1, 240) i;

insert into metrics (series_id, date, value)
select 20000 + i, date '2020-01-01' + d, i + d / 1000.0 from generate_series(1, 240) i, generate_series(0, 249) d;

select rebuild_metrics_month();

select rebuild_point_versions();

analyze;
