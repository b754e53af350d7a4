-- A small world in which every case of the model occurs once: companies without CIK, ticker, market capitalisation or
-- SIC code, share classes, a former symbol, filings of several companies, several units and period classes, prices.

insert into companies (id, cik, name, former_names, search_text, sic, sector, industry, country, fiscal_year_end, ticker, exchange, market_cap) values
  (1, 1001, 'Acme Robotics Inc', '{Acme Machines Corp}', E'acme robotics inc\nacme machines corp', '3569', 'Industrials', 'Machinery', 'US', '1231', 'ACME', 'Nasdaq', 5e9),
  (2, 1002, 'Beta Energy plc', '{}', 'beta energy plc', '1311', 'Energy', 'Oil', 'GB', '0331', 'BETA-A', 'NYSE', 2e9),
  (3, 1003, 'Gamma Gustav', '{}', 'gamma gustav', null, null, null, null, null, null, null, null),
  (4, null, 'Delta Foods', '{}', 'delta foods', '2000', 'Consumer Staples', 'Food', 'US', null, 'DLTA', 'NYSE', null),
  (5, 1005, 'Epsilon Bank', '{}', 'epsilon bank', '6021', 'Financials', 'Banks', 'US', '1231', 'EPS', 'NYSE', 5e9),
  (6, 1006, 'O''Neil & Sons', '{}', 'oneil & sons', '5000', 'Industrials', 'Machinery', 'US', '1231', null, null, null);

insert into securities (id, company_id, symbol, exchange, is_primary, valid_to, position) values
  (1, 1, 'ACME', 'Nasdaq', true, null, 0),
  (2, 2, 'BETA-A', 'NYSE', true, null, 0),
  (3, 2, 'BETA-B', 'NYSE', false, null, 1),
  (4, 4, 'DLTA', 'NYSE', true, null, 0),
  (5, 5, 'EPS', 'NYSE', true, null, 0),
  (6, 1, 'ACMR', null, false, '2015-06-30', 0);

insert into filings (id, form, filed_on, accepted_at, period_end, title, cik, primary_document) values
  (000000100124000001, '10-K', '2024-02-20', '2024-02-20 21:05:07Z', '2023-12-31', 'Annual report', 1001, 'acme-10k.htm'),
  (000000100124000002, '10-Q', '2024-05-02', '2024-05-02 20:30:00.5Z', '2024-03-31', null, 1001, null),
  (000000100124000003, '10-Q/A', '2024-05-02', null, '2024-03-31', 'Quarterly report, amended', 1001, 'acme-10qa.htm'),
  (000000100124000004, '8-K', '2024-06-11', null, null, 'Current report', 1001, '8k.htm'),
  (000000999924000007, '4', '2024-06-11', null, '2024-06-10', 'FORM 4', 1001, 'form4.xml'),
  (000000100224000001, '10-K', '2024-06-30', null, '2024-03-31', 'Annual report', 1002, 'beta.htm'),
  (990000000124000001, '10-K', '2024-03-01', null, '2023-12-31', 'Annual report', null, null);

insert into filing_companies (filing_id, company_id, filed_on, form, accepted_at, period_end, title, cik, primary_document)
select f.id, c.id, f.filed_on, f.form, f.accepted_at, f.period_end, f.title, f.cik, f.primary_document
from (values
  (000000100124000001, 1), (000000100124000002, 1), (000000100124000003, 1), (000000100124000004, 1),
  (000000999924000007, 1), (000000999924000007, 3), (000000999924000007, 2), (000000100224000001, 2), (990000000124000001, 4)
) as l(filing_id, company_id)
join filings f on f.id = l.filing_id
join companies c on c.id = l.company_id;

insert into concepts (id, taxonomy, concept, label, description) values
  (1, 'us-gaap', 'Revenues', 'Revenues', 'Amount of revenue recognized.'),
  (2, 'us-gaap', 'Assets', 'Assets', null),
  (3, 'us-gaap', 'EarningsPerShareDiluted', 'Earnings Per Share, Diluted', null),
  (4, 'price', 'close', 'Closing price', null),
  (5, 'price', 'volume', 'Volume', null),
  (6, 'beta', 'Barrels', null, null);

insert into definitions (id, concept_id, period, name, unit) values
  (1, 1, 3, 'us-gaap:Revenues', 'USD'), (2, 1, 6, 'us-gaap:Revenues', 'USD'), (3, 1, 6, 'us-gaap:Revenues', 'EUR'),
  (4, 2, 1, 'us-gaap:Assets', 'USD'), (5, 3, 6, 'us-gaap:EarningsPerShareDiluted', 'USD/shares'),
  (6, 4, 2, 'price:close', 'USD'), (7, 5, 2, 'price:volume', 'shares'), (8, 6, 6, 'beta:Barrels', 'bbl');

