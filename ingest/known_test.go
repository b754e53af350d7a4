package ingest_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// known returns the number of files of each kind that were not read because they were imported before, and of all files.
func known(r *ingest.Report) string {
	var all []string
	for _, k := range r.Kinds {
		all = append(all, fmt.Sprintf("%d/%d", k.Known, k.Files))
	}
	return strings.Join(all, " ")
}

// TestKnownFiles imports the excerpts again: no file is read, and the report says the same as if each had been.
func TestKnownFiles(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	first := mustRun(t, pool, excerpts)
	before := content(t, pool)
	again := mustRun(t, pool, excerpts)
	for i, k := range again.Kinds {
		if want := (ingest.Count{Read: first.Kinds[i].Read, Unchanged: first.Kinds[i].Read}); k.Count != want || k.Known != k.Files {
			t.Errorf("%s, the second time: got %+v with %d of %d files known, want %+v", k.Kind, k.Count, k.Known, k.Files, want)
		}
	}
	if diff := cmp.Diff(before, content(t, pool)); diff != "" {
		t.Errorf("the second import changed something (-before +after)\n%s", diff)
	}
}

// TestKnownDocuments tells which documents are known by those that were imported before.
func TestKnownDocuments(t *testing.T) {
	t.Parallel()
	submitted := submissions(t, 1, "One", nil, []string{"AA"}, []filing{{accession: 1_25_000001, form: "8-K", filed: "2025-01-10"}})
	page := marshal(t, columnsOf([]filing{{accession: 1_24_000001, form: "8-K", filed: "2024-01-10"}}))
	list := tickers(t, listing{1, "AA"})
	rejected := tickers(t, listing{1, "AA"}, listing{0, "BB"})
	file := func(name string, data []byte) string { return write(t, name, data) }
	dated := func(day string, data []byte) string {
		path := write(t, "company_tickers.json", data)
		modified, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name          string
		before, after string
		options       ingest.Options // of the second import
		want          string         // submissions and tickers
	}{
		{name: "under another name", before: file("CIK0000000001.json", submitted), after: file("b.json", submitted), want: "1/1 0/0"},
		{
			name: "another compression", before: file("CIK0000000001.json", submitted),
			after: file("CIK0000000001.json.gz", compress(t, submitted)), want: "0/1 0/0",
		},
		{
			name: "stored in an archive", before: file("CIK0000000001.json", submitted),
			after: file("submissions.zip", storedArchive(t, entry{"x/CIK0000000001.json", submitted})), want: "1/1 0/0",
		},
		{
			name: "in another archive", before: file("submissions.zip", archive(t, entry{"CIK0000000001.json", submitted})),
			after: file("other.zip", archive(t, entry{"README", nil}, entry{"CIK0000000001.json", submitted})), want: "1/1 0/0",
		},
		{
			name: "an older page of the same filer", before: file("CIK0000000001-submissions-001.json", page),
			after: file("CIK0000000001-submissions-002.json", page), want: "1/1 0/0",
		},
		{
			name: "an older page of another filer", before: file("CIK0000000001-submissions-001.json", page),
			after: file("CIK0000000002-submissions-001.json", page), want: "0/1 0/0",
		},
		{name: "a ticker file of the same day", before: dated("2025-12-01", list), after: dated("2025-12-01", list), want: "0/0 1/1"},
		{name: "a ticker file of another day", before: dated("2025-12-01", list), after: dated("2025-12-02", list), want: "0/0 0/1"},
		{
			name: "a ticker file of a day that is given", before: dated("2025-12-01", list), after: dated("2025-12-02", list),
			options: ingest.Options{TickersAsOf: edgar.NewDate(2025, 12, 1)}, want: "0/0 1/1",
		},
		{name: "with a rejected record", before: dated("2025-12-01", rejected), after: dated("2025-12-01", rejected), want: "0/0 0/1"},
		{
			name: "strict, with a rejected record", before: dated("2025-12-01", rejected), after: dated("2025-12-01", rejected),
			options: ingest.Options{Strict: true}, want: "0/0 0/1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			if _, err := ingest.Run(t.Context(), pool, []string{c.before}, ingest.Options{}); err != nil {
				t.Fatal(err)
			}
			var rejections bytes.Buffer
			c.options.Rejections = &rejections
			report, err := ingest.Run(t.Context(), pool, []string{c.after}, c.options)
			if (err != nil) != c.options.Strict {
				t.Fatal(err)
			}
			if got := known(report); got != c.want+" 0/0 0/0" {
				t.Errorf("known %s, want %s", got, c.want)
			}
			if rejected := strings.Contains(c.name, "rejected"); rejected != (rejections.Len() > 0) {
				t.Errorf("rejections %q", &rejections)
			}
		})
	}
}

