package demo

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// dump writes the rows as they go to the database.
func dump[T any](w io.Writer, t table[T], rows []T) {
	for i := range rows {
		fmt.Fprintln(w, t.name, t.values(&rows[i], nil))
	}
}

func (ch *chunk) dump(w io.Writer) {
	dump(w, companyTable, ch.companies)
	dump(w, securityTable, ch.securities)
	dump(w, filingTable, ch.filings)
	dump(w, filerTable, ch.filers)
	dump(w, formTable, ch.forms)
	dump(w, factTable, ch.facts)
	dump(w, unitTable, ch.units)
	dump(w, seriesTable, ch.series)
	dump(w, pointTable, ch.points)
	dump(w, versionTable, ch.versions)
}

// TestDigest fails when anything about the data changes, on any machine: benchmarks and screenshots refer to them.
// Change the digest when that is meant.
func TestDigest(t *testing.T) {
	t.Parallel()
	const want = "54c10a9cd95486d9d1a6bbb241d9122e7e4d05dcaf9dc8ea2ed1fda8d6154b4c"
	h := sha256.New()
	w := bufio.NewWriter(h)
	g := newGenerator(50, false)
	dump(w, conceptTable, g.concepts)
	dump(w, definitionTable, g.definitions)
	for first := 1; first <= g.total; first += chunkCompanies {
		g.next(first).dump(w)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestSmallerSetIsPartOfLarger(t *testing.T) {
	t.Parallel()
	small, large := newGenerator(30, false), newGenerator(60, false)
	for _, first := range []int{1, 26} {
		var a, b strings.Builder
		small.next(first).dump(&a)
		large.next(first).dump(&b)
		lines := map[string]bool{}
		for line := range strings.Lines(b.String()) {
			lines[line] = true
		}
		for line := range strings.Lines(a.String()) {
			if !lines[line] {
				t.Errorf("not in the larger set: %s", line)
			}
		}
	}
}

func TestFullPricesOnlyAddPrices(t *testing.T) {
	t.Parallel()
	type point struct {
		securityID   int64
		definitionID int32
		date         edgar.Date
		value        float64
	}
	prices := func(ch *chunk) map[point]bool {
		series := map[int64]seriesRow{}
		for _, s := range ch.series {
			series[s.id] = s
		}
		found := map[point]bool{}
		for _, p := range ch.points {
			if s := series[p.seriesID]; s.securityID != 0 {
				found[point{s.securityID, s.definitionID, p.date, p.value}] = true
			}
		}
		return found
	}
	few, full := newGenerator(50, false), newGenerator(50, true)
	for _, first := range []int{1, 26} {
		a, b := few.next(first), full.next(first)
		if diff := cmp.Diff(len(a.facts), len(b.facts)); diff != "" {
			t.Errorf("facts (-few +full):\n%s", diff)
		}
		all := prices(b)
		for p := range prices(a) {
			if !all[p] {
				t.Errorf("%+v is not among the full prices", p)
			}
		}
	}
}

func TestStemsAndTickersAreUnique(t *testing.T) {
	t.Parallel()
	stems, tickers := map[string]int{}, map[string]int{}
	for n := 1; n <= MaxCompanies; n++ {
		name, ticker := stem(n)
		if other := stems[name]; other != 0 {
			t.Errorf("companies %d and %d are called %s", other, n, name)
		}
		if other := tickers[ticker]; other != 0 {
			t.Errorf("companies %d and %d have the ticker %s", other, n, ticker)
		}
		stems[name], tickers[ticker] = n, n
		if len(ticker) < 3 || len(ticker) > 4 || strings.Contains(ticker, "X") && ticker[len(ticker)-1] == 'X' {
			t.Errorf("company %d has the ticker %s", n, ticker)
		}
	}
}

// TestNamesAreFictional compares the first words of names with those of all companies that have a ticker.
func TestNamesAreFictional(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("CORPINTEL_TESTDATA")
	if folder == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	text, err := os.ReadFile(filepath.Join(folder, "edgar", "company_tickers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var listed map[string]struct{ Title string }
	if err := json.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	listedAs := map[string]string{}
	for _, c := range listed {
		first, _, _ := strings.Cut(strings.ToLower(c.Title), " ")
		listedAs[strings.TrimRight(first, ",.")] = c.Title
	}
	if len(listedAs) < 5000 {
		t.Fatalf("only %d names", len(listedAs))
	}
	for n := 1; n <= MaxCompanies; n++ {
		name, _ := stem(n)
		if title := listedAs[strings.ToLower(name)]; title != "" {
			t.Errorf("company %d is called %s like %s", n, name, title)
		}
	}
}

func TestTradingDays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		day  string
		want bool
	}{
		{"2026-11-20", true},
		{"2026-11-21", false}, // Saturday
		{"2026-11-22", false}, // Sunday
		{"2025-11-27", false}, // Thanksgiving
		{"2025-11-20", true},
		{"2025-12-25", false},
		{"2021-12-24", false}, // for Christmas on Saturday
		{"2022-12-26", false}, // for Christmas on Sunday
		{"2025-07-04", false},
		{"2022-06-20", false}, // for Juneteenth on Sunday
		{"2025-05-26", false}, // Memorial Day
		{"2025-05-19", true},
		{"2025-09-01", false}, // Labor Day
		{"2025-01-20", false}, // Martin Luther King
		{"2025-02-17", false}, // Presidents
		{"2025-03-17", true},
	} {
		d, err := edgar.ParseDate(test.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := isTradingDay(d); got != test.want {
			t.Errorf("%s: trading day %v, want %v", test.day, got, test.want)
		}
	}
	if days := tradingDays(firstPriceDay, lastDay); len(days) < 1250 || len(days) > 1265 {
		t.Errorf("%d trading days in five years", len(days))
	}
}

func TestQuarterEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		year, month, number int
		want                string
	}{
		{2024, 12, 4, "2024-12-31"},
		{2024, 12, 1, "2024-03-31"},
		{2024, 12, 0, "2023-12-31"},
		{2024, 1, 4, "2024-01-31"},
		{2024, 1, 1, "2023-04-30"},
		{2024, 6, 3, "2024-03-31"},
		{2024, 6, 0, "2023-06-30"},
	} {
		if got := quarterEnd(test.year, time.Month(test.month), test.number).String(); got != test.want {
			t.Errorf("quarter %d of the year to month %d of %d ends on %s, want %s", test.number, test.month, test.year, got, test.want)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	var points int
	for b.Loop() {
		ch := newGenerator(chunkCompanies, false).next(1)
		points = len(ch.points)
	}
	if points < 10_000 {
		b.Fatalf("%d points", points)
	}
	b.ReportMetric(float64(points)*float64(b.N)/b.Elapsed().Seconds(), "points/s")
}
