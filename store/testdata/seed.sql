-- A few rows of every table: what a company, a filing, a metric can have, and can lack.
insert into companies (id, cik, name, former_names, search_text, sic, sector, industry, country, fiscal_year_end, ticker, exchange, market_cap) values
  (1, 320193, 'Apple Inc.', '{"APPLE COMPUTER INC"}', E'apple inc.\napple computer inc', '3571', 'Manufacturing', 'Electronic Computers', 'US', '0928', 'AAPL', 'Nasdaq', 2.9e12),
  (2, 1067983, 'BERKSHIRE HATHAWAY INC', '{}', 'berkshire hathaway inc', '6331', 'Finance', 'Fire, Marine & Casualty Insurance', 'US', '1231', 'BRK-B', 'NYSE', 8.8e11),
  (3, 1214156, 'COOK TIMOTHY D', '{}', 'cook timothy d', null, null, null, null, null, null, null, null),
  (4, null, 'Unlisted "Größe" Ltd', '{}', 'unlisted "größe" ltd', null, null, null, 'DE', null, null, null, 5e8),
  (5, 884394, 'SPDR TRUST', '{}', 'spdr trust', null, null, null, 'US', null, 'SPY', null, null),
  (6, 1001, 'OLD CO', '{"OLDER CO", "OLDEST CO"}', E'old co\nolder co\noldest co', '1000', 'Mining', null, 'US', null, null, null, null);

insert into securities (id, company_id, symbol, exchange, is_primary, valid_from, valid_to, position) values
  (1, 1, 'AAPL', 'Nasdaq', true, null, null, 0),
  (2, 2, 'BRK-A', 'NYSE', false, '1996-05-09', null, 1),
  (3, 2, 'BRK-B', 'NYSE', true, '1996-05-09', null, 0),
  (4, 5, 'SPY', null, true, null, null, 0),
  (5, 6, 'OLD', 'NYSE', true, '1999-12-31', '2009-06-30', 0);

insert into filings (id, form, filed_on, accepted_at, period_end, title, cik, primary_document) values
  (32019323000106, '10-K', '2023-11-03', '2023-11-02 18:08:27-04', '2023-09-30', 'Annual report', 320193, 'aapl-20230930.htm'),
  (32019323000107, '4', '2023-11-03', null, null, null, 320193, null),
  (106798300000001, 'SC 13D/A', '2000-02-29', '2000-02-29 12:00:00.5Z', null, null, 884394, null),
  (100100000001, '3', '1969-12-31', null, '1969-12-31', null, 1001, null),
  (121415600000002, '3', '2000-01-01', null, null, null, 1214156, null),
  (88439400000003, 'SC 13G', '2001-02-14', null, null, null, 1001, null),
  (999999999999999999, 'X', '9999-12-31', null, '0001-01-01', null, null, 'unpublished.pdf');

insert into filing_companies (filing_id, company_id, filed_on, form, accepted_at, period_end, title, cik, primary_document)
select f.id, c.id, f.filed_on, f.form, f.accepted_at, f.period_end, f.title, f.cik, f.primary_document
from (values (32019323000106, 1), (32019323000107, 3), (32019323000107, 1), (106798300000001, 5), (106798300000001, 2),
  (100100000001, 3), (100100000001, 6), (121415600000002, 4), (121415600000002, 3),
  (88439400000003, 6), (88439400000003, 5)) as of (filing_id, company_id)
join filings f on f.id = of.filing_id
join companies c on c.id = of.company_id;

insert into company_forms (company_id, form, n, first_on, last_on)
select company_id, form, count(*), min(filed_on), max(filed_on) from filing_companies group by company_id, form;

insert into concepts (id, taxonomy, concept, label, description) values
  (1, 'us-gaap', 'Assets', 'Assets', 'Sum of the carrying amounts.'),
  (2, 'us-gaap', 'Revenues', 'Revenues', null),
  (3, 'us-gaap', 'StockholdersEquity', 'Stockholders'' Equity Attributable to Parent', null),
  (4, 'dei', 'AuditorName', 'Auditor''s 100% Name', null),
  (5, 'price', 'close', null, null);

insert into definitions (id, concept_id, period, name, unit) values
  (1, 1, 1, 'us-gaap:Assets', 'USD'),
  (2, 2, 6, 'us-gaap:Revenues', 'USD'),
  (3, 2, 3, 'us-gaap:Revenues', 'USD'),
  (4, 3, 1, 'us-gaap:StockholdersEquity', 'USD'),
  (5, 4, 1, 'dei:AuditorName', 'pure'),
  (6, 5, 2, 'price:close', 'USD');

insert into facts (id, company_id, accession, value, concept_id, period_start, period_end, filed_on, fiscal_year, fiscal_period, form, unit) values
  (1, 1, 32019323000106, 352583000000, 1, null, '2023-09-30', '2023-11-03', 2023, 'FY', '10-K', 'USD'),
  (4, 1, 32019323000105, 352000000000, 1, null, '2023-09-30', '2023-11-02', 2023, 'FY', '8-K', 'USD'),
  (2, 1, 32019323000106, 383285000000, 2, '2022-09-25', '2023-09-30', '2023-11-03', 2023, 'FY', '10-K', 'USD'),
  (3, 2, 106798300000001, 0.1, 1, null, '1969-12-31', '2000-02-29', null, null, 'SC 13D/A', 'USD');

insert into concept_units (company_id, concept_id, unit, facts) values (1, 1, 'USD', 2), (1, 2, 'USD', 1), (2, 1, 'USD', 1), (2, 1, 'EUR', 1);

insert into series (id, company_id, security_id, definition_id, points, first_on, last_on, last_value, last_fact_id) values
  (1, 1, null, 1, 1, '2023-09-30', '2023-09-30', 352583000000, 1),
  (2, 1, null, 2, 1, '2023-09-30', '2023-09-30', 383285000000, 2),
  (3, 2, null, 1, 1, '1969-12-31', '1969-12-31', 0.1, 3),
  (4, 1, 1, 6, 3, '1999-12-31', '2000-01-03', 1.7976931348623157e308, null),
  (5, 2, 3, 6, 1, '2000-01-03', '2000-01-03', 45, null);

insert into metrics (series_id, date, value, fact_id) values
  (1, '2023-09-30', 352583000000, 1),
  (2, '2023-09-30', 383285000000, 2),
  (3, '1969-12-31', 0.1, 3),
  (4, '1999-12-31', 0.9179, null),
  (4, '2000-01-01', -5e-324, null),
  (4, '2000-01-03', 1.7976931348623157e308, null),
  (5, '2000-01-03', 45, null);

select rebuild_point_versions();
