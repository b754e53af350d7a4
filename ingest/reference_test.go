package ingest_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// runReference imports reference files of a day, or of their own when asOf is zero, and returns what became of their
// records, the rejected ones as lines, and the error.
func runReference(t testing.TB, pool *pgxpool.Pool, asOf edgar.Date, paths ...string) (ingest.Count, string, error) {
	t.Helper()
	var rejections bytes.Buffer
	report, err := ingest.RunReference(t.Context(), pool, paths, ingest.Options{ReferenceAsOf: asOf, Rejections: &rejections})
	if !report.AddsUp() {
		t.Errorf("a report that does not add up:\n%s", table(t, report))
	}
	return report.Kinds[0].Count, rejections.String(), err
}

func wantReference(t testing.TB, pool *pgxpool.Pool, asOf edgar.Date, want ingest.Count, paths ...string) {
	t.Helper()
	forget(t, pool)
	got, rejections, err := runReference(t, pool, asOf, paths...)
	if err != nil || rejections != "" || got != want {
		t.Errorf("import %v: %+v, %v, rejections %q, want %+v", paths, got, err, rejections, want)
	}
}

// sectors are the companies with what they do.
const sectors = `select concat_ws(' ', cik, coalesce(sector, '-'), coalesce(industry, '-')) from companies order by cik`

