package prices_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

const (
	realRows       = 578_223
	realRejections = 475
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

// TestDataSet reads five years of prices of the S&P 500.
func TestDataSet(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(dataSet(t), "prices", "sp500_daily_2016_2021.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	type totals struct {
		Rows, Symbols, Values, NoVolume int
		First, Last                     string
		Rejections                      map[string]int // by what they want
	}
	got := totals{Rejections: map[string]int{}}
	first, last := edgar.MaxDate, edgar.MinDate
	symbols := map[string]bool{}
	err = each(unpack(t, data), edgar.NewDate(2021, 5, 14), func(row *prices.Row) {
		got.Rows++
		symbols[row.Symbol] = true
		first, last = min(first, row.Date), max(last, row.Date)
		for f := range prices.FieldCount {
			if row.Has[f] {
				got.Values++
			}
		}
		if row.Has[prices.Volume] && row.Values[prices.Volume] == 0 {
			got.NoVolume++
		}
	}, func(r edgar.Rejection) {
		_, want, _ := strings.Cut(r.Reason, ": ")
		got.Rejections[want]++
		if !strings.HasSuffix(r.Position, " adj_close") {
			t.Errorf("%s: %s", r.Position, r.Reason)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	got.Symbols, got.First, got.Last = len(symbols), first.String(), last.String()
	// SCG has wild adjusted prices: 144 of 1.2e12 and more, and 331 that are negative.
	want := totals{
		Rows: realRows, Symbols: 470, Values: 6*realRows - realRejections, NoVolume: 1697, First: "2016-05-16", Last: "2021-05-14",
		Rejections: map[string]int{"want less than 1000000000": 144, "want more than zero": 331},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}
