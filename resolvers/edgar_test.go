package resolvers_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// importEDGAR returns a database into which the paths were imported.
func importEDGAR(t *testing.T, paths ...string) string {
	t.Helper()
	database := storetest.New(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	report, err := ingest.Run(t.Context(), pool, paths, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(t.Output()); err != nil {
		t.Fatal(err)
	}
	return database
}

// TestEDGAR runs operations over excerpts of EDGAR files, of which the answers are known: the worked examples of
// restatements, of periods that were mistyped and repaired, of units.
func TestEDGAR(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	const excerpts = "../edgar/testdata/"
	database := importEDGAR(t, excerpts+"submissions", excerpts+"companyfacts",
		excerpts+"company_tickers.json", excerpts+"company_tickers_exchange.json")
	runGoldens(t, serveDatabase(t, database), "testdata/edgar/*.txtar")
}

// TestWholeSet asks the same over all of EDGAR that is at hand, and pages all filings of Apple.
func TestWholeSet(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	data := os.Getenv("CORPINTEL_TESTDATA")
	if data == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: NOT RUN on the whole data set")
	}
	s := serveDatabase(t, importEDGAR(t, data+"/edgar"))
	rows, err := s.store.Pool().Query(t.Context(), `select ltrim(filing_id::text, '0') from filing_companies fc join companies c on c.id = fc.company_id
		where c.cik = 320193 order by fc.filed_on desc, fc.filing_id desc`)
	if err != nil {
		t.Fatal(err)
	}
	want := texts(t, rows)
	if len(want) < 1000 {
		t.Fatalf("Apple has %d filings", len(want))
	}
	for _, backwards := range []bool{false, true} {
		if diff := cmp.Diff(want, walk(t, s, `company(cik: 320193) { filings(%s)`, 137, backwards)); diff != "" {
			t.Errorf("all filings of Apple (backwards: %v): want -, got +:\n%s", backwards, diff)
		}
	}
	runGoldens(t, s, "testdata/edgar/facts_*.txtar")
}