func csvLines(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// TestReference follows two companies through reference files, submissions and ticker files.
func TestReference(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	day := edgar.NewDate(2025, 1, 1)
	filed := []filing{{accession: 1_25_000001, form: "8-K", filed: "2025-03-10"}}
	later := []filing{{accession: 1_25_000002, form: "8-K", filed: "2025-04-10"}}
	latest := []filing{{accession: 1_25_000003, form: "8-K", filed: "2025-05-10"}}
	first := write(t, "first.csv", csvLines("Symbol,CIK,GICS Sector,GICS Sub-Industry", `ONE,1,Energy,"Oil, Gas"`, "TWO,,Utilities,Water"))
	wantReference(t, pool, day, ingest.Count{Read: 2, Skipped: 2}, first) // of nobody that is known
	wantLines(t, pool, []string{}, sectors)

	one := write(t, "CIK0000000001.json", submissions(t, 1, "One", nil, nil, filed))
	mustRun(t, pool, one, write(t, "CIK0000000002.json", submissions(t, 2, "Two", nil, nil, filed[:0])))
	wantLines(t, pool, []string{"1 Energy Oil, Gas", "2 Manufacturing Electronic Computers"}, sectors)
	wantReference(t, pool, day, ingest.Count{Read: 2, Unchanged: 1, Skipped: 1}, first)

	mustRun(t, pool, write(t, "CIK0000000002.json", submissions(t, 2, "Two", nil, []string{"TWOA", "TWO"}, filed)))
	wantLines(t, pool, []string{"1 Energy Oil, Gas", "2 Utilities Water"}, sectors)
	wantReference(t, pool, day, ingest.Count{Read: 2, Unchanged: 2}, first)

	// What a file leaves empty is as the SIC code says.
	newer := write(t, "newer.csv", csvLines("cik,sector", "1,Health", "2,"))
	wantReference(t, pool, day+1, ingest.Count{Read: 2, Stored: 1, Updated: 1}, newer)
	wantLines(t, pool, []string{"1 Health Electronic Computers", "2 Manufacturing Electronic Computers"}, sectors)
	wantReference(t, pool, day, ingest.Count{Read: 2, Unchanged: 1, Skipped: 1}, first)
	wantReference(t, pool, day+2, ingest.Count{Read: 2, Updated: 1, Unchanged: 1}, first)
	wantLines(t, pool, []string{"1 Energy Oil, Gas", "2 Utilities Water"}, sectors)

	// Three gets the symbol, so Two no longer is what the file says of the symbol.
	mustRun(t, pool, write(t, "CIK0000000003.json", submissions(t, 3, "Three", nil, []string{"TWO"}, later)))
	wantLines(t, pool, []string{"1 Energy Oil, Gas", "2 Manufacturing Electronic Computers", "3 Utilities Water"}, sectors)
	if again := counts(mustRun(t, pool, one)); again[0] != (ingest.Count{Read: 1, Unchanged: 1}) {
		t.Errorf("submissions, once more: %+v", again[0])
	}
	wantLines(t, pool, []string{"1 Energy Oil, Gas", "2 Manufacturing Electronic Computers", "3 Utilities Water"}, sectors)

	// Of one day the CIK tells more than the symbol. Nobody holds the last symbol any more.
	mustRun(t, pool, write(t, "CIK0000000003.json", submissions(t, 3, "Three", nil, []string{"NEW"}, latest)),
		write(t, "CIK0000000002.json", submissions(t, 2, "Two", nil, []string{"TWOA"}, latest)))
	both := write(t, "both.csv", csvLines("cik,symbol,sector", "3,,Banking", ",NEW,Water", ",TWO,Gone"))
	wantReference(t, pool, day+3, ingest.Count{Read: 3, Stored: 2, Skipped: 1}, both)
	wantLines(t, pool, []string{"1 Energy Oil, Gas", "2 Manufacturing Electronic Computers", "3 Banking Electronic Computers"}, sectors)
}

// TestReferenceOfAnyCompany classifies companies that come from each kind of file.
func TestReferenceOfAnyCompany(t *testing.T) {
	t.Parallel()
	list := write(t, "list.csv", csvLines("cik,sector", "1,A", "2,B", "3,C", "4,D"))
	files := []string{
		write(t, "CIK0000000001-submissions-001.json", marshal(t, columnsOf([]filing{{accession: 1_20_000001, form: "8-K", filed: "2020-01-10"}}))),
		write(t, "company_tickers.json", tickers(t, listing{2, "TWO"})),
		write(t, "CIK0000000003.json", companyFacts(t, 3, "Three", "Label", nil)),
		write(t, "master.idx", index(indexRow{4, "Four", "10-K", "2025-01-02", 1_25_000001})),
	}
	for _, referenceFirst := range []bool{true, false} {
		pool := newDatabase(t)
		if referenceFirst {
			wantReference(t, pool, 1, ingest.Count{Read: 4, Skipped: 4}, list)
		}
		mustRun(t, pool, files...)
		if !referenceFirst {
			wantReference(t, pool, 1, ingest.Count{Read: 4, Stored: 4}, list)
		}
		wantLines(t, pool, []string{"1 A -", "2 B -", "3 C -", "4 D -"}, sectors)
	}
}

// TestReferenceCommutes imports random reference files, submissions and ticker files that contradict each other, in
// random orders.
func TestReferenceCommutes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 6)) //nolint:gosec // the same in each run
			steps := randomSteps(t, random)
			var want map[string][]string
			for range 6 {
				random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
				pool := newDatabase(t)
				importSteps(pool, steps)
				got := content(t, pool)
				if want == nil {
					want = got
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("another order (-first +this)\n%s", d)
				}
			}
		})
	}
}

// randomSteps makes imports of files about three companies that share symbols.
func randomSteps(t testing.TB, random *rand.Rand) (steps []step) {
	t.Helper()
	edgarFile := func(name string, data []byte) {
		steps = append(steps, step{"edgar", write(t, name, data), func(pool *pgxpool.Pool, paths []string) { mustRun(t, pool, paths...) }})
	}
	for cik := 1; cik <= 3; cik++ {
		for range 2 {
			edgarFile(fmt.Sprintf("CIK%010d.json", cik), submissions(t, cik, "Name", nil, randomSymbols(random), randomFilings(random)))
		}
	}
	for range 2 {
		rows := []listing{{4, "ZZ"}}
		for i, symbol := range randomSymbols(random) {
			rows = append(rows, listing{1 + i, symbol})
		}
		edgarFile("company_tickers.json", tickers(t, rows...))
	}
	for range 4 {
		lines := []string{"symbol,cik,sector,industry"}
		for _, subject := range random.Perm(5)[:1+random.IntN(5)] {
			name := []string{"AA,", "BB,", "CC,", "DD,", "AA,1"}[subject]
			lines = append(lines, fmt.Sprintf("%s,%s,%s", name, []string{"", "S1", "S2"}[random.IntN(3)], []string{"", "I1", "I2"}[random.IntN(3)]))
		}
		path, asOf := write(t, "reference.csv", csvLines(lines...)), tickersAsOf+edgar.Date(random.Int32N(2))
		steps = append(steps, step{"reference of " + asOf.String(), path, func(pool *pgxpool.Pool, paths []string) {
			if _, rejections, err := runReference(t, pool, asOf, paths...); err != nil || rejections != "" {
				t.Fatalf("import %s: %v\n%s", paths, err, rejections)
			}
		}})
	}
	return steps
}

