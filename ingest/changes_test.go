package ingest_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// images are statements for what readers see, cut into what changes are told of: the kind, the key, and a number that
// differs when what is seen differs.
var images = []string{
	`select 'company', c.id::text, sum(hashtextextended(seen.what, 0))
		from companies c
		cross join lateral (
			select row(name, former_names, search_text, sic, sector, industry, country, fiscal_year_end, ticker, exchange, market_cap)::text
			union all
			select row(symbol, exchange, valid_from, valid_to, is_primary)::text from securities where company_id = c.id
			union all
			select string_agg(symbol, ' ' order by is_primary desc, valid_to desc nulls first, position, symbol) from securities where company_id = c.id
			union all
			select row(fc.filing_id, fc.form, fc.filed_on, fc.accepted_at, fc.period_end, fc.title, fc.cik, fc.primary_document, o.company_id)::text
			from filing_companies fc join filing_companies o on o.filing_id = fc.filing_id where fc.company_id = c.id
			union all
			select row(form, n, first_on, last_on)::text from company_forms where company_id = c.id
			union all
			select row(concept_id, unit, period_start, period_end, accession, value, filed_on, fiscal_year, fiscal_period, form)::text
			from facts where company_id = c.id
			union all
			select row(s.security_id, s.definition_id, s.points, s.first_on, s.last_on, s.last_value, s.default_unit)::text
			from series s where company_id = c.id
			union all
			select row(s.security_id, s.definition_id, m.date, m.value, m.known_from)::text
			from series s join metrics m on m.series_id = s.id where company_id = c.id
		) seen (what)
		group by c.id`,
	`select 'companies', '', sum(hashtextextended(seen.what, 0)) from (` + listed + `) seen group by ()`,
	`select 'sector', sector, sum(hashtextextended(seen.what, 0)) from (` + listed + `) seen where sector is not null group by sector`,
	`select 'form', form, sum(hashtextextended(row(filing_id, company_id, filed_on, accepted_at, period_end, title, cik, primary_document)::text, 0))
		from filing_companies group by form`,
	`select 'filings', '', sum(hashtextextended(row(filing_id, fc.form, filed_on, accepted_at, period_end, title, fc.cik, primary_document,
			c.sic is null, exists (select from securities where company_id = c.id and valid_to is null))::text, 0))
		from filing_companies fc join companies c on c.id = company_id group by ()`,
	`select 'definitions', '', sum(hashtextextended(row(d.name, unit, period, label, description)::text, 0))
		from definitions d join concepts c on c.id = concept_id group by ()`,
}

// listed is what lists of companies show of each, choose by and are ordered by.
const listed = `
	select c.sector, row(c.id, name, former_names, sic, sector, industry, country, fiscal_year_end, c.ticker, c.exchange, market_cap,
		array_agg(row(y.symbol, y.exchange, y.valid_from, y.valid_to, y.is_primary)
			order by y.is_primary desc, y.valid_to desc nulls first, y.position, y.symbol))::text as what
	from companies c left join securities y on y.company_id = c.id
	group by c.id`

