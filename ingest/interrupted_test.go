package ingest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// victimVariable makes the test program an import that a test kills; it holds a victim as JSON.
const victimVariable = "INGEST_TEST_VICTIM"

type victim struct {
	URL    string
	Paths  []string // of EDGAR
	Prices []string // imported after them
}

func TestMain(m *testing.M) {
	if order := os.Getenv(victimVariable); order != "" {
		if err := importAsVictim(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func importAsVictim(order string) error {
	var v victim
	if err := json.Unmarshal([]byte(order), &v); err != nil {
		return err
	}
	pool, err := pgxpool.New(context.Background(), v.URL)
	if err != nil {
		return err
	}
	_, err = ingest.Run(context.Background(), pool, v.Paths, ingest.Options{
		TickersAsOf: tickersAsOf, Progress: os.Stdout, Now: hasty(),
	})
	if err != nil || v.Prices == nil {
		return err
	}
	_, err = ingest.RunPrices(context.Background(), pool, v.Prices, nil, ingest.Options{Progress: os.Stdout, Now: hasty()})
	return err
}

// hasty returns a clock that is hours later each time it is asked, so that every step of the progress is told.
func hasty() func() time.Time {
	var calls atomic.Int64
	begin := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	return func() time.Time { return begin.Add(time.Duration(calls.Add(1)) * time.Hour) }
}

// bulkRecords are the facts and the filings of each company that bulk makes.
const bulkRecords = 1000

// bulk makes files that take an import a while: companies with many facts and filings.
func bulk(t testing.TB) []string {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same in each run
	folder := t.TempDir()
	var paths []string
	add := func(name string, data []byte) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for cik := 1; cik <= 4; cik++ {
		var facts []fact
		var filings []filing
		for n := range bulkRecords {
			end := edgar.NewDate(2010, 3, 31) + edgar.Date(n/10*7)
			accession := edgar.AccessionNumber(int64(cik)*100_000_000 + 10_000_000 + int64(n/20))
			facts = append(facts, fact{
				concept: fmt.Sprintf("us-gaap:Concept%d", n%10), unit: "USD", start: (end - 90).String(), end: end.String(),
				value: float64(random.IntN(1000)), accession: accession, filed: (end + 30).String(), form: "10-Q", fy: 2010, fp: "Q1",
			})
			filings = append(filings, filing{accession: accession + edgar.AccessionNumber(n), form: "10-Q", filed: (end + 30).String()})
		}
		name := fmt.Sprintf("CIK%010d.json", cik)
		add("submissions/"+name, submissions(t, cik, fmt.Sprintf("Company %d", cik), nil, []string{fmt.Sprintf("C%d", cik)}, filings))
		add("companyfacts/"+name, companyFacts(t, cik, "Company", "Label", facts))
	}
	return paths
}

// undisturbed returns what an import of paths leaves when nothing goes wrong, and how many lines of progress it tells.
func undisturbed(t testing.TB, paths []string) (left map[string][]string, lines int) {
	t.Helper()
	pool := newDatabase(t)
	count := writerFunc(func(p []byte) (int, error) {
		lines++
		return len(p), nil
	})
	if _, err := ingest.Run(t.Context(), pool, paths, ingest.Options{Progress: count, Now: hasty()}); err != nil {
		t.Fatal(err)
	}
	return content(t, pool), lines
}

// TestKilled kills imports without warning at 50 random points, until one has come to its end, and then begins anew. Each
// time the data are whole, and what was told as stored is there; at the end of each import the content is as if
// nothing had happened.
func TestKilled(t *testing.T) {
	t.Parallel()
	v := victim{Paths: append(bulk(t)[:4], write(t, "members.zip", mixedMembers(t, 15)), soleTickers(t)), Prices: []string{bulkPrices(t)}}
	calm := newDatabase(t)
	v.URL = storetest.New(t)
	lines := 0
	o := ingest.Options{TickersAsOf: tickersAsOf, Now: hasty(), Progress: writerFunc(func(p []byte) (int, error) {
		lines++
		return len(p), nil
	})}
	if _, err := ingest.Run(t.Context(), calm, v.Paths, o); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.RunPrices(t.Context(), calm, v.Prices, nil, o); err != nil {
		t.Fatal(err)
	}
	want := priceContent(t, calm)

	random := rand.New(rand.NewPCG(9, 10)) //nolint:gosec // the same in each run
	pool := connect(t, v.URL)
	const kills = 50
	completed := 0
	for killed := 0; killed < kills; {
		died, told := killImport(t, v, 1+random.IntN(lines))
		checkWhole(t, pool)
		if !died || killed%10 == 0 {
			checkDerived(t, pool)
			checkPrices(t, pool)
		}
		if stored := storedRecords(t, pool); told > stored+1 { // a row of prices repeats another
			t.Errorf("%d records were told to be stored, %d are there", told, stored)
		}
		if died {
			killed++
			continue
		}
		completed++
		sameContent(t, "after an import that was killed again and again", want, priceContent(t, pool))
		v.URL = storetest.New(t)
		pool = connect(t, v.URL)
	}
	mustRun(t, pool, v.Paths...)
	mustRunPrices(t, pool, "", v.Prices...)
	sameContent(t, "after the last kill", want, priceContent(t, pool))
	if completed == 0 {
		t.Error("all imports were killed in their first part")
	}
	t.Logf("%d kills, %d imports came to their end between them", kills, completed)
}

// mixedMembers makes an archive of small submissions documents and company facts.
func mixedMembers(t testing.TB, companies int) []byte {
	t.Helper()
	var entries []entry
	for cik := 1001; cik <= 1000+companies; cik++ {
		accession := edgar.AccessionNumber(int64(cik)*100_000_000 + 25_000001)
		name := fmt.Sprintf("CIK%010d.json", cik)
		entries = append(entries,
			entry{"submissions/" + name, submissions(t, cik, "Name", nil, nil, []filing{{accession: accession, form: "8-K", filed: "2025-01-10"}})},
			entry{"companyfacts/" + name, companyFacts(t, cik, "Name", "Label", []fact{{
				concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: accession, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
			}})})
	}
	return archive(t, entries...)
}

// soleTickers makes a ticker file of symbols that no other file has.
func soleTickers(t testing.TB) string {
	t.Helper()
	var rows []listing
	for i := range 500 {
		rows = append(rows, listing{2001 + i, fmt.Sprintf("T%d", i)})
	}
	return write(t, "company_tickers.json", tickers(t, rows...))
}

// storedRecords returns the number of filings, facts, listings and prices.
func storedRecords(t testing.TB, pool *pgxpool.Pool) (n int) {
	t.Helper()
	err := pool.QueryRow(t.Context(), `
		select (select count(*) from filing_companies) + (select count(*) from facts)
			+ (select count(*) from securities where company_id is not null)
			+ (select count(*) from metrics where fact_id is null)`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// killImport starts an import in a process of its own and kills that when it has told so many lines of progress. It
// reports whether the import had not ended before, and how many records it had told to be stored.
func killImport(t testing.TB, v victim, lines int) (killed bool, told int) {
	t.Helper()
	order, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), victimVariable+"="+string(order))
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	before, present := 0, 0 // of the first import, and of the one that runs
	text := bufio.NewScanner(out)
	for n := 1; text.Scan(); n++ {
		if n == lines {
			_ = command.Process.Kill() // it may have ended
		}
		line := text.Text()
		if strings.HasPrefix(line, "importing ") {
			before, present = before+present, 0
		}
		if end, ok := strings.CutSuffix(line, " records"); ok {
			if _, err := fmt.Sscan(end[strings.LastIndexByte(end, ' ')+1:], &present); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
	err = command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err != nil, before + present
}

// checkWhole looks for files that were imported in part: each company of bulk has all of its facts or none, and all of its
// filings or none; each symbol all of its prices. It waits for the end of a killed import, which PostgreSQL notices in
// its own time.
func checkWhole(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	mustRun(t, pool, t.TempDir())
	wantLines(t, pool, []string{}, `
		select cik::text from facts join companies c on c.id = company_id where cik < 1000 group by cik having count(*) <> $1`, bulkRecords)
	wantLines(t, pool, []string{}, `
		select c.cik::text from filing_companies join companies c on c.id = company_id where c.cik < 1000 group by c.cik having count(*) <> $1`, bulkRecords)
	wantLines(t, pool, []string{}, `
		select y.symbol from metrics m join series p on p.id = m.series_id join securities y on y.id = p.security_id
		group by y.symbol having count(*) <> $1`, bulkPriceDays)
}

// TestCancelled ends an import by its context.
func TestCancelled(t *testing.T) {
	t.Parallel()
	paths := bulk(t)
	_, total := undisturbed(t, paths)
	pool := newDatabase(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := 0
	progress := writerFunc(func(p []byte) (int, error) {
		if lines++; lines == total/2 {
			cancel()
		}
		return len(p), nil
	})
	report, err := ingest.Run(ctx, pool, paths, ingest.Options{Progress: progress, Now: hasty()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	for _, k := range report.Kinds {
		if k.Failed > 0 {
			t.Errorf("%d files of %s are reported as broken", k.Failed, k.Kind)
		}
	}
	checkWhole(t, pool)
	checkDerived(t, pool)
}

// TestOneAtATime holds the lock of an import: another says so and waits.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	held, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	lock := func(sql string) {
		if _, err := held.Exec(t.Context(), sql, pgx.QueryExecModeExec, int64(0x636f7270696e74)); err != nil {
			t.Error(err)
		}
	}
	lock(`select pg_advisory_lock($1)`)
	said := false
	progress := writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "another import is running") {
			said = true
			lock(`select pg_advisory_unlock($1)`)
		}
		return len(p), nil
	})
	_, err = ingest.Run(t.Context(), pool, []string{excerpts}, ingest.Options{TickersAsOf: tickersAsOf, Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	if !said {
		t.Error("the second import did not say that it waits")
	}
}