// storedArchive makes an archive whose members are not compressed.
func storedArchive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAnotherEdition reads again what an earlier edition of the importer has imported.
func TestAnotherEdition(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, excerpts)
	rows := `select count(*)::text from imported_documents`
	want := queryLines(t, pool, rows)
	if _, err := pool.Exec(t.Context(), `update imported_documents set edition = edition - 1`); err != nil {
		t.Fatal(err)
	}
	for _, k := range mustRun(t, pool, excerpts).Kinds {
		if k.Known > 0 {
			t.Errorf("%s: %d files known", k.Kind, k.Known)
		}
	}
	wantLines(t, pool, want, rows)
	for _, k := range mustRun(t, pool, excerpts).Kinds {
		if k.Known < k.Files {
			t.Errorf("%s, then: %d of %d files known", k.Kind, k.Known, k.Files)
		}
	}
}

// TestKnownPrices: prices of a file that is not read again are linked by what is known since, and the report tells of its
// rows and of what is still unlinked.
func TestKnownPrices(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	file := closes(t, "2020-01-02 AA 5", "2020-01-03 AA 6", "2020-01-02 BB 7")
	mustRunPrices(t, pool, "", file)
	mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{1, "CC"})))
	report := mustRunPrices(t, pool, "symbol,cik,from,to\nAA,1,,2020-01-02\n", file)
	if got := known(report); got != "1/1" || report.Rows != 3 {
		t.Errorf("known %s with %d rows, want 1/1 with 3", got, report.Rows)
	}
	if diff := cmp.Diff([]string{"AA", "BB"}, report.Unlinked); diff != "" {
		t.Errorf("unlinked (-want +got)\n%s", diff)
	}
	wantLines(t, pool, []string{
		"AA - price:close USD 2020-01-03 6 2020-01-03", "AA 1 price:close USD 2020-01-02 5 2020-01-03",
		"BB - price:close USD 2020-01-02 7 2020-01-02",
	}, pricePoints)
	bad := write(t, "prices.csv", []byte(priceHeader+"2020-01-02,AA,-1,,,5,,\n"))
	for range 2 {
		report, rejections, err := runPrices(t, pool, "", bad)
		if err != nil || known(report) != "0/1" || strings.Count(rejections, "\n") != 1 {
			t.Errorf("with a rejected value: %v, known %s, rejections %q", err, known(report), rejections)
		}
	}
}

// TestKnownReference: a reference file is known when all of its companies were, and of the same day.
func TestKnownReference(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	file := write(t, "list.csv", csvLines("cik,sector", "1,Energy"))
	run := func(day edgar.Date, want string) {
		t.Helper()
		report, err := ingest.RunReference(t.Context(), pool, []string{file}, ingest.Options{ReferenceAsOf: day})
		if err != nil || known(report) != want {
			t.Errorf("known %s, %v; want %s", known(report), err, want)
		}
	}
	run(1, "0/1")
	run(1, "0/1") // its company is not known: that is told again
	mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{1, "AA"})))
	run(1, "0/1")
	run(1, "1/1")
	run(2, "0/1")
}

// TestFileChangesWhileItIsRead: what is remembered must be what was read.
func TestFileChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	first := fact{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}
	second := first
	second.value = 2
	path := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{first}))
	changed := false
	progress := writerFunc(func(p []byte) (int, error) {
		if !changed && strings.HasPrefix(string(p), "file 1 of 1") {
			changed = true
			if err := os.WriteFile(path, companyFacts(t, 1, "One", "Label", []fact{second, second}), 0o600); err != nil {
				t.Error(err)
			}
		}
		return len(p), nil
	})
	if _, err := ingest.Run(t.Context(), pool, []string{path}, ingest.Options{Progress: progress, Now: hasty()}); err != nil && !changed {
		t.Fatal(err)
	}
	wantLines(t, pool, []string{"0"}, `select count(*)::text from imported_documents`)
}