// TestReferenceRejections names what is wrong with cells and rows; the others are taken.
func TestReferenceRejections(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{1, "ONE"}, listing{2, "TWO"}, listing{3, "THREE"})))
	path := write(t, "list.csv", csvLines(
		"symbol,cik,sector",
		"ONE,1,Energy",
		"ONE,1,Energy",  // once more
		"ONE,1,Banking", // contradicts
		"TWO,two,Water", // is found by its symbol
		"THREE,3,"+strings.Repeat("x", 300),
		",,Nobody",
		"THREE,3,Energy,4",
	))
	got, rejections, err := runReference(t, pool, 1, path)
	if err != nil {
		t.Fatal(err)
	}
	if want := (ingest.Count{Read: 9, Stored: 3, Unchanged: 1, Rejected: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, want := range []string{
		"line 4: contradicts line 2, which gives another sector or industry for CIK 0000000001", "line 5 cik: ", "line 6 sector: ",
		"line 7: neither a symbol nor a CIK", "line 8: 4 values where there are 3 columns",
	} {
		if !strings.Contains(rejections, path+": "+want) {
			t.Errorf("rejections %q lack %q", rejections, want)
		}
	}
	wantLines(t, pool, []string{"1 Energy -", "2 Water -", "3 - -"}, sectors)
}

// TestBrokenReferences puts files that are no reference files beside a good one.
func TestBrokenReferences(t *testing.T) {
	t.Parallel()
	good := csvLines("cik,sector", "1,Energy")
	packed := compress(t, good)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"a web page", []byte("<!DOCTYPE html>\n<html>"), "missing column"},
		{"a wrong header", csvLines("date,ticker,close", "2025-01-02,ONE,1"), "missing column: want sector or industry"},
		{"without header", csvLines("1,Energy"), "missing column"},
		{"a zip archive", archive(t, entry{"list.csv", good}), "a zip archive: only files of EDGAR are read out of one"},
		{"cut off", packed[:len(packed)-4], "cut off"},
		{"a long line", []byte("cik,sector\n1," + strings.Repeat("x", 1<<20)), "longer than 64 kB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			broken := write(t, "broken.csv", c.data)
			got, rejections, err := runReference(t, pool, 1, broken, write(t, "good.csv.gz", packed))
			var incomplete *ingest.IncompleteError
			if !errors.As(err, &incomplete) || incomplete.Files != 1 || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one file that failed: %s", err, c.want)
			}
			if !strings.HasPrefix(rejections, broken) || strings.Count(rejections, "\n") != 1 {
				t.Errorf("reported as %q, want one line for %s", rejections, broken)
			}
			if want := (ingest.Count{Read: 1, Skipped: 1}); got != want {
				t.Errorf("the good file: got %+v, want %+v", got, want)
			}
			wantLines(t, pool, []string{"1 Energy"}, `select cik || ' ' || sector from classifications`)
		})
	}
}

// TestReferenceAsOf takes the date of a reference file from the file where none is given.
func TestReferenceAsOf(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	path := write(t, "list.csv", csvLines("cik,sector", "1,Energy"))
	modified := time.Date(2024, 5, 6, 23, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
	wantReference(t, pool, 0, ingest.Count{Read: 1, Skipped: 1}, path)
	wantLines(t, pool, []string{"2024-05-06"}, `select as_of::text from classifications`)
}
