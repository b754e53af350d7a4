-- Written by go test ./store -run TestPgbench -update.
\set id random_zipfian(1, :companies, 1.05)
-- name: FilingsOfCompanies
select p.company_id, k.*
from unnest(array[:id::bigint]::bigint[]) with ordinality as p(company_id, n)
cross join lateral (
  select fc.filing_id, fc.form, fc.filed_on, fc.accepted_at, fc.period_end, fc.title, fc.amendment, fc.cik, fc.primary_document
  from filing_companies fc
  where fc.company_id = p.company_id and fc.filed_on between '-infinity' and 'infinity' and (fc.filed_on, fc.filing_id) < ('infinity', 9223372036854775807::bigint)
  order by fc.filed_on desc, fc.filing_id desc
  limit 21
) k
order by p.n;
