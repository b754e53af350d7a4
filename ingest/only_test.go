package ingest_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// runOnly imports what paths have of some companies.
func runOnly(t testing.TB, pool *pgxpool.Pool, ciks []edgar.CIK, paths ...string) *ingest.Report {
	t.Helper()
	var rejections bytes.Buffer
	report, err := ingest.Run(t.Context(), pool, paths, ingest.Options{TickersAsOf: tickersAsOf, Rejections: &rejections, Only: ciks})
	if err != nil || rejections.Len() > 0 || !report.AddsUp() {
		t.Fatalf("import %v: %v\n%s%s", paths, err, &rejections, table(t, report))
	}
	return report
}

// TestOnly imports two companies of the excerpts; the rest afterwards leaves what an import of everything leaves.
func TestOnly(t *testing.T) {
	t.Parallel()
	whole, pool := newDatabase(t), newDatabase(t)
	mustRun(t, whole, excerpts)
	report := runOnly(t, pool, []edgar.CIK{320193, 55785}, excerpts)
	wantLines(t, pool, []string{"320193", "55785"}, `select cik::text as line from companies order by line`)
	for _, sql := range []string{
		`select concat_ws(' ', c.cik, filing_id, form) as line from filing_companies join companies c on c.id = company_id
			where c.cik in (55785, 320193) order by line`,
		`select concat_ws(' ', cik, accession, value) as line from facts join companies c on c.id = company_id
			where cik in (55785, 320193) order by line`,
		`select concat_ws(' ', cik, symbol, s.exchange, valid_from) as line from securities s join companies c on c.id = company_id
			where cik in (55785, 320193) order by line`,
	} {
		wantLines(t, pool, queryLines(t, whole, sql), sql)
	}
	if report.LeftOut == 0 || report.Kinds[1].Skipped == 0 || report.Kinds[3].Skipped == 0 {
		t.Errorf("nothing was left out\n%s", table(t, report))
	}

	rest := mustRun(t, pool, excerpts)
	for _, k := range rest.Kinds[:3] {
		if k.Known == k.Files {
			t.Errorf("%s: all is known to be imported, but a part was left out", k.Kind)
		}
	}
	if rest.Kinds[1].Known+rest.Kinds[3].Known > 0 {
		t.Errorf("lists are known of which a part was left out\n%s", table(t, rest))
	}
	if diff := cmp.Diff(content(t, whole), content(t, pool)); diff != "" {
		t.Errorf("after the rest (-whole +in two parts)\n%s", diff)
	}
}

// TestOnlyByName: what is named after another company is not opened, what is not is opened and left out.
func TestOnlyByName(t *testing.T) {
	t.Parallel()
	one := submissions(t, 1, "One", nil, []string{"AA"}, []filing{{accession: 1_25_000001, form: "8-K", filed: "2025-01-10"}})
	two := companyFacts(t, 2, "Two", "Label", []fact{{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 2_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}})
	broken := []byte("{broken")
	for _, c := range []struct {
		name string
		path string
	}{
		{"a file", write(t, "CIK0000000002.json", broken)},
		{"an older page", write(t, "CIK0000000002-submissions-001.json.gz", broken)},
		{"small letters", write(t, "cik0000000002.JSON", broken)},
		{"members", write(t, "bulk.zip", archive(t, entry{"x/CIK0000000002.json", broken}))},
		{"facts under another name", write(t, "facts.json", two)},
		{"submissions under another name", write(t, "three.json", bytes.ReplaceAll(one, []byte("0000000001"), []byte("0000000003")))},
		{"a file that cannot be opened", closed(t, "CIK0000000002.json")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			report := runOnly(t, pool, []edgar.CIK{1}, c.path, write(t, "CIK0000000001.json", one))
			if report.LeftOut != 1 || report.Kinds[0].Files != 1 {
				t.Errorf("%d files left out, want 1\n%s", report.LeftOut, table(t, report))
			}
			wantLines(t, pool, []string{"1"}, `select cik::text from companies`)
		})
	}
}

// closed makes a file that nobody but root can read.
func closed(t testing.TB, name string) string {
	t.Helper()
	path := write(t, name, []byte("{}"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	return path
}
