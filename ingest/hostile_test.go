package ingest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/prices"
	"github.com/corpintel/corpintel/reference"
)

// TestBombs: what becomes absurdly large when it is decompressed is refused long before it is; what stands beside it is
// imported.
func TestBombs(t *testing.T) {
	t.Parallel()
	const head = `{"cik":1,"entityName":"One","facts":{"us-gaap":{"Assets":{"label":"Assets","description":null,"units":{"USD":[`
	const record = `{"end":"2024-12-31","val":1,"accn":"0000000001-25-000001","fy":2024,"fp":"FY","form":"10-K","filed":"2025-02-01"},`
	bomb := append([]byte(head), bytes.Repeat([]byte(record), 80<<20/len(record))...)
	good := submissions(t, 2, "Two", nil, nil, []filing{{accession: 2_25_000001, form: "8-K", filed: "2025-01-10"}})
	for name, path := range map[string]string{
		"member": write(t, "bulk.zip", archive(t, entry{"CIK0000000001.json", bomb}, entry{"CIK0000000002.json", good})),
		"gzip in a member": write(t, "bulk.zip",
			archive(t, entry{"CIK0000000001.json.gz", compress(t, bomb)}, entry{"CIK0000000002.json", good})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			_, _, err := run(t, pool, path)
			var incomplete *ingest.IncompleteError
			if !errors.As(err, &incomplete) || incomplete.Files != 1 ||
				!strings.Contains(err.Error(), "inflates to more than 200 times its size") {
				t.Errorf("got error %v", err)
			}
			wantLines(t, pool, []string{"2"}, `select cik::text from companies`)
		})
	}
	t.Run("prices", func(t *testing.T) {
		t.Parallel()
		lines := append([]byte(priceHeader), bytes.Repeat([]byte("2020-01-02,AA,1,1,1,1,1,1\n"), 100<<20/26)...)
		_, _, err := runPrices(t, newDatabase(t), "", write(t, "prices.csv.gz", compress(t, lines)))
		if err == nil || !strings.Contains(err.Error(), "inflates to more than 200 times its size") {
			t.Errorf("got error %v", err)
		}
	})
}

// TestNestedArchives: an archive within an archive is counted as skipped; alone it is nothing of EDGAR.
func TestNestedArchives(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	one := entry{"CIK0000320193.json", excerpt(t, "submissions/CIK0000320193.json")}
	inner := entry{"inner.zip", archive(t, one)}
	report := mustRun(t, pool, write(t, "outer.zip", archive(t, inner, entry{"CIK0000789019.json", excerpt(t, "submissions/CIK0000789019.json")})))
	if diff := cmp.Diff([]ingest.SkippedFiles{{Kind: edgar.KindUnknown, Files: 1}}, report.Skipped); diff != "" {
		t.Errorf("skipped (-want +got)\n%s", diff)
	}
	wantLines(t, pool, []string{"789019"}, `select cik::text from companies`)
	if _, _, err := run(t, pool, write(t, "outer.zip", archive(t, inner))); err == nil || !strings.Contains(err.Error(), "no EDGAR file is in this archive") {
		t.Errorf("got error %v", err)
	}
}

// TestOddFiles: links to files are followed, links to folders are not, and what is neither file nor folder is left out of
// folders and refused when it is named.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	folder, elsewhere := t.TempDir(), t.TempDir()
	outside := filepath.Join(elsewhere, "CIK0000789019.json")
	pipe := filepath.Join(folder, "CIK0000000001.json")
	for _, err := range []error{
		os.WriteFile(outside, excerpt(t, "submissions/CIK0000789019.json"), 0o600),
		os.WriteFile(filepath.Join(elsewhere, "CIK0000320193.json"), excerpt(t, "submissions/CIK0000320193.json"), 0o600),
		os.Symlink(outside, filepath.Join(folder, "a.json")),
		os.Symlink(elsewhere, filepath.Join(folder, "folder")),
		os.Symlink(folder, filepath.Join(folder, "loop")),
		syscall.Mkfifo(pipe, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if report := mustRun(t, pool, folder); report.Kinds[0].Files != 1 {
		t.Errorf("want one file\n%s", table(t, report))
	}
	wantLines(t, pool, []string{"789019"}, `select cik::text from companies`)
	for _, path := range []string{pipe, "/dev/zero"} {
		if _, _, err := run(t, pool, path); err == nil || !strings.Contains(err.Error(), path+": neither a file nor a folder") {
			t.Errorf("%s: got error %v", path, err)
		}
	}
	if report := mustRun(t, pool, filepath.Join(folder, "folder")); report.Kinds[0].Files != 2 {
		t.Errorf("a link to a folder, named: want two files\n%s", table(t, report))
	}
}

// endless is a text of one line that has no end.
type endless struct {
	begin string
	read  int64
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	copy(p, e.begin[min(e.read, int64(len(e.begin))):])
	e.read += int64(len(p))
	return len(p), nil
}

// TestEndlessLine gives every parser a line without an end: each gives up soon.
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	const soon = 2 << 20
	all := func(next func() error) error {
		for {
			if err := next(); err != nil {
				return err
			}
		}
	}
	for _, c := range []struct {
		name, begin string
		parse       func(io.Reader) error
		most        int64
	}{
		{"header of prices", "", func(r io.Reader) error {
			_, err := prices.NewReader(r, prices.Options{})
			return err
		}, soon},
		{"prices", priceHeader + "2020-01-02,AA,", func(r io.Reader) error {
			reader, err := prices.NewReader(r, prices.Options{})
			if err != nil {
				return err
			}
			return all(func() error { _, err := reader.Next(); return err })
		}, soon},
		{"symbol map", "symbol,cik,from,to\nAA,", func(r io.Reader) error { _, err := prices.ParseSymbolMap(r); return err }, soon},
		{"reference", "cik,sector\n1,", func(r io.Reader) error {
			reader, err := reference.NewReader(r, func(edgar.Rejection) error { return nil })
			if err != nil {
				return err
			}
			return all(func() error { _, err := reader.Next(); return err })
		}, soon},
		{"index", "Description: Daily Index of EDGAR Dissemination Feed by ", func(r io.Reader) error { return edgar.ReadIndex(r, nil) }, soon},
		{"company facts", `{"cik": 1, "entityName": "`, func(r io.Reader) error { return edgar.ReadCompanyFacts(r, nil) }, soon},
		{"submissions", `{"cik": "`, func(r io.Reader) error { _, err := edgar.ParseSubmissions(r); return err }, 256 << 20},
		{"tickers", `{"0": {"title": "`, func(r io.Reader) error { _, _, err := edgar.ParseTickers(r); return err }, 256 << 20},
	} {
		text := &endless{begin: c.begin}
		if err := c.parse(text); err == nil || text.read > c.most {
			t.Errorf("%s: after %d bytes: %v", c.name, text.read, err)
		}
	}
}
