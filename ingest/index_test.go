package ingest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// indexes is the place of the kind in a report.
const indexes = 3

// indexRow is a row of a made index.
type indexRow struct {
	cik       int
	name      string
	form      string
	filed     string
	accession edgar.AccessionNumber
}

// index makes a master index.
func index(rows ...indexRow) []byte {
	var b strings.Builder
	b.WriteString("Description:           Daily Index of EDGAR Dissemination Feed\nLast Data Received:    Jan  3, 2020\n \n" +
		"CIK|Company Name|Form Type|Date Filed|File Name\n" + strings.Repeat("-", 80) + "\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%d|%s|%s|%s|edgar/data/%d/%s.txt\n", r.cik, r.name, r.form, strings.ReplaceAll(r.filed, "-", ""), r.cik, r.accession)
	}
	return []byte(b.String())
}

// checkForms recomputes what is derived from filings.
func checkForms(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	for what, sql := range map[string]string{
		"form counts": `
			select (company_id, form)::text
			from (select company_id, form, count(*) as n, min(filed_on) as a, max(filed_on) as z from filing_companies group by 1, 2) f
			full join company_forms c using (company_id, form)
			where (f.n, f.a, f.z) is distinct from (c.n::bigint, c.first_on, c.last_on)`,
		"copies of attributes": `
			select id::text from filings f join filing_companies fc on fc.filing_id = f.id where (f.form, f.filed_on, f.cik) is distinct from (fc.form, fc.filed_on, fc.cik)`,
		"folders": `
			select id::text from filings f
			where cik is distinct from (select min(c.cik) from filing_companies fc join companies c on c.id = company_id where filing_id = f.id)`,
	} {
		if lines := queryLines(t, pool, sql); len(lines) > 0 {
			t.Errorf("%s are wrong: %v", what, lines)
		}
	}
}

// TestIndexExcerpts imports excerpts of an index of each layout.
func TestIndexExcerpts(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	folder := filepath.Join(excerpts, "index")
	report := mustRun(t, pool, folder)
	// The README is skipped; one filing is listed twice for one company.
	if diff := cmp.Diff(ingest.Count{Read: 42, Stored: 41, Unchanged: 1}, report.Kinds[indexes].Count); diff != "" || report.Kinds[indexes].Files != 3 {
		t.Errorf("%d files, counts (-want +got)\n%s", report.Kinds[indexes].Files, diff)
	}
	wantLines(t, pool, []string{"4 2020-01-03 1001085 11 f", "485BPOS 2020-01-03 1261788 1 f", "SC 13D/A 2022-10-03 1707502 2 f"}, `
		select concat_ws(' ', form, filed_on, cik, (select count(*) from filing_companies where filing_id = id), detailed)
		from filings where id in (000114036120000124, 000089418920000058, 000119312522256775) order by 1`)
	wantLines(t, pool, []string{
		"Apple Inc.|apple inc.|2020-01-03",
		// From a newer index than that of its whole name.
		`UNIVERSAL DISPLAY CORP \PA\|universal display corp \pa\|2022-10-03`,
	}, `select concat_ws('|', name, search_text, name_as_of) from companies where cik in (320193, 1005284) order by 1`)
	checkForms(t, pool)
	before := content(t, pool)
	forget(t, pool)
	again := mustRun(t, pool, folder)
	if want := (ingest.Count{Read: 42, Unchanged: 42}); again.Kinds[indexes].Count != want {
		t.Errorf("the second time: got %+v, want %+v", again.Kinds[indexes].Count, want)
	}
	if diff := cmp.Diff(before, content(t, pool)); diff != "" {
		t.Errorf("the second import changed something (-before +after)\n%s", diff)
	}
}

