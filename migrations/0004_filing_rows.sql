-- +goose Up

-- A page of a company's filings is read from one table, in its order: a look-up of each filing costs more than the page.
alter table filing_companies
  add column accepted_at timestamptz,
  add column period_end date,
  add column title text,
  add column cik bigint,
  add column primary_document text;

update filing_companies fc
set accepted_at = f.accepted_at, period_end = f.period_end, title = f.title, cik = f.cik, primary_document = f.primary_document
from filings f
where f.id = fc.filing_id;

-- +goose Down

alter table filing_companies
  drop column accepted_at,
  drop column period_end,
  drop column title,
  drop column cik,
  drop column primary_document;