// imagesOf returns the numbers of images by kind and key.
func imagesOf(t testing.TB, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	seen := map[string]string{}
	for _, sql := range images {
		rows, err := pool.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		var kind, key string
		var sum *string
		if _, err := pgx.ForEachRow(rows, []any{&kind, &key, &sum}, func() error {
			if sum != nil {
				seen[kind+" "+key] = *sum
			}
			return nil
		}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return seen
}

// changedImages returns the kinds and keys of what differs, in order.
func changedImages(before, after map[string]string) []string {
	var changed []string
	for what := range after {
		if before[what] != after[what] {
			changed = append(changed, what)
		}
	}
	for what := range before {
		if _, ok := after[what]; !ok {
			changed = append(changed, what)
		}
	}
	slices.Sort(changed)
	return changed
}

// told returns the kinds and keys in the outbox, in order, and empties it.
func told(t testing.TB, pool *pgxpool.Pool) []string {
	t.Helper()
	lines := queryLines(t, pool, `
		with told as (delete from outbox returning kind, keys)
		select distinct kind || ' ' || key collate "C" from told cross join unnest(case when keys = '{}' then '{""}' else keys end) key order by 1`)
	return lines
}

// TestChangesAreTold holds what imports tell of, step by step, against what readers see of the database before and after:
// all that differs, and of companies, lists and forms nothing else.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	type step struct {
		name string
		do   func()
	}
	files := func(paths ...string) func() {
		return func() { mustRun(t, pool, paths...) }
	}
	var steps []step
	for _, pattern := range []string{"submissions/*.json", "companyfacts/*.json", "*.json", "index/master*.idx"} {
		found, err := filepath.Glob(filepath.Join(excerpts, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no excerpts %s: %v", pattern, err)
		}
		for _, path := range found {
			steps = append(steps, step{path, files(path)})
		}
	}
	ofExcerpts := len(steps)
	reference := func(day edgar.Date, lines ...string) func() {
		return func() {
			if _, rejections, err := runReference(t, pool, day, write(t, "list.csv", csvLines(lines...))); err != nil || rejections != "" {
				t.Fatal(err, rejections)
			}
		}
	}
	quotes := func(symbolMap string, rows ...string) func() {
		return func() { mustRunPrices(t, pool, symbolMap, closes(t, rows...)) }
	}
	apple := func(day, name string, symbols ...string) func() {
		return files(write(t, "CIK0000320193.json", submissions(t, 320193, name, nil, symbols, []filing{
			{accession: 320193_26_000001, form: "10-K", filed: "2026-01-10"}, {accession: 320193_26_000002, form: "8-K", filed: day},
		})))
	}
	day := edgar.NewDate(2026, 3, 1)
	steps = append(
		steps,
		step{"a sector", reference(day, "cik,sector", "320193,Toys", "789019,Toys")},
		step{"another sector", reference(day+1, "cik,sector", "320193,Games")},
		step{"prices", quotes("", "2025-11-03 AAPL 5", "2025-11-03 MSFT 7", "2025-11-03 NOBODY 7")},
		step{"more prices", quotes("", "2025-11-03 AAPL 5", "2025-11-03 MSFT 8", "2025-11-04 NOBODY 7")},
		step{"the same prices", quotes("", "2025-11-03 AAPL 5")},
		step{"somebody is given prices", quotes("symbol,cik,from,to\nNOBODY,55785,,\n", "2025-11-03 AAPL 5")},
		step{"another one is", quotes("symbol,cik,from,to\nNOBODY,55785,,2025-11-03\nNOBODY,909832,2025-11-04,\n", "2025-11-03 AAPL 5")},
		step{"filings", apple("2026-03-10", "Apple Inc.", "AAPL")},
		step{"a day later", apple("2026-03-11", "Apple Inc.", "AAPL")},
		step{"a name", apple("2026-03-12", "Pear Inc.", "AAPL")},
		step{"a symbol", apple("2026-03-13", "Pear Inc.", "PEAR")},
		step{"another's symbol", apple("2026-03-14", "Pear Inc.", "PEAR", "MSFT")},
		step{"another filer", files(write(t, "master.idx", index(
			indexRow{789019, "MICROSOFT CORP", "10-K", "2026-01-10", 320193_26_000001},
			indexRow{999999, "NEW CORP", "4", "2026-01-10", 320193_26_000009})))},
		step{"a corrected fact", files(write(t, "CIK0000999999.json", companyFacts(t, 999999, "NEW CORP", "Label", []fact{{
			concept: "us-gaap:Assets", unit: "USD", end: "2025-12-31", value: 1, accession: 1_26_000001, filed: "2026-02-01", form: "10-K", fy: 2025, fp: "FY",
		}})))},
	)
	for _, s := range steps {
		before := imagesOf(t, pool)
		s.do()
		checkTold(t, pool, s.name, before)
	}

	// The excerpts once more: nothing is new.
	forget(t, pool)
	for _, s := range steps[:ofExcerpts] {
		before := imagesOf(t, pool)
		s.do()
		if lines := checkTold(t, pool, s.name+" again", before); len(lines) > 0 {
			t.Errorf("%s again: told %v", s.name, lines)
		}
	}
}

// checkTold holds what the outbox tells against what differs from before, and returns it.
func checkTold(t testing.TB, pool *pgxpool.Pool, name string, before map[string]string) []string {
	t.Helper()
	want, got := changedImages(before, imagesOf(t, pool)), told(t, pool)
	lines := slices.Clone(got)
	if !slices.Contains(want, "filings ") { // it may be told in vain, where a company without filings gets a symbol
		got = slices.DeleteFunc(got, func(line string) bool { return line == "filings " })
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-differs +told)\n%s", name, diff)
	}
	return lines
}

// TestManyCompaniesAreTold imports more companies at once than a change has keys.
func TestManyCompaniesAreTold(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	var rows []indexRow
	for i := range store.MaxChangeKeys + 1 {
		rows = append(rows, indexRow{1000 + i, fmt.Sprintf("Company %d", i), "4", "2026-01-10", edgar.AccessionNumber(1_26_000001 + i)})
	}
	mustRun(t, pool, write(t, "master.idx", index(rows...)))
	if diff := cmp.Diff([]string{"companies ", "company *", "filings ", "form 4"}, told(t, pool)); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}

// TestNothingIsToldOfWhatFails rolls a transaction back.
func TestNothingIsToldOfWhatFails(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	valid := string(excerpt(t, "companyfacts/CIK0000320193.json"))
	if _, _, err := run(t, pool, write(t, "CIK0000320193.json", []byte(valid[:strings.LastIndex(valid, "{")]))); err == nil {
		t.Fatal("no error for half a file")
	}
	if lines := told(t, pool); len(lines) > 0 {
		t.Errorf("told %v", lines)
	}
	if left := imagesOf(t, pool); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
