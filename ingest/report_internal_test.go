package ingest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

func TestReportWrite(t *testing.T) {
	t.Parallel()
	r := newReport()
	*r.kind(kindSubmissions) = KindReport{
		Kind: "submissions", Records: "filings", Count: Count{Read: 96650, Stored: 96277, Updated: 373}, Files: 71, Known: 3, Elapsed: 5 * time.Second,
	}
	*r.kind(kindCompanyFacts) = KindReport{
		Kind: "companyfacts", Records: "facts", Count: Count{Read: 10, Unchanged: 4, Skipped: 5, Rejected: 1}, Files: 1, Failed: 2, Elapsed: time.Second,
	}
	r.skippedFile(edgar.KindFilingDocument)
	r.skippedFile(edgar.KindUnknown)
	r.skippedFile(edgar.KindFilingDocument)
	*r.failures(edgar.KindUnknown)++
	r.LeftOut = 4
	r.Elapsed = 6500 * time.Millisecond
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `
                files  known  failed   records   read  stored  unchanged  updated  skipped  rejected  time  records/s
   submissions     71      3       0   filings  96650   96277          0      373        0         0  5.0s      19330
       tickers      0      0       0  listings      0       0          0        0        0         0  0.0s          0
  companyfacts      1      0       2     facts     10       0          4        0        5         1  1.0s         10
       indexes      0      0       0   filings      0       0          0        0        0         0  0.0s          0
total time 6.5s; files skipped: 1 unknown file, 2 filing document; files of other companies: 4; other files failed: 1
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), b.String()); diff != "" {
		t.Errorf("report (-want +got)\n%s", diff)
	}
	if !r.AddsUp() {
		t.Error("a report that adds up is said not to")
	}
	r.kind(kindTickers).Read = 1
	if r.AddsUp() {
		t.Error("a report that does not add up is said to")
	}
}

func TestIncompleteError(t *testing.T) {
	t.Parallel()
	cause := fault(errors.New("no good"))
	for _, c := range []struct {
		err  IncompleteError
		want string
	}{
		{IncompleteError{Files: 1, First: cause}, "1 file failed, the first: no good"},
		{IncompleteError{Files: 2, First: cause, Rejected: 1}, "2 files failed, the first: no good; 1 record was rejected"},
		{IncompleteError{Rejected: 2}, "2 records were rejected"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"CIK 1: Ünïcode’s": "CIK 1: Ünïcode’s",
		"a\x1b[2Jb":        `"a\x1b[2Jb"`,
		"two\nlines":       `"two\nlines"`,
		"not UTF-8: \xff":  `"not UTF-8: \xff"`,
	} {
		if got := printable(s); got != want {
			t.Errorf("printable(%q): got %s, want %s", s, got, want)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	files := []file{{path: "folder/a.json", size: 1_000_000}, {path: "folder/b.json", size: 500_000}}
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		now := time.Unix(0, 0)
		var b strings.Builder
		p := newProgress(&b, false, func() time.Time { return now }, files)
		p.file(files[0])
		p.add(400_000) // too soon for a line
		now = now.Add(linePause)
		p.add(400_000)
		now = now.Add(linePause)
		p.records = 12
		p.file(files[1]) // the rest of the first was passed over
		now = now.Add(linePause)
		p.add(600_000) // it has grown
		p.finish()
		want := "importing 2 files, 1.5 MB\n" +
			"file 1 of 2, 0.8 MB of 1.5 MB, 0 records\n" +
			"file 2 of 2, 1.0 MB of 1.5 MB, 12 records\n" +
			"file 2 of 2, 1.5 MB of 1.5 MB, 12 records\n"
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("lines (-want +got)\n%s", diff)
		}
	})
	t.Run("bar", func(t *testing.T) {
		t.Parallel()
		var b strings.Builder
		p := newProgress(&b, true, time.Now, files)
		p.file(files[0])
		p.add(1_000_000)
		p.line("a line between")
		p.file(files[1])
		p.add(600_000) // it has grown
		p.finish()
		for _, want := range []string{"a.json   0% |", "\ra line between\n"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is not in %q", want, b.String())
			}
		}
	})
}
