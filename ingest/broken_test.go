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
	if _, _, err := run(t, pool, write(t, "notes.zip", archive(t, entry{"notes.json", []byte("{}")}))); err == nil ||
		!strings.Contains(err.Error(), "no EDGAR file is in this archive") {
		t.Errorf("an archive of something else: got error %v", err)
	}
	dangling := filepath.Join(t.TempDir(), "dangling")
	if err := os.Symlink("nowhere", dangling); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(t, pool, filepath.Dir(dangling)); err == nil || !strings.Contains(err.Error(), dangling) {
		t.Errorf("a link that leads nowhere: got error %v, want one that names it", err)
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