// TestInterruptedArchive ends the import of an archive in the middle: the next one reads what was missing, and no more.
func TestInterruptedArchive(t *testing.T) {
	t.Parallel()
	var entries []entry
	for cik := 1; cik <= 100; cik++ {
		filed := []filing{{accession: edgar.AccessionNumber(int64(cik)*100_000_000 + 25_000001), form: "8-K", filed: "2025-01-10"}}
		entries = append(entries,
			entry{fmt.Sprintf("CIK%010d.json", cik), companyFacts(t, cik, "Name", "Label", []fact{{
				concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
			}})},
			entry{fmt.Sprintf("CIK%010d-submissions-001.json", cik), marshal(t, columnsOf(filed))})
	}
	path := write(t, "bulk.zip", archive(t, entries...))
	want, lines := undisturbed(t, []string{path})
	url := storetest.New(t)
	pool := connect(t, url)
	if killed, _ := killImport(t, victim{URL: url, Paths: []string{path}}, lines/2); !killed {
		t.Fatal("the import was not killed before its end")
	}
	mustRun(t, pool, t.TempDir()) // waits for the end of the killed one
	var done int
	if err := pool.QueryRow(t.Context(), `select count(*) from imported_documents`).Scan(&done); err != nil {
		t.Fatal(err)
	}
	if done == 0 || done == len(entries) {
		t.Fatalf("%d of %d members were imported", done, len(entries))
	}
	report := mustRun(t, pool, path)
	if got := report.Kinds[0].Known + report.Kinds[2].Known; got != done {
		t.Errorf("%d members known, %d were imported\n%s", got, done, table(t, report))
	}
	if got := report.Kinds[0].Files + report.Kinds[2].Files; got != len(entries) {
		t.Errorf("%d members, want %d\n%s", got, len(entries), table(t, report))
	}
	if diff := cmp.Diff(want, content(t, pool)); diff != "" {
		t.Errorf("after the second import (-undisturbed +got)\n%s", diff)
	}
}

// TestStatementsOfKnownMembers: members that are known cost a statement for many.
func TestStatementsOfKnownMembers(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	path := write(t, "submissions.zip", manyMembers(t, 2500))
	mustRun(t, connect(t, url), path)
	pool, statements := counted(t, url)
	report := mustRun(t, pool, path)
	if got := known(report); got != "2500/2500 0/0 0/0 0/0" {
		t.Errorf("known %s", got)
	}
	if got := statements("recall"); got != 3 {
		t.Errorf("asked %d times for 2,500 members, want 3", got)
	}
	if got := statements("stageCompanies"); got != 0 {
		t.Errorf("companies were staged %d times", got)
	}
}

// manyMembers makes an archive of small submissions documents, as most of the SEC's are.
func manyMembers(t testing.TB, n int) []byte {
	t.Helper()
	entries := make([]entry, n)
	for i := range entries {
		filed := []filing{{accession: edgar.AccessionNumber(int64(i+1)*100_000_000 + 25_000001), form: "4", filed: "2025-01-10"}}
		entries[i] = entry{fmt.Sprintf("CIK%010d.json", i+1), submissions(t, i+1, fmt.Sprintf("Person %d", i), nil, nil, filed)}
	}
	return archive(t, entries...)
}

// counted returns connections that count statements by name.
func counted(t testing.TB, url string) (pool *pgxpool.Pool, statements func(name string) int) {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	counter := &statementCounter{seen: map[string]int{}}
	config.ConnConfig.Tracer = counter
	pool, err = pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, func(name string) int { return counter.seen[name] }
}

// BenchmarkArchive imports an archive of many small members for the first time, and again.
func BenchmarkArchive(b *testing.B) {
	const members = 20_000
	path := write(b, "submissions.zip", manyMembers(b, members))
	for _, again := range []bool{false, true} {
		b.Run(map[bool]string{false: "first", true: "again"}[again], func(b *testing.B) {
			pool := newDatabase(b)
			if again {
				mustRun(b, pool, path)
			}
			b.ReportAllocs()
			for b.Loop() {
				if !again {
					b.StopTimer()
					pool = newDatabase(b)
					b.StartTimer()
				}
				if r := mustRun(b, pool, path); r.Kinds[0].Files != members || r.Kinds[0].Known != map[bool]int{true: members}[again] {
					b.Fatal(table(b, r))
				}
			}
			b.ReportMetric(float64(members*b.N)/b.Elapsed().Seconds(), "members/s")
		})
	}
}