-- Acme: quarters end later than years; Beta: EUR more often than USD, and a unit that has no series; both years at one end.
insert into facts (id, company_id, accession, value, concept_id, period_start, period_end, filed_on, fiscal_year, fiscal_period, form, unit) values
  (1, 1, 000000100124000001, 400, 1, '2023-01-01', '2023-12-31', '2024-02-20', 2023, 'FY', '10-K', 'USD'),
  (2, 1, 000000100124000002, 110.5, 1, '2024-01-01', '2024-03-31', '2024-05-02', 2024, 'Q1', '10-Q', 'USD'),
  (3, 1, 000000100124000001, 90, 1, '2023-01-01', '2023-03-31', '2024-02-20', 2023, 'FY', '10-K', 'USD'),
  (4, 1, 000000100124000001, 1000, 2, null, '2023-12-31', '2024-02-20', 2023, 'FY', '10-K', 'USD'),
  (5, 1, 000000100124000002, 1100, 2, null, '2024-03-31', '2024-05-02', 2024, 'Q1', '10-Q', 'USD'),
  (6, 1, 000000100124000001, 1.25, 3, '2023-01-01', '2023-12-31', '2024-02-20', null, null, '10-K', 'USD/shares'),
  (7, 2, 000000100224000001, 700, 1, '2023-04-01', '2024-03-31', '2024-06-30', 2024, 'FY', '10-K', 'EUR'),
  (8, 2, 000000100224000001, 650, 1, '2022-04-01', '2023-03-31', '2024-06-30', 2024, 'FY', '10-K', 'EUR'),
  (9, 2, 000000100224000001, 760, 1, '2023-04-01', '2024-03-31', '2024-06-30', 2024, 'FY', '10-K', 'USD'),
  (10, 2, 000000100224000001, 12, 6, '2023-04-01', '2024-03-31', '2024-06-30', 2024, 'FY', '10-K', 'bbl'),
  (11, 5, 000000500524000001, 50, 1, '2023-01-01', '2023-12-31', '2024-03-15', 2023, 'FY', '10-K', 'USD');

insert into concept_units (company_id, concept_id, unit, facts) values
  (1, 1, 'USD', 3), (1, 2, 'USD', 2), (1, 3, 'USD/shares', 1), (1, 3, 'pure', 0),
  (2, 1, 'EUR', 2), (2, 1, 'USD', 1), (2, 6, 'bbl', 1), (5, 1, 'USD', 1);

insert into series (id, company_id, security_id, definition_id, points, first_on, last_on, last_value, last_fact_id, default_unit) values
  (1, 1, null, 1, 2, '2023-03-31', '2024-03-31', 110.5, 2, true),
  (2, 1, null, 2, 1, '2023-12-31', '2023-12-31', 400, 1, true),
  (3, 1, null, 4, 2, '2023-12-31', '2024-03-31', 1100, 5, true),
  (4, 1, null, 5, 1, '2023-12-31', '2023-12-31', 1.25, 6, true),
  (5, 2, null, 3, 2, '2023-03-31', '2024-03-31', 700, 7, true),
  (6, 2, null, 2, 1, '2024-03-31', '2024-03-31', 760, 9, false),
  (7, 2, null, 8, 1, '2024-03-31', '2024-03-31', 12, 10, true),
  (8, 5, null, 2, 1, '2023-12-31', '2023-12-31', 50, 11, true),
  (9, 1, 1, 6, 4, '2024-06-10', '2024-06-13', 90.375, null, true),
  (10, 1, 1, 7, 4, '2024-06-10', '2024-06-13', 1003000, null, true),
  (11, 2, 2, 6, 4, '2024-06-10', '2024-06-13', 110.375, null, true),
  (12, 2, 3, 6, 4, '2024-06-10', '2024-06-13', 120.375, null, true);

insert into metrics (series_id, date, value, fact_id) values
  (1, '2023-03-31', 90, 3), (1, '2024-03-31', 110.5, 2), (2, '2023-12-31', 400, 1),
  (3, '2023-12-31', 1000, 4), (3, '2024-03-31', 1100, 5), (4, '2023-12-31', 1.25, 6),
  (5, '2023-03-31', 650, 8), (5, '2024-03-31', 700, 7), (6, '2024-03-31', 760, 9), (7, '2024-03-31', 12, 10),
  (8, '2023-12-31', 50, 11);

insert into metrics (series_id, date, value)
select s, date '2024-06-10' + d, case s when 10 then 1e6 + 1000 * d else 10 * s + d * 0.125 end
from generate_series(9, 12) s, generate_series(0, 3) d;

insert into company_forms (company_id, form, n, first_on, last_on)
select company_id, form, count(*), min(filed_on), max(filed_on) from filing_companies group by 1, 2;

select rebuild_metrics_month();

select rebuild_point_versions();
