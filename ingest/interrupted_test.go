package ingest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// victimVariable makes the test program an import that a test kills; it holds a victim as JSON.
const victimVariable = "INGEST_TEST_VICTIM"

type victim struct {
	URL   string
	Paths []string
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
	return err
}

// hasty returns a clock that is hours later each time it is asked, so that every step of the progress is told.
func hasty() func() time.Time {
	var calls atomic.Int64
	return func() time.Time { return time.Unix(calls.Add(1)*3600, 0) }
}

// bulkRecords are the facts and the filings of each company that bulk makes.
const bulkRecords = 2000

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

// TestKilled kills imports without warning, each a bit later than the one before, and then lets one come to its end.
func TestKilled(t *testing.T) {
	t.Parallel()
	paths := bulk(t)
	want, lines := undisturbed(t, paths)
	url := storetest.New(t)
	pool := connect(t, url)
	const attempts = 8
	killed := 0
	for n := range attempts {
		if killImport(t, url, paths, lines*n/attempts+1) {
			killed++
		}
		checkWhole(t, pool)
	}
	if killed < attempts/2 {
		t.Errorf("only %d imports were killed before their end", killed)
	}
	mustRun(t, pool, paths...)
	if diff := cmp.Diff(want, content(t, pool)); diff != "" {
		t.Errorf("after %d killed imports (-undisturbed +got)\n%s", killed, diff)
	}
}

// killImport starts an import in a process of its own and kills that when it has told so many lines of progress. It
// reports whether the import had not ended before.
func killImport(t testing.TB, url string, paths []string, lines int) bool {
	t.Helper()
	order, err := json.Marshal(victim{url, paths})
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
	told := bufio.NewScanner(out)
	for n := 0; n < lines && told.Scan(); n++ {
		continue
	}
	_ = command.Process.Kill() // it may have ended
	_, _ = io.Copy(io.Discard, out)
	err = command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err != nil
}

// checkWhole looks for files that were imported in part: each company has all of its facts or none, and all of its
// filings or none. It waits for the end of a killed import, which PostgreSQL notices in its own time.
func checkWhole(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	mustRun(t, pool, t.TempDir())
	wantLines(t, pool, []string{}, `select company_id::text from facts group by company_id having count(*) <> $1`, bulkRecords)
	wantLines(t, pool, []string{}, `select company_id::text from filing_companies group by company_id having count(*) <> $1`, bulkRecords)
	checkDerived(t, pool)
}

// TestDatabaseGoesAway kills the server in the middle of a file. The error names the file, and a second import completes
// the first.
func TestDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	paths := bulk(t)
	want, total := undisturbed(t, paths)
	cluster := storetest.NewCluster(t)
	lines := 0
	progress := writerFunc(func(p []byte) (int, error) {
		if lines++; lines == total/2 {
			cluster.Kill()
		}
		return len(p), nil
	})
	report, err := ingest.Run(t.Context(), connect(t, cluster.URL()), paths,
		ingest.Options{TickersAsOf: tickersAsOf, Progress: progress, Now: hasty()})
	if err == nil {
		t.Fatal("the import did not notice that the server was killed")
	}
	if _, ok := errors.AsType[*ingest.IncompleteError](err); ok {
		t.Errorf("%v: the fault of the database is taken for one of a file", err)
	}
	named := false
	for _, path := range paths {
		named = named || strings.Contains(err.Error(), path)
	}
	if !named {
		t.Errorf("error %q names no file", err)
	}
	if !report.AddsUp() {
		t.Errorf("a report that does not add up:\n%s", table(t, report))
	}
	cluster.Start()
	pool := connect(t, cluster.URL())
	checkWhole(t, pool)
	mustRun(t, pool, paths...)
	if diff := cmp.Diff(want, content(t, pool)); diff != "" {
		t.Errorf("after the second import (-undisturbed +got)\n%s", diff)
	}
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
