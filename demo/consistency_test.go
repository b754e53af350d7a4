package demo_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// TestConsistency looks for rows that contradict one another: every query finds none.
func TestConsistency(t *testing.T) {
	t.Parallel()
	pool := open(t)
	load(t, pool, enough)
	for _, test := range []struct{ name, violations string }{
		{"company_forms counts filing_companies", `
			with counted as (
				select company_id, form, count(*)::int as n, min(filed_on) as first_on, max(filed_on) as last_on
				from filing_companies group by company_id, form
			), kept as (select company_id, form, n, first_on, last_on from company_forms)
			(table counted except table kept) union all (table kept except table counted)`},
		{"filing_companies repeats filings", `
			select 1 from filing_companies c full join filings f on f.id = c.filing_id
			where (f.form, f.filed_on, f.accepted_at, f.period_end, f.title, f.cik, f.primary_document)
				is distinct from (c.form, c.filed_on, c.accepted_at, c.period_end, c.title, c.cik, c.primary_document)`},
		{"concept_units counts facts", `
			with counted as (
				select company_id, concept_id, unit, count(*)::int as facts from facts group by company_id, concept_id, unit
			)
			(table counted except table concept_units) union all (table concept_units except table counted)`},
		{"series counts metrics", `
			with counted as (
				select series_id as id, count(*)::int as points, min(date) as first_on, max(date) as last_on
				from metrics group by series_id
			), kept as (select id, points, first_on, last_on from series)
			(table counted except table kept) union all (table kept except table counted)`},
		{"series repeat their last points", `
			select 1 from series s left join metrics m on (m.series_id, m.date) = (s.id, s.last_on)
			where (s.last_value, s.last_fact_id) is distinct from (m.value, m.fact_id)`},
		{"metrics_month rolls up prices", `
			with counted as (
				select series_id, date_trunc('month', date::timestamp)::date as bucket, count(*) as n, sum(value) as sum,
					min(value) as min, max(value) as max,
					(array_agg(value order by date))[1] as first, (array_agg(value order by date desc))[1] as last
				from metrics where fact_id is null group by series_id, bucket
			)
			select 1 from counted c full join metrics_month r on (r.series_id, r.bucket) = (c.series_id, c.bucket)
			where (r.n, r.min, r.max, r.first, r.last) is distinct from (c.n, c.min, c.max, c.first, c.last)
				or abs(r.sum - c.sum) > 1e-12 * abs(c.sum)`},
		{"no month is stale", `select 1 from metrics_stale`},
		{"metrics are the current facts", `
			with classed as (
				select f.*, case
					when period_start is null then 1
					when period_end - period_start + 1 between 80 and 120 then 3
					when period_end - period_start + 1 between 160 and 200 then 4
					when period_end - period_start + 1 between 245 and 290 then 5
					when period_end - period_start + 1 between 350 and 380 then 6
				end::smallint as period
				from facts f where period_end <= filed_on
			), latest as (
				select distinct on (company_id, concept_id, unit, period, period_end) *
				from classed
				order by company_id, concept_id, unit, period, period_end, filed_on desc, accession desc, period_start desc
			), expected as (
				select company_id, concept_id, unit, period, period_end as date, value, id as fact_id from latest
			), actual as (
				select s.company_id, d.concept_id, d.unit, d.period, m.date, m.value, m.fact_id
				from metrics m join series s on s.id = m.series_id join definitions d on d.id = s.definition_id
				where s.security_id is null
			)
			(table expected except table actual) union all (table actual except table expected)`},
		{"no point lies within a week of another of its year or quarter", `
			select 1 from metrics a join metrics b on b.series_id = a.series_id and b.date > a.date and b.date <= a.date + 7
			join series s on s.id = a.series_id join definitions d on d.id = s.definition_id where d.period in (3, 6)`},
		{"prices have no fact", `
			select 1 from metrics m join series s on s.id = m.series_id
			where (s.security_id is null) <> (m.fact_id is not null)`},
		{"facts are of a company's filing", `
			select 1 from facts f
			left join filings g on g.id = f.accession and g.form = f.form and g.filed_on = f.filed_on
			left join filing_companies c on c.filing_id = f.accession and c.company_id = f.company_id
			where g.id is null or c.company_id is null`},
		{"facts are of a known concept in its unit", `
			select 1 from facts f left join definitions d on d.concept_id = f.concept_id and d.unit = f.unit where d.id is null`},
		{"definitions are used", `select 1 from definitions where id not in (select definition_id from series)`},
		{"definitions repeat concepts", `
			select 1 from definitions d full join concepts c on c.id = d.concept_id
			where d.name is distinct from c.name or c.label is null or c.description is null`},
		{"price series belong to the holder", `
			select 1 from series p join securities s on s.id = p.security_id where p.company_id is distinct from s.company_id`},
		{"a symbol has one holder", `select symbol from securities group by symbol having count(*) > 1`},
		{"ticker and exchange are those of the primary security", `
			select 1 from companies c left join securities s on s.company_id = c.id and s.is_primary
			where (c.ticker, c.exchange) is distinct from (s.symbol, s.exchange) or s.valid_to is not null`},
		{"market cap is close times shares", `
			with closes as (
				select c.id, m.date, m.value from companies c
				join securities s on s.company_id = c.id and s.is_primary
				join series p on p.security_id = s.id
				join definitions d on d.id = p.definition_id and d.name = 'price:close'
				join metrics m on m.series_id = p.id and m.date = p.last_on
			), shares as (
				select p.company_id as id, m.date, m.value from series p
				join definitions d on d.id = p.definition_id and d.name = 'dei:EntityCommonStockSharesOutstanding'
				join metrics m on m.series_id = p.id and m.date = p.last_on
			)
			select 1 from companies c
			left join (
				select id, a.value * b.value as value from closes a join shares b using (id)
				where b.date between a.date - 100 and a.date
			) v using (id)
			where c.market_cap is distinct from v.value`},
		{"snapshots are dated by the newest filing", `
			select 1 from companies c
			where name_as_of <> submissions_as_of
				or submissions_as_of is distinct from (select max(filed_on) from filing_companies where company_id = c.id)
				or facts_as_of is distinct from (select max(filed_on) from facts where company_id = c.id)`},
		{"filings are dated by a snapshot", `
			select 1 from filings f where as_of <> (
				select max(submissions_as_of) from companies c join filing_companies x on x.company_id = c.id
				where x.filing_id = f.id
			)`},
		{"names are unique", `select name from companies group by name having count(*) > 1`},
		{"search text has the names", `
			select 1 from companies
			where array_length(string_to_array(search_text, E'\n'), 1) <> 1 + cardinality(former_names)
				or search_text <> lower(search_text) or search_text ~ '[’'']'`},
		{"accession numbers are the company's, by date", `
			select 1 from (
				select f.id, f.filed_on, lag(f.filed_on, 1, '0001-01-01') over (partition by c.cik order by f.id) as before, c.cik
				from filings f left join companies c on c.cik = f.id / 100000000
			) x
			where cik is null or filed_on < before or id / 1000000 % 100 <> extract(year from filed_on)::int % 100`},
		{"nothing is younger than the last day, or filed on a holiday", `
			select 1 from filings
			where filed_on > '2026-11-20' or filed_on < '2014-11-21' or extract(isodow from filed_on) > 5
				or (accepted_at at time zone 'UTC')::date <> filed_on`},
		{"prices end on the last day", `
			select 1 from series p join securities s on s.id = p.security_id
			where p.last_on <> coalesce(s.valid_to, '2026-11-20') and p.last_on < s.valid_to - 5`},
		{"prices of a day agree", `
			select 1 from (
				select s.security_id, m.date,
					max(value) filter (where d.name = 'price:open') as open, max(value) filter (where d.name = 'price:high') as high,
					max(value) filter (where d.name = 'price:low') as low, max(value) filter (where d.name = 'price:close') as close,
					max(value) filter (where d.name = 'price:adjClose') as adj, max(value) filter (where d.name = 'price:volume') as volume
				from metrics m join series s on s.id = m.series_id join definitions d on d.id = s.definition_id
				where s.security_id is not null group by s.security_id, m.date
			) x
			where close is null or close <= 0 or volume is null or volume < 0 or low <= 0
				or not (low <= least(open, close) and high >= greatest(open, close) and adj <= close and adj > 0)
				or extract(isodow from date) > 5`},
		{"values have at most four decimals", `select 1 from metrics where value::numeric <> round(value::numeric, 4)`},
		{"assets are liabilities and equity", `
			select 1 from (
				select max(value) filter (where c.concept = 'Assets') as assets,
					max(value) filter (where c.concept = 'Liabilities') as liabilities,
					max(value) filter (where c.concept = 'StockholdersEquity') as equity
				from facts f join concepts c on c.id = f.concept_id
				where c.concept in ('Assets', 'Liabilities', 'StockholdersEquity') group by company_id, period_end, accession
			) x
			where assets <> liabilities + equity or assets is null or equity is null`},
		{"the year to date is the sum of its parts", `
			select 1 from facts y
			join facts q using (company_id, concept_id, accession, period_end)
			join facts before on before.company_id = y.company_id and before.concept_id = y.concept_id
				and before.period_start = y.period_start and before.period_end = q.period_start - 1
			where y.concept_id in (1, 2) and y.period_start < q.period_start and y.value <> before.value + q.value`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if n := count(t, pool, test.violations); n > 0 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

// TestVariety looks for what makes the data worth trying a program on: every query finds something.
func TestVariety(t *testing.T) {
	t.Parallel()
	pool := open(t)
	load(t, pool, enough)
	for _, test := range []struct{ name, examples string }{
		{"no ticker", `select 1 from companies where ticker is null`},
		{"no market cap though listed", `select 1 from companies where ticker is not null and market_cap is null`},
		{"no sector", `select 1 from companies where sector is null`},
		{"eleven sectors", `select 1 from companies having count(distinct sector) = 11`},
		{"former names", `select 1 from companies where former_names <> '{}' and search_text like E'%\n%'`},
		{"a foreign company", `select 1 from companies where country <> 'US'`},
		{"a fiscal year of its own", `select 1 from companies where fiscal_year_end not in ('1231', '0630')`},
		{"a second class of shares", `select 1 from securities where symbol like '%-B' and valid_to is null`},
		{"a former symbol", `select 1 from securities s join companies c on c.id = s.company_id where valid_to is not null and c.ticker is not null`},
		{"a delisted company", `select 1 from securities s join companies c on c.id = s.company_id where valid_to is not null and c.ticker is null`},
		{"a filing of two companies", `select 1 from filing_companies group by filing_id having count(*) = 2`},
		{"every form", `select 1 from filings having array_agg(distinct form) = '{10-K,10-K/A,10-Q,4,4/A,8-K,8-K/A,"DEF 14A"}'`},
		{"a restatement by an amendment", `
			select 1 from facts a join facts b using (company_id, concept_id, unit, period_start, period_end)
			where a.form = '10-K' and b.form = '10-K/A' and a.value <> b.value`},
		{"a restatement by a comparative", `
			select 1 from facts a join facts b using (company_id, concept_id, unit, period_start, period_end)
			where a.form = '10-K' and b.form = '10-K' and a.value <> b.value`},
		{"a loss", `select 1 from facts where value < 0`},
		{"many filings", `select 1 from company_forms group by company_id having sum(n) > 1000`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if count(t, pool, test.examples) == 0 {
				t.Error("none")
			}
		})
	}
}

func count(t *testing.T, pool *pgxpool.Pool, sql string) int {
	t.Helper()
	rows, _ := pool.Query(t.Context(), "select count(*) from ("+sql+") q") // CollectExactlyOneRow reports the error
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