// TestIndexAndSubmissions imports what an index and a filer's own list say of a filing, in both orders: the list counts,
// whichever is newer.
func TestIndexAndSubmissions(t *testing.T) {
	t.Parallel()
	const own, joint edgar.AccessionNumber = 1_20_000001, 1_20_000002
	list := write(t, "CIK0000000005.json", submissions(t, 5, "Five Inc", nil, nil, []filing{
		{accession: own, form: "10-K", filed: "2020-02-01", title: "Annual report"},
		{accession: joint, form: "4", filed: "2020-01-02"},
	}))
	newer := write(t, "master.idx", index(
		indexRow{5, "FIVE (OLD)", "10-KT", "2020-02-02", own}, // another form and day
		indexRow{5, "FIVE (OLD)", "4", "2020-01-02", joint},
		indexRow{3, "Owner", "4", "2020-01-02", joint},
		indexRow{3, "Owner", "8-K", "2030-01-02", 1_30_000001}, // dates the index
	))
	want := []string{
		"3 120000002 4 2020-01-02 3 Owner - 16:00:00 d.htm",
		"3 130000001 8-K 2030-01-02 3 Owner - - -",
		"5 120000001 10-K 2020-02-01 5 Five Inc Annual report 16:00:00 d.htm",
		"5 120000002 4 2020-01-02 3 Five Inc - 16:00:00 d.htm",
	}
	for _, c := range []struct {
		name          string
		files         []string
		list, indexed ingest.Count
	}{
		{"the index first", []string{newer, list}, ingest.Count{Read: 2, Updated: 2}, ingest.Count{Read: 4, Stored: 4}},
		{"the list first", []string{list, newer}, ingest.Count{Read: 2, Stored: 2}, ingest.Count{Read: 4, Stored: 2, Unchanged: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			all := counts(mustRun(t, pool, c.files...))
			if diff := cmp.Diff([]ingest.Count{c.list, {}, {}, c.indexed}, all); diff != "" {
				t.Errorf("counts (-want +got)\n%s", diff)
			}
			wantLines(t, pool, want, `
				select concat_ws(' ', c.cik, f.id, fc.form, fc.filed_on, f.cik, c.name, coalesce(f.title, '-'),
					coalesce((f.accepted_at at time zone 'UTC')::time::text, '-'), coalesce(f.primary_document, '-'))
				from filing_companies fc join filings f on f.id = filing_id join companies c on c.id = company_id
				order by c.cik, f.id`)
			checkForms(t, pool)
		})
	}
}

