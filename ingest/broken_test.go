package ingest_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

func compress(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entry is a member of an archive.
type entry struct {
	name string
	data []byte
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.Create(e.name)
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

// TestBrokenFiles puts a broken file beside a good one: the good one is imported, nothing of the broken one is, and the
// error names it and says why.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	facts := excerpt(t, "companyfacts/CIK0000320193.json")
	filings := excerpt(t, "submissions/CIK0000320193.json")
	packed := compress(t, facts)
	badSum := bytes.Clone(packed)
	badSum[len(badSum)-5] ^= 1
	zipped := archive(t, entry{"CIK0000320193.json", facts})
	locked := bytes.Clone(zipped)
	locked[6] |= 1                                               // the member is encrypted, says its header
	locked[bytes.LastIndex(locked, []byte("PK\x01\x02"))+8] |= 1 // and the directory
	damaged := bytes.Clone(zipped)
	damaged[len(damaged)/2] ^= 1
	for _, c := range []struct {
		name string // of the case
		file string
		data []byte
		want string
	}{
		{"facts cut off", "CIK0000320193.json", facts[:len(facts)-200], "cut off"},
		{"facts cut off in the middle", "CIK0000320193.json", facts[:len(facts)/2], "cut off"},
		{"facts with something behind them", "CIK0000320193.json", append(bytes.Clone(facts), "{}"...), "company facts"},
		{"submissions cut off", "CIK0000320193.json", filings[:len(filings)-2], "cut off"},
		{"gzip cut off", "CIK0000320193.json.gz", packed[:len(packed)/2], "cut off"},
		{"gzip with a wrong checksum", "CIK0000320193.json.gz", badSum, "checksum"},
		{"gzip of nothing", "CIK0000320193.json.gz", packed[:5], "cut off"},
		{"a web page", "CIK0000320193.json", []byte("<!DOCTYPE html><html><body>Request Rate Threshold Exceeded"), "it begins with"},
		{"an empty file", "company_tickers.json", nil, "the file is empty"},
		{"another kind of JSON", "CIK0000320193.json", []byte(`{"hello": "world"}`), "not an EDGAR file"},
		{"an older page without its name", "page.json", excerpt(t, "submissions/CIK0000749647-submissions-001.json"), "must be named as the SEC names it"},
		{"a locked archive", "companyfacts.zip", locked, "protected by a password"},
		{"an archive cut off", "companyfacts.zip", zipped[:len(zipped)-30], "damaged or cut off zip archive"},
		{"an archive with a damaged member", "companyfacts.zip", damaged, "companyfacts.zip: CIK0000320193.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			broken := filepath.Join(folder, c.file)
			for path, data := range map[string][]byte{
				broken:                                  c.data,
				filepath.Join(folder, "good", "a.json"): excerpt(t, "submissions/CIK0000789019.json"),
			} {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			pool := newDatabase(t)
			report, rejections, err := run(t, pool, folder)
			var incomplete *ingest.IncompleteError
			if !errors.As(err, &incomplete) || incomplete.Files != 1 {
				t.Fatalf("got error %v, want one file that failed", err)
			}
			for _, want := range []string{broken, c.want} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if !strings.HasPrefix(rejections, broken) || strings.Count(rejections, "\n") != 1 {
				t.Errorf("reported as %q, want one line for %s", rejections, broken)
			}
			if report.Kinds[0].Files != 1 {
				t.Errorf("%d good files imported, want 1", report.Kinds[0].Files)
			}
			wantLines(t, pool, []string{"789019"}, `select cik::text from companies`)
			wantLines(t, pool, []string{}, `select id::text from facts`)
		})
	}
}

// TestUnknownFiles tells a file that the user named from one in a folder.
func TestUnknownFiles(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	folder := t.TempDir()
	notes := filepath.Join(folder, "notes.json")
	if err := os.WriteFile(notes, []byte(`{"hello": "world"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "filing.txt"), []byte("<SEC-DOCUMENT>0000320193-23-000106.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	report := mustRun(t, pool, folder)
	want := []ingest.SkippedFiles{{Kind: edgar.KindUnknown, Files: 1}, {Kind: edgar.KindFilingDocument, Files: 1}}
	if diff := cmp.Diff(want, report.Skipped); diff != "" {
		t.Errorf("skipped (-want +got)\n%s", diff)
	}
	if _, _, err := run(t, pool, notes); err == nil || !strings.Contains(err.Error(), notes) {
		t.Errorf("a file that is none of EDGAR: got error %v, want one that names it", err)
	}
	if _, _, err := run(t, pool, folder, filepath.Join(folder, "missing")); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a file that does not exist: got error %v, want one that names it", err)
	}
}

// TestArchives imports what an archive contains, whatever the members are called.
func TestArchives(t *testing.T) {
	t.Parallel()
	plain, zipped := newDatabase(t), newDatabase(t)
	mustRun(t, plain, excerpts)
	var entries []entry
	for _, name := range []string{"CIK0000055785", "CIK0000320193", "CIK0000909832", "CIK0001652044"} {
		entries = append(
			entries,
			entry{"../../../" + name + ".json", excerpt(t, "companyfacts/"+name+".json")},
			entry{"/submissions/" + name + ".json.gz", compress(t, excerpt(t, "submissions/"+name+".json"))},
		)
	}
	entries = append(entries, entry{"README", []byte("not imported")}, entry{"folder/", nil})
	report := mustRun(t, zipped, write(t, "bulk.zip", archive(t, entries...)))
	if report.Kinds[0].Files != 4 || report.Kinds[2].Files != 4 {
		t.Errorf("imported\n%s\nwant 4 and 4 files", table(t, report))
	}
	const facts = `
		select concat_ws(' ', cik, c.name, unit, period_start, period_end, accession, value) as line
		from facts join companies o on o.id = company_id join concepts c on c.id = concept_id
		where cik in (55785, 320193, 909832, 1652044)
		order by line`
	if diff := cmp.Diff(queryLines(t, plain, facts), queryLines(t, zipped, facts)); diff != "" {
		t.Errorf("facts (-plain +zipped)\n%s", diff)
	}
}

// TestDuplicates gives records twice in one file: the same again is ignored, a contradiction is rejected and both are
// named, and with Strict the import fails at its end.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	asset := fact{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}
	other, later := asset, asset
	other.value, later.end = 2, "2025-01-31"
	facts := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{asset, asset, other, later}))
	first := filing{accession: 1_25_000001, form: "10-K", filed: "2025-02-01"}
	second := first
	second.form = "8-K"
	filings := write(t, "CIK0000000001.json", submissions(t, 1, "One", nil, nil, []filing{first, first, second}))
	list := write(t, "company_tickers.json", tickers(t, listing{1, "AA"}, listing{1, "AA"}, listing{2, "BB"}))

	pool := newDatabase(t)
	var rejections bytes.Buffer
	report, err := ingest.Run(t.Context(), pool, []string{facts, filings, list},
		ingest.Options{Strict: true, TickersAsOf: tickersAsOf, Rejections: &rejections})
	var incomplete *ingest.IncompleteError
	if !errors.As(err, &incomplete) || incomplete.Rejected != 2 || incomplete.Files != 0 {
		t.Errorf("got error %v, want 2 rejected records", err)
	}
	want := facts + ": us-gaap:Assets USD 2024-12-31 0000000001-25-000001: value 2 contradicts 1, which the file gave before for the same fact\n" +
		filings + ": filing 0000000001-25-000001: given twice with different attributes: 10-K filed 2025-02-01, then 8-K filed 2025-02-01\n"
	if diff := cmp.Diff(want, rejections.String()); diff != "" {
		t.Errorf("rejections (-want +got)\n%s", diff)
	}
	wantCounts := []ingest.Count{
		{Read: 3, Stored: 1, Unchanged: 1, Rejected: 1},
		{Read: 3, Stored: 2, Unchanged: 1},
		{Read: 4, Stored: 2, Unchanged: 1, Rejected: 1},
	}
	if diff := cmp.Diff(wantCounts, counts(report)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	wantLines(t, pool, []string{"2024-12-31 1", "2025-01-31 1"}, `select period_end || ' ' || value from facts order by 1`)
	wantLines(t, pool, []string{"10-K"}, `select form from filings`)
}

// TestOlderSnapshot counts what a newer snapshot says otherwise.
func TestOlderSnapshot(t *testing.T) {
	t.Parallel()
	before := fact{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}
	after, added := before, before
	after.value = 2
	added.accession, added.filed = 1_25_000002, "2025-05-01"
	older := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{before}))
	newer := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{after, added}))
	pool := newDatabase(t)
	for _, step := range []struct {
		file string
		want ingest.Count
	}{
		{older, ingest.Count{Read: 1, Stored: 1}},
		{newer, ingest.Count{Read: 2, Stored: 1, Updated: 1}},
		{older, ingest.Count{Read: 1, Skipped: 1}},
		{newer, ingest.Count{Read: 2, Unchanged: 2}},
	} {
		if got := counts(mustRun(t, pool, step.file))[2]; got != step.want {
			t.Errorf("got %+v, want %+v", got, step.want)
		}
	}
}

// TestTickersAsOf takes the date of a ticker file from the file where none is given.
func TestTickersAsOf(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	path := write(t, "company_tickers.json", tickers(t, listing{1, "AA"}))
	modified := time.Date(2024, 5, 6, 23, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), pool, []string{path}, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	wantLines(t, pool, []string{"2024-05-06"}, `select last_seen::text from securities`)
}
