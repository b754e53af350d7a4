package ingest_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestScans imports one small file of each kind into a database with 25,000 companies, and asks PostgreSQL how many
// rows it read of each table without an index: of tables that grow next to none, whatever is new in the file.
func TestScans(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	loadThousands(t, url)
	const cik = 1500
	filings := func(n int) []filing {
		return []filing{{accession: edgar.AccessionNumber(int64(cik)*100_000_000 + 26_000000 + int64(n)), form: "8-K", filed: "2026-01-10"}}
	}
	facts := func(value float64, accession edgar.AccessionNumber) []byte {
		return companyFacts(t, cik, "Name", "Label", []fact{{
			concept: "us-gaap:Concept7", unit: "USD", end: "2025-12-31", value: value, accession: accession, filed: "2026-02-01", form: "10-K", fy: 2025, fp: "FY",
		}})
	}
	name := fmt.Sprintf("CIK%010d.json", cik)
	for _, step := range []struct {
		name string
		path string
	}{
		{name: "submissions", path: write(t, name, submissions(t, cik, "Renamed", nil, []string{"S1500", "NEW"}, filings(1)))},
		{name: "an older page", path: write(t, fmt.Sprintf("CIK%010d-submissions-001.json", cik), marshal(t, columnsOf(filings(2))))},
		{name: "a ticker file", path: write(t, "company_tickers.json", tickers(t, listing{cik, "S1500"}, listing{cik + 1, "S1501"}))},
		{name: "company facts", path: write(t, name, facts(1, 1_26_000001))},
		{name: "corrected company facts", path: write(t, name, facts(2, 1_26_000001))},
		{name: "an index", path: write(t, "master.idx", index(indexRow{cik, "Name", "10-K", "2026-01-12", 1_26_000009}))},
		{name: "reference", path: write(t, "list.csv", csvLines("cik,sector", "1500,Energy"))},
		{name: "prices", path: closes(t, "2026-01-02 S1500 5", "2026-01-02 S1501 6")},
		{name: "corrected prices", path: closes(t, "2026-01-02 S1500 7", "2026-01-03 S1501 6")},
	} {
		before := rowsScanned(t, url)
		pool := connect(t, url)
		var err error
		o := ingest.Options{TickersAsOf: tickersAsOf + 100}
		switch step.name {
		case "reference":
			_, err = ingest.RunReference(t.Context(), pool, []string{step.path}, o)
		case "prices", "corrected prices":
			_, err = ingest.RunPrices(t.Context(), pool, []string{step.path}, nil, o)
		default:
			_, err = ingest.Run(t.Context(), pool, []string{step.path}, o)
		}
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		for table, rows := range rowsScanned(t, url) {
			if read := rows - before[table]; read > 10 {
				t.Errorf("%s: %d rows of %s were read without an index", step.name, read, table)
			}
		}
	}
}

// loadThousands makes companies with a filing, a symbol, facts and prices each: enough that to read a table as a whole
// is dearer than some hundred look-ups.
func loadThousands(t testing.TB, url string) {
	t.Helper()
	const companies = 25_000
	pool := connect(t, url)
	defer pool.Close()
	for _, sql := range []string{
		`insert into companies (cik, name, search_text, name_rank, name_as_of, submissions_as_of, facts_as_of, tickers_as_of, ticker)
			select n, 'Name ' || n, 'name ' || n, 3, '2025-01-10', '2025-01-10', '2025-02-01', '2025-01-10', 'S' || n from generate_series(1, $1::int) n`,
		`insert into securities (company_id, symbol, is_primary, first_seen, last_seen, exchange_as_of, exchange)
			select id, 'S' || cik, true, '2025-01-10', '2025-01-10', '2025-01-10', 'NYSE' from companies where cik <= $1`,
		`insert into filings (id, form, filed_on, cik, as_of)
			select n * 100000000::bigint + 25000001, '10-K', '2025-01-10', n, '2025-01-10' from generate_series(1, $1::int) n`,
		`insert into filing_companies (filing_id, company_id, filed_on, form, cik)
			select f.id, c.id, filed_on, form, f.cik from filings f join companies c using (cik) where c.cik <= $1`,
		`insert into company_forms (company_id, form, n, first_on, last_on)
			select id, '10-K', 1, '2025-01-10', '2025-01-10' from companies where cik <= $1`,
		`insert into concepts (taxonomy, concept, label, as_of)
			select 'us-gaap', 'Concept' || n, 'Label', '2025-02-01' from generate_series(1, $1::int) n`,
		`insert into definitions (concept_id, period, name, unit) select id, 1, name, 'USD' from concepts limit $1`,
		`insert into facts (company_id, accession, value, concept_id, period_end, filed_on, fiscal_year, fiscal_period, form, unit)
			select c.id, 1, 1, k.id, '2024-12-31', '2025-02-01', 2024, 'FY', '10-K', 'USD'
			from companies c join concepts k on k.concept = 'Concept' || c.cik where c.cik <= $1`,
		`insert into concept_units (company_id, concept_id, unit, facts) select company_id, concept_id, unit, 1 from facts limit $1`,
		`insert into series (company_id, definition_id, points, first_on, last_on, last_value, last_fact_id)
			select f.company_id, d.id, 1, f.period_end, f.period_end, 1, f.id from facts f join definitions d on d.concept_id = f.concept_id limit $1`,
		`insert into metrics (series_id, date, value, fact_id)
			select s.id, s.first_on, 1, f.id from series s join facts f on f.company_id = s.company_id limit $1`,
		`with concept as (
				insert into concepts (taxonomy, concept, label) select 'price', 'close', 'Close of ' || $1::int returning id, name
			)
			insert into definitions (concept_id, period, name, unit) select id, 2, name, 'USD' from concept`,
		`insert into series (company_id, security_id, definition_id, points, first_on, last_on, last_value)
			select y.company_id, y.id, d.id, 1, '2025-01-13', '2025-01-13', 5 from securities y join definitions d on d.name = 'price:close' limit $1`,
		`insert into metrics (series_id, date, as_of, value)
			select id, first_on, first_on, 5 from series where security_id is not null limit $1`,
		`select rebuild_metrics_month() limit $1`,
		`insert into classifications (cik, sector, as_of) select n, 'Sector ' || n % 9, '2025-01-10' from generate_series(1, $1::int) n`,
		`insert into imported_documents (digest, deflated, kind, edition, records)
			select sha256(n::text::bytea), true, 'submissions', 1, 1 from generate_series(1, $1::int) n`,
	} {
		if _, err := pool.Exec(t.Context(), sql, companies); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if _, err := pool.Exec(t.Context(), `call refresh_metrics_month()`); err != nil { // as the import would that brought them
		t.Fatal(err)
	}
	_, err := pool.Exec(t.Context(), `analyze companies, securities, filings, filing_companies, company_forms, concepts, definitions, facts,
		concept_units, series, metrics, metrics_month, classifications, imported_documents`) // as autovacuum does
	if err != nil {
		t.Fatal(err)
	}
}

// rowsScanned returns the rows of each table that were read without an index since the database was made, once all other
// connections have told theirs.
func rowsScanned(t testing.TB, url string) map[string]int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for others := 1; others > 0; {
		err := conn.QueryRow(t.Context(), `
			select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.Query(t.Context(), `select relname, seq_tup_read from pg_stat_user_tables where schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	scanned := map[string]int64{}
	var table string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&table, &n}, func() error { scanned[table] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	return scanned
}