// TestIndexesCommute imports random indexes, submissions and older pages that contradict each other, in random orders.
func TestIndexesCommute(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // the same in each run
			files := randomIndexes(t, random)
			var want map[string][]string
			for range 5 {
				random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
				pool := newDatabase(t)
				alone := random.IntN(len(files))
				for _, f := range files[:alone] {
					mustRun(t, pool, f)
				}
				mustRun(t, pool, files[alone:]...)
				checkForms(t, pool)
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

// randomIndexes makes files about five companies that share filings. Of the first two there are submissions, of the
// third an older page; the others are in indexes only.
func randomIndexes(t testing.TB, random *rand.Rand) (files []string) {
	t.Helper()
	for cik := 1; cik <= 2; cik++ {
		for range 2 {
			data := submissions(t, cik, randomName(random), nil, randomSymbols(random), randomFilings(random))
			files = append(files, write(t, fmt.Sprintf("CIK%010d.json", cik), data))
		}
	}
	files = append(files, write(t, "CIK0000000003-submissions-001.json", marshal(t, columnsOf(randomFilings(random)))))
	for range 6 {
		var rows []indexRow
		for range 1 + random.IntN(12) {
			rows = append(rows, indexRow{
				cik: 1 + random.IntN(5), name: randomName(random), form: []string{"10-K", "10-K/A", "8-K"}[random.IntN(3)],
				filed: randomDay(random), accession: edgar.AccessionNumber(1_20_000001 + random.IntN(8)),
			})
		}
		files = append(files, write(t, "master.20251201.idx", index(rows...)))
	}
	return files
}

// TestIndexContradictsItself gives a filing and a company in several ways: the greatest of each counts.
func TestIndexContradictsItself(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	report := mustRun(t, pool, write(t, "master.idx", index(
		indexRow{1, "A", "10-K", "2025-01-02", 1_25_000001},
		indexRow{1, "C", "8-K", "2025-01-01", 1_25_000001},
		indexRow{1, "B", "10-K", "2025-01-03", 1_25_000001},
	)))
	if want := (ingest.Count{Read: 3, Stored: 1, Unchanged: 2}); report.Kinds[indexes].Count != want {
		t.Errorf("got %+v, want %+v", report.Kinds[indexes].Count, want)
	}
	wantLines(t, pool, []string{"C 8-K 2025-01-01 2025-01-03"},
		`select concat_ws(' ', name, form, filed_on, as_of) from filings f join companies c on c.cik = f.cik`)
	checkForms(t, pool)
}

// TestIndexRejections names broken rows; the others are imported.
func TestIndexRejections(t *testing.T) {
	t.Parallel()
	good := indexRow{1, "One", "10-K", "2025-01-02", 1_25_000001}
	data := string(index(good)) + "not a row\n1|One|10-K|20251399|edgar/data/1/0000000001-25-000002.txt\n" +
		"1|One|10-K|20250102|edgar/data/2/0000000001-25-000003.txt\n1|One|10-K|20250102|edgar/data/1/00000000"
	pool := newDatabase(t)
	report, rejections, err := run(t, pool, write(t, "master.idx", []byte(data)))
	if err != nil {
		t.Fatal(err)
	}
	if want := (ingest.Count{Read: 5, Stored: 1, Rejected: 4}); report.Kinds[indexes].Count != want {
		t.Errorf("got %+v, want %+v", report.Kinds[indexes].Count, want)
	}
	lines := strings.Split(strings.TrimSpace(rejections), "\n")
	if len(lines) != 4 {
		t.Fatalf("rejections are %q, want 4 lines", rejections)
	}
	for i, want := range []string{"line 7: 1 values where there are 5 columns", "line 8: date filed", "line 9: file name", "line 10: file name"} {
		if !strings.Contains(lines[i], "master.idx: "+want) {
			t.Errorf("rejection %q does not say %q", lines[i], want)
		}
	}
	wantLines(t, pool, []string{"125000001"}, `select id::text from filings`)
}

// TestBrokenIndexes puts files that are no indexes, though they are called so, beside a good one.
func TestBrokenIndexes(t *testing.T) {
	t.Parallel()
	data := excerpt(t, "index/form.20200318.idx")
	packed := compress(t, data)
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"cut off", "form.20200318.idx.gz", packed[:len(packed)-9], "cut off"},
		{"cut off in its heading", "form.20200318.idx", data[:100], "the file ends above its line of dashes"},
		{"other columns", "form.20200318.idx", []byte(strings.Replace(string(data), "Form Type ", "Type ofForm", 1)), "no columns are named"},
		{"a web page", "form.20200318.idx", []byte("<!DOCTYPE html><html><body>Not Found"), "it begins with"},
		{"empty", "master.idx", nil, "the file is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			good := write(t, "master.20200103.idx", excerpt(t, "index/master.20200103.idx"))
			broken := write(t, c.file, c.data)
			report, rejections, err := run(t, pool, filepath.Dir(broken), filepath.Dir(good))
			var incomplete *ingest.IncompleteError
			if !errors.As(err, &incomplete) || incomplete.Files != 1 || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one file that failed: %s", err, c.want)
			}
			if !strings.HasPrefix(rejections, broken) || strings.Count(rejections, "\n") != 1 || report.Kinds[indexes].Files != 1 {
				t.Errorf("%d good files, reported as %q, want one line for %s", report.Kinds[indexes].Files, rejections, broken)
			}
			wantLines(t, pool, []string{}, `select id::text from filings where filed_on > '2020-01-03'`)
		})
	}
}
