package edgar_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// dataSet returns the folder of the whole data set, or skips the test.
func dataSet(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CORPINTEL_TESTDATA")
	if dir == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	return dir
}

// open opens a file, unpacked when its name ends in .gz.
func open(t testing.TB, path string) io.Reader {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if !strings.HasSuffix(path, ".gz") {
		return file
	}
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return unpacked
}

// files returns the paths that match pattern, at least one.
func files(t testing.TB, pattern ...string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("no file matches %s", filepath.Join(pattern...))
	}
	return paths
}

func TestDataSetSubmissions(t *testing.T) {
	t.Parallel()
	type totals struct {
		Entities, Pages, Filings, Rejections int
		Forms, WithFormerNames, WithTickers  int
		NoSIC, NoFiscalYearEnd, NoCountry    int
		ListPages, NoPrimaryDocument         int // of entities
		First, Last                          string
	}
	var got totals
	first, last := edgar.MaxDate, edgar.MinDate
	forms := map[string]bool{}
	for _, path := range files(t, dataSet(t), "edgar", "submissions", "*.json*") {
		s, err := edgar.ParseSubmissions(open(t, path))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, r := range s.Rejections {
			t.Errorf("%s: %s: %s", path, r.Position, r.Reason)
		}
		got.Rejections += len(s.Rejections)
		got.Filings += len(s.Filings)
		for _, f := range s.Filings {
			forms[f.Form] = true
			first, last = min(first, f.FiledOn), max(last, f.FiledOn)
		}
		if s.Entity == nil {
			got.Pages++
			continue
		}
		got.Entities++
		count(&got.WithFormerNames, len(s.Entity.FormerNames) > 0)
		count(&got.WithTickers, len(s.Entity.Tickers) > 0)
		count(&got.NoSIC, s.Entity.SIC == "")
		count(&got.NoFiscalYearEnd, s.Entity.FiscalYearEnd == "")
		count(&got.NoCountry, s.Entity.Country == "")
		count(&got.ListPages, len(s.Entity.Pages) > 0)
		count(&got.NoPrimaryDocument, slices.ContainsFunc(s.Filings, func(f edgar.FilingRecord) bool {
			return f.PrimaryDocument == ""
		}))
	}
	got.Forms, got.First, got.Last = len(forms), first.String(), last.String()
	// 35 have former names, one of them only its current one
	want := totals{
		Entities: 69, Pages: 2, Filings: 96650, Forms: 152, WithFormerNames: 34, WithTickers: 60,
		NoSIC: 3, NoFiscalYearEnd: 2, NoCountry: 2, ListPages: 40, NoPrimaryDocument: 14,
		First: "1993-08-13", Last: "2026-07-30",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

// count adds one to n if yes.
func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

func TestDataSetTickers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file                         string
		rows, companies, noExchanges int
	}{
		{"company_tickers.json", 10433, 8021, 10433},
		{"company_tickers_exchange.json", 9708, 7605, 205},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			records, rejections, err := edgar.ParseTickers(open(t, filepath.Join(dataSet(t), "edgar", tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rejections {
				t.Errorf("%s: %s", r.Position, r.Reason)
			}
			companies, symbols, noExchanges := map[edgar.CIK]bool{}, map[string]bool{}, 0
			for _, r := range records {
				companies[r.CIK], symbols[r.Symbol] = true, true
				count(&noExchanges, r.Exchange == "")
			}
			got := []int{len(records), len(symbols), len(companies), noExchanges}
			if diff := cmp.Diff([]int{tt.rows, tt.rows, tt.companies, tt.noExchanges}, got); diff != "" {
				t.Errorf("rows, symbols, companies, rows without exchange (-want +got):\n%s", diff)
			}
		})
	}
}

// factTotals counts what company facts files give.
type factTotals struct {
	Companies, Facts, Concepts, CompanyConcepts int
	EmptyConcepts, NoLabel, Taxonomies, Units   int
	Instants, NoFiscalYear, EndsAfterFiling     int
	Decimals, Negative, Amended, Rejections     int
}

// factCensus is a visitor that counts.
type factCensus struct {
	factTotals
	t        *testing.T
	company  string
	concepts map[string]bool
	used     map[string]bool // company and concept with facts
	taxonomy map[string]bool
	units    map[string]bool
}

func (c *factCensus) Company(cik edgar.CIK, _ string) error {
	c.Companies++
	c.company = cik.String()
	return nil
}

func (c *factCensus) Concept(r edgar.ConceptRecord) error {
	name := r.Taxonomy + ":" + r.Name
	c.CompanyConcepts++
	c.concepts[name] = true
	count(&c.NoLabel, r.Label == "" && r.Description == "")
	c.taxonomy[r.Taxonomy] = true
	return nil
}

func (c *factCensus) Fact(f *edgar.FactRecord) error {
	c.Facts++
	c.used[c.company+f.Concept] = true
	c.units[f.Unit] = true
	count(&c.Instants, !f.HasStart)
	count(&c.NoFiscalYear, !f.HasFiscalYear && f.FiscalPeriod == "")
	count(&c.EndsAfterFiling, f.End > f.FiledOn)
	count(&c.Decimals, f.Value != math.Trunc(f.Value))
	count(&c.Negative, f.Value < 0)
	count(&c.Amended, strings.HasSuffix(f.Form, "/A"))
	return nil
}

func (c *factCensus) Reject(r edgar.Rejection) error {
	c.Rejections++
	c.t.Errorf("company %s: %s: %s", c.company, r.Position, r.Reason)
	return nil
}

func TestDataSetCompanyFacts(t *testing.T) {
	t.Parallel()
	c := &factCensus{
		t: t, concepts: map[string]bool{}, used: map[string]bool{}, taxonomy: map[string]bool{}, units: map[string]bool{},
	}
	for _, path := range files(t, dataSet(t), "edgar", "companyfacts", "*.json*") {
		if err := edgar.ReadCompanyFacts(open(t, path), c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	got := c.factTotals
	got.Concepts, got.Taxonomies, got.Units = len(c.concepts), len(c.taxonomy), len(c.units)
	got.EmptyConcepts = got.CompanyConcepts - len(c.used)
	// of the concepts without label 118 have null, 34 an empty text
	want := factTotals{
		Companies: 17, Facts: 358796, Concepts: 2471, CompanyConcepts: 8875, EmptyConcepts: 5, NoLabel: 152, Taxonomies: 6,
		Units: 45, Instants: 137864, NoFiscalYear: 5036, EndsAfterFiling: 81, Decimals: 24871, Negative: 39715, Amended: 4756,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

// TestDataSetKinds detects every file of the data set by its first 4 kB and its name.
func TestDataSetKinds(t *testing.T) {
	t.Parallel()
	dir := dataSet(t)
	got := map[edgar.Kind]int{}
	err := filepath.WalkDir(filepath.Join(dir, "edgar"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) == ".zip" {
			return err
		}
		head, err := io.ReadAll(io.LimitReader(open(t, path), 4096))
		if err != nil {
			return err
		}
		kind := edgar.DetectKind(filepath.Base(path), head)
		got[kind]++
		if kind == edgar.KindUnknown && filepath.Base(path) != "index.csv" { // which the SEC did not publish
			t.Errorf("%s is unknown", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[edgar.Kind]int{
		edgar.KindUnknown: 1, edgar.KindSubmissions: 69, edgar.KindSubmissionsPage: 2, edgar.KindTickers: 1,
		edgar.KindTickersExchange: 1, edgar.KindCompanyFacts: 17, edgar.KindDailyIndex: 3, edgar.KindFilingDocument: 468,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}
