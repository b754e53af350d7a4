#!/usr/bin/env bash
# Loads the data set of the peer benchmark (companies, filings, metrics) into an empty corpintel database, so that our
# server answers the same questions from the same rows. Its metrics become bench:NAME, of the company itself.
#   load.sh FROM_URL TO_URL      both are databases that psql reaches; TO_URL has been migrated
set -euo pipefail
from=$1 to=$2

# copy_rows QUERY TABLE(COLUMNS)
copy_rows() { psql -XAtq -v ON_ERROR_STOP=1 "$from" -c "copy ($1) to stdout" | psql -XAtq -v ON_ERROR_STOP=1 "$to" -c "copy $2 from stdin"; }

copy_rows "select id, cik::bigint, name, lower(name), sector, industry, country, ticker, exchange, market_cap from companies order by id" \
  "companies (id, cik, name, search_text, sector, industry, country, ticker, exchange, market_cap)"
copy_rows "select id, id, ticker, exchange, true from companies order by id" \
  "securities (id, company_id, symbol, exchange, is_primary)"
copy_rows "select (to_char(f.filing_date, 'YY') || lpad(f.id::text, 6, '0'))::bigint, f.form, f.filing_date, f.period_end, f.title, c.cik::bigint
    from filings f join companies c on c.id = f.company_id order by f.company_id, f.filing_date, f.id" \
  "filings (id, form, filed_on, period_end, title, cik)"
copy_rows "select (to_char(f.filing_date, 'YY') || lpad(f.id::text, 6, '0'))::bigint, f.company_id, f.filing_date, f.form, f.period_end, f.title, c.cik::bigint
    from filings f join companies c on c.id = f.company_id order by f.company_id, f.filing_date, f.id" \
  "filing_companies (filing_id, company_id, filed_on, form, period_end, title, cik)"
copy_rows "select company_id, form, count(*), min(filing_date), max(filing_date) from filings group by 1, 2 order by 1, 2" \
  "company_forms (company_id, form, n, first_on, last_on)"
copy_rows "select row_number() over (order by metric_name), 'bench', metric_name from metrics group by metric_name" \
  "concepts (id, taxonomy, concept)"
copy_rows "select row_number() over (order by metric_name), row_number() over (order by metric_name), 2, 'bench:' || metric_name, 'pure'
    from metrics group by metric_name" \
  "definitions (id, concept_id, period, name, unit)"
series="select row_number() over (order by m.company_id, m.metric_name) as id, m.company_id, m.metric_name, count(*) as n,
    min(date) as first_on, max(date) as last_on, dense_rank() over (order by m.metric_name) as definition_id
  from metrics m group by m.company_id, m.metric_name"
copy_rows "select s.id, s.company_id, definition_id, n, first_on, last_on, m.value
    from ($series) s join metrics m on (m.company_id, m.metric_name, m.date) = (s.company_id, s.metric_name, s.last_on) order by s.id" \
  "series (id, company_id, definition_id, points, first_on, last_on, last_value)"
copy_rows "select s.id, m.date, m.value from ($series) s join metrics m using (company_id, metric_name) order by s.id, m.date" \
  "metrics (series_id, date, value)"

psql -XAtq -v ON_ERROR_STOP=1 "$to" <<'SQL'
insert into metrics_month (series_id, bucket, n, sum, min, max, first, last)
select series_id, date_trunc('month', date::timestamp)::date, count(*), sum(value order by date), min(value), max(value),
  (array_agg(value order by date))[1], (array_agg(value order by date desc))[1]
from metrics
group by 1, 2
order by 1, 2;
vacuum (analyze, freeze);
SQL
