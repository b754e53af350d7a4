package resolvers_test

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// priceBucket is a bucket, from an answer or computed from a file.
type priceBucket struct {
	Start                           string
	Count                           int
	Min, Max, Avg, Sum, First, Last float64
}

var fiveTickers = []string{"AAPL", "COST", "HD", "NKE", "NVDA"}

// TestPriceBuckets compares five companies' prices by month and year with what is computed from the file.
func TestPriceBuckets(t *testing.T) {
	t.Parallel()
	data := os.Getenv("CORPINTEL_TESTDATA")
	if data == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: NOT RUN on the whole data set")
	}
	records := priceRecords(t, filepath.Join(data, "prices", "sp500_daily_2016_2021.csv.gz"))
	database := storetest.New(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tickers := filepath.Join(data, "edgar", "company_tickers.json")
	if _, err := ingest.Run(t.Context(), pool, []string{tickers}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)}); err != nil {
		t.Fatal(err)
	}
	importPrices(t, pool, records)
	s := serveDatabase(t, database)
	for _, ticker := range fiveTickers {
		// The data begin within a month; the second range begins and ends within others.
		comparePrices(t, s, records[1:], ticker, [2]string{"2016-01-01", "2021-12-31"}, [2]string{"2017-03-09", "2020-02-29"})
	}
}

// TestCorrectedPrices imports random prices about 1970 and again with changed ones: buckets are those of the last file.
func TestCorrectedPrices(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	price := func() string { return strconv.FormatFloat(float64(1+random.IntN(1e6))/100, 'f', -1, 64) }
	record := func(day edgar.Date) []string {
		closing := price()
		return []string{day.String(), "AAPL", closing, closing, closing, closing, price(), strconv.Itoa(random.IntN(1e6))}
	}
	records := [][]string{}
	first, last := edgar.NewDate(1967, 12, 20), edgar.NewDate(1972, 3, 2)
	for day := first; day <= last; day++ {
		if random.IntN(3) > 0 {
			records = append(records, record(day))
		}
	}
	database := storetest.New(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tickers := writeFile(t, "company_tickers.json", `{"0": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."}}`)
	if _, err := ingest.Run(t.Context(), pool, []string{tickers}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)}); err != nil {
		t.Fatal(err)
	}
	s := serveDatabase(t, database)
	for round := range 3 {
		for range 50 * round { // none the first time
			i := random.IntN(len(records))
			day, err := edgar.ParseDate(records[i][0])
			if err != nil {
				t.Fatal(err)
			}
			records[i] = record(day)
		}
		last++ // a file with a newer day is a newer file
		records = append(records, record(last))
		importPrices(t, pool, append([][]string{priceHeader}, records...))
		ranges := [][2]string{{"1900-01-01", "2000-01-01"}, {"1968-02-01", "1972-02-29"}}
		for range 10 {
			from := first + edgar.Date(random.Int32N(700))
			ranges = append(ranges, [2]string{from.String(), (from + 400 + edgar.Date(random.Int32N(500))).String()})
		}
		comparePrices(t, s, records, "AAPL", ranges...)
	}
}

var priceHeader = []string{"date", "ticker", "open", "high", "low", "close", "adj_close", "volume"}

func importPrices(t *testing.T, pool *pgxpool.Pool, records [][]string) {
	t.Helper()
	var file strings.Builder
	if err := csv.NewWriter(&file).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	report, err := ingest.RunPrices(t.Context(), pool, []string{writeFile(t, "prices.csv", file.String())}, nil, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(t.Output()); err != nil {
		t.Fatal(err)
	}
}

// comparePrices asks for prices by month and year, and compares them with what is computed from records.
func comparePrices(t *testing.T, s *server, records [][]string, ticker string, ranges ...[2]string) {
	t.Helper()
	for metric, column := range map[string]int{"close": 5, "adjClose": 6, "volume": 7} {
		for _, days := range ranges {
			for unit, digits := range map[string]int{"MONTH": len("2016-01"), "YEAR": len("2016")} {
				query := fmt.Sprintf(`{ company(ticker: %q) { series(metric: "price:%s", from: %q, to: %q) { buckets(by: %s) { start count min max avg sum first last } } } }`,
					ticker, metric, days[0], days[1], unit)
				got := answer[struct {
					Company struct {
						Series struct{ Buckets []priceBucket }
					}
				}](t, s, query, nil).Company.Series.Buckets
				want := priceBuckets(t, records, ticker, column, days, digits)
				if len(want) < 2 || !slices.EqualFunc(want, got, samePrices) {
					t.Errorf("%s %s by %s from %s to %s:\nfrom the file %v\nanswered      %v", ticker, metric, unit, days[0], days[1], want, got)
				}
			}
		}
	}
}

// priceRecords are the header of a file and its records of the five symbols.
func priceRecords(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(records, func(r []string) bool { return r[1] != "ticker" && !slices.Contains(fiveTickers, r[1]) })
}

// priceBuckets groups records by the first digits of their date: the month's, or the year's.
func priceBuckets(t *testing.T, records [][]string, ticker string, column int, days [2]string, digits int) []priceBucket {
	t.Helper()
	slices.SortFunc(records, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	var out []priceBucket
	for _, r := range records {
		if r[1] != ticker || r[0] < days[0] || r[0] > days[1] {
			continue
		}
		v, err := strconv.ParseFloat(r[column], 64)
		if err != nil {
			t.Fatal(err)
		}
		start := (r[0][:digits] + "-01-01")[:len("2016-01-01")]
		if len(out) == 0 || out[len(out)-1].Start != start {
			out = append(out, priceBucket{Start: start, Min: math.Inf(1), Max: math.Inf(-1), First: v})
		}
		b := &out[len(out)-1]
		b.Count++
		b.Sum += v
		b.Avg = b.Sum / float64(b.Count)
		b.Min, b.Max, b.Last = min(b.Min, v), max(b.Max, v), v
	}
	return out
}

func samePrices(a, b priceBucket) bool {
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(a) }
	sums := near(a.Sum, b.Sum) && near(a.Avg, b.Avg)
	a.Sum, a.Avg, b.Sum, b.Avg = 0, 0, 0, 0
	return sums && a == b
}
