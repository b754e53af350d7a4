package ingest_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// sources are files of every kind that is imported.
type sources struct{ edgar, prices, reference []string }

// step is the import of a file. Neighbours of one kind are imported by one run.
type step struct {
	kind, path string
	run        func(pool *pgxpool.Pool, paths []string)
}

// importSteps imports files in the order of steps.
func importSteps(pool *pgxpool.Pool, steps []step) {
	for len(steps) > 0 {
		first, paths := steps[0], []string(nil)
		for len(steps) > 0 && steps[0].kind == first.kind {
			paths = append(paths, steps[0].path)
			steps = steps[1:]
		}
		first.run(pool, paths)
	}
}

// importShuffled imports all files in a random order.
func (s sources) importShuffled(t testing.TB, pool *pgxpool.Pool, random *rand.Rand) {
	t.Helper()
	o := ingest.Options{TickersAsOf: tickersAsOf, ReferenceAsOf: edgar.NewDate(2025, 6, 1)}
	var steps []step
	add := func(kind string, paths []string, run func([]string) (*ingest.Report, error)) {
		for _, path := range paths {
			steps = append(steps, step{kind, path, func(_ *pgxpool.Pool, paths []string) {
				if report, err := run(paths); err != nil || !report.AddsUp() {
					t.Fatalf("import %v: %v\n%s", paths, err, table(t, report))
				}
			}})
		}
	}
	add("edgar", s.edgar, func(paths []string) (*ingest.Report, error) { return ingest.Run(t.Context(), pool, paths, o) })
	add("prices", s.prices, func(paths []string) (*ingest.Report, error) {
		return ingest.RunPrices(t.Context(), pool, paths, nil, o)
	})
	add("reference", s.reference, func(paths []string) (*ingest.Report, error) { return ingest.RunReference(t.Context(), pool, paths, o) })
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	importSteps(pool, steps)
}

// fingerprints returns, for all that the tables say, the number of rows and the sum of their hashes.
func fingerprints(t testing.TB, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	statements := maps.Clone(contents)
	statements["prices"] = pricePoints
	statements["market caps"] = `select cik, market_cap from companies`
	statements["all series"] = `
		select y.symbol, c.cik, d.name, d.unit, d.period, points, first_on, last_on, last_value, default_unit
		from series s left join securities y on y.id = s.security_id join definitions d on d.id = definition_id left join companies c on c.id = s.company_id`
	statements["all securities"] = `
		select c.cik, symbol, s.exchange, is_primary, valid_from, valid_to, first_seen, last_seen, position
		from securities s left join companies c on c.id = company_id`
	all := make(map[string]string, len(statements))
	for name, sql := range statements {
		var n int64
		var sum string
		err := pool.QueryRow(t.Context(), `
			select count(*), coalesce(sum(hashtextextended(row(x.*)::text, 0)::numeric), 0)::text from (`+sql+`) x`,
			pgx.QueryExecModeExec).Scan(&n, &sum)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = fmt.Sprintf("%d rows, %s", n, sum)
	}
	return all
}

// checkOrders imports files in several random orders, which must leave the same content.
func checkOrders(t *testing.T, s sources, orders int) {
	t.Helper()
	got := make([]map[string]string, orders)
	t.Run("orders", func(t *testing.T) {
		for seed := range orders {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				t.Parallel()
				pool := newDatabase(t)
				s.importShuffled(t, pool, rand.New(rand.NewPCG(uint64(seed), 11))) //nolint:gosec // the same in each run
				checkPrices(t, pool)
				got[seed] = fingerprints(t, pool)
			})
		}
	})
	for name, fingerprint := range got[0] {
		if strings.HasPrefix(fingerprint, "0 rows") {
			t.Errorf("nothing in %s", name)
		}
	}
	for seed, other := range got[1:] {
		if diff := cmp.Diff(got[0], other); diff != "" {
			t.Errorf("order %d (-order 0 +this)\n%s", seed+1, diff)
		}
	}
}

// filesBelow returns all files in a folder.
func filesBelow(t testing.TB, folder string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestRandomOrders imports the excerpts, prices and a reference file in random orders.
func TestRandomOrders(t *testing.T) {
	paths := slices.DeleteFunc(filesBelow(t, excerpts), func(path string) bool { return strings.HasSuffix(path, ".md") })
	checkOrders(t, sources{
		edgar: paths,
		prices: []string{
			closes(t, "2020-01-02 AAPL 75", "2020-01-03 AAPL 74", "2020-01-02 GOOG 68", "2020-01-02 NOBODY 1"),
			closes(t, "2020-01-03 AAPL 75", "2020-01-06 AAPL 76", "2024-11-01 AAPL 222", "2020-01-02 KMB 137"),
			closes(t, "2020-01-03 AAPL 73", "2020-01-02 KMB 138"),
		},
		reference: []string{
			write(t, "a.csv", csvLines("symbol,cik,sector,industry", "AAPL,320193,Technology,Hardware", "KMB,,Staples,Household Products")),
			write(t, "b.csv", csvLines("symbol,cik,sector,industry", "AAPL,,Tech,", "GOOG,1652044,Communication,Media")),
		},
	}, 8)
}

// TestDataSetRandomOrders imports everything in the data set in three random orders.
func TestDataSetRandomOrders(t *testing.T) {
	dir := os.Getenv("CORPINTEL_TESTDATA")
	if dir == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	var paths []string
	for _, folder := range []string{"submissions", "companyfacts", "daily-index"} {
		paths = append(paths, filesBelow(t, filepath.Join(dir, "edgar", folder))...)
	}
	for _, name := range []string{"company_tickers.json", "company_tickers_exchange.json"} {
		paths = append(paths, filepath.Join(dir, "edgar", name))
	}
	checkOrders(t, sources{
		edgar:     paths,
		prices:    []string{filepath.Join(dir, "prices", "sp500_daily_2016_2021.csv.gz")},
		reference: []string{filepath.Join(dir, "reference", "sp500_constituents.csv")},
	}, 3)
}
