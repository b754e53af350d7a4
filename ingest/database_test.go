package ingest_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// tickersAsOf is the date of ticker files in tests.
var tickersAsOf = edgar.NewDate(2025, 12, 1)

// excerpts is the folder with cut EDGAR files, in folders as the SEC has them.
const excerpts = "../edgar/testdata"

// newDatabase returns connections to an empty database. Whatever the test imports into it, the latest points of the series
// must be right in the end.
func newDatabase(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool := connect(t, storetest.New(t))
	t.Cleanup(func() { checkLatest(t, pool) })
	return pool
}

// checkLatest holds the latest points that series repeat, to the last bit, against metrics.
func checkLatest(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	rows, err := pool.Query(context.Background(), `
		select row(s.*, m.*)::text from series s left join metrics m on m.series_id = s.id and m.date = s.last_on
		where (float8send(s.last_value), s.last_fact_id) is distinct from (float8send(m.value), m.fact_id)`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) > 0 {
		t.Errorf("series that do not tell of their latest point: %v", lines)
	}
}

func connect(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// run imports paths and returns the report, the error, and the rejected records as lines.
func run(t testing.TB, pool *pgxpool.Pool, paths ...string) (*ingest.Report, string, error) {
	t.Helper()
	var rejections bytes.Buffer
	report, err := ingest.Run(t.Context(), pool, paths, ingest.Options{TickersAsOf: tickersAsOf, Rejections: &rejections})
	if !report.AddsUp() {
		t.Errorf("a report that does not add up:\n%s", table(t, report))
	}
	return report, rejections.String(), err
}

// mustRun imports paths, of which nothing may be wrong.
func mustRun(t testing.TB, pool *pgxpool.Pool, paths ...string) *ingest.Report {
	t.Helper()
	report, rejections, err := run(t, pool, paths...)
	if err != nil || rejections != "" {
		t.Fatalf("import %v: %v\n%s", paths, err, rejections)
	}
	return report
}

// forget makes the next import read again what was imported before.
func forget(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `delete from imported_documents`); err != nil {
		t.Fatal(err)
	}
}

func table(t testing.TB, r *ingest.Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// counts returns what became of the records of each kind: submissions, tickers, companyfacts, indexes.
func counts(r *ingest.Report) []ingest.Count {
	var all []ingest.Count
	for _, k := range r.Kinds {
		all = append(all, k.Count)
	}
	return all
}

// contents are statements for what the tables say, without the ids that depend on the order of imports.
var contents = map[string]string{
	"companies": `select cik, name, former_names, search_text, sic, sector, industry, country, fiscal_year_end, ticker, exchange,
		sic_sector, sic_industry, name_rank, name_as_of, submissions_as_of, facts_as_of, tickers_as_of from companies`,
	"securities": `select cik, symbol, s.exchange, is_primary, valid_from, valid_to, first_seen, last_seen, position, exchange_as_of
		from securities s join companies c on c.id = company_id`,
	"filings": `select id, form, filed_on, accepted_at at time zone 'UTC', period_end, title, cik, primary_document, as_of, detailed from filings`,
	"filing_companies": `
		select c.cik, filing_id, filed_on, form, accepted_at at time zone 'UTC', period_end, title, fc.cik, primary_document
		from filing_companies fc join companies c on c.id = company_id`,
	"company_forms":   `select cik, form, n, first_on, last_on from company_forms join companies c on c.id = company_id`,
	"concepts":        `select name, label, description, as_of from concepts`,
	"definitions":     `select d.name, unit, period, c.name from definitions d join concepts c on c.id = concept_id`,
	"classifications": `select cik, symbol, sector, industry, as_of from classifications`,
	"facts": `select cik, c.name, unit, period_start, period_end, accession, value, filed_on, fiscal_year, fiscal_period, form, f.as_of
		from facts f join companies o on o.id = company_id join concepts c on c.id = concept_id`,
	"concept_units": `select cik, c.name, unit, facts
		from concept_units join companies o on o.id = company_id join concepts c on c.id = concept_id`,
	"series": `select cik, d.name, d.unit, d.period, points, first_on, last_on, last_value, f.accession, default_unit
		from series s join companies o on o.id = s.company_id join definitions d on d.id = definition_id join facts f on f.id = last_fact_id
		where security_id is null`,
	"metrics": `select cik, d.name, d.unit, period, date, m.value, known_from, f.period_start, f.accession
		from metrics m join series s on s.id = series_id join companies o on o.id = s.company_id
		join definitions d on d.id = definition_id join facts f on f.id = fact_id`,
	"point_versions": `select cik, d.name, d.unit, period, date, known_from, known_to, value
		from point_versions join series s on s.id = series_id join companies o on o.id = s.company_id
		join definitions d on d.id = definition_id`,
}

// content returns what the tables say, a line per row.
func content(t testing.TB, pool *pgxpool.Pool) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for name, sql := range contents {
		lines := queryLines(t, pool, `select row(x.*)::text collate "C" as line from (`+sql+`) x order by line`)
		if len(lines) > 0 {
			all[name] = lines
		}
	}
	return all
}

// queryLines returns the rows of a statement with one column of text.
func queryLines(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return lines
}

func wantLines(t testing.TB, pool *pgxpool.Pool, want []string, sql string, args ...any) {
	t.Helper()
	if diff := cmp.Diff(want, queryLines(t, pool, sql, args...)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", sql, diff)
	}
}

// write writes a file into a folder of the test and returns its path.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// excerpt returns a file of the excerpts.
func excerpt(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(excerpts, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// statementCounter counts the statements of one connection by name.
type statementCounter struct{ seen map[string]int }

func (c *statementCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	line, _, _ := strings.Cut(q.SQL, "\n")
	c.seen[strings.TrimPrefix(line, "-- name: ")]++
	return ctx
}

func (c *statementCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// writerFunc is an io.Writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var _ io.Writer = writerFunc(nil)
