package ingest_test

import (
	"compress/gzip"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/ingest"
)

// TestPriceDataSet imports the prices of the data set, with what tells whose they are before or after them.
func TestPriceDataSet(t *testing.T) {
	dir := os.Getenv("CORPINTEL_TESTDATA")
	if dir == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	file := filepath.Join(dir, "prices", "sp500_daily_2016_2021.csv.gz")
	var filers []string
	for _, name := range []string{"company_tickers.json", "company_tickers_exchange.json", "submissions"} {
		filers = append(filers, filepath.Join(dir, "edgar", name))
	}
	pool := newDatabase(t)
	mustRun(t, pool, filers...)
	report, rejections, err := runPrices(t, pool, "", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("prices\n%s", table(t, report))
	if want := (ingest.Count{Read: 3_469_338, Stored: 3_468_863, Rejected: 475}); report.Kinds[0].Count != want || report.Rows != 578_223 {
		t.Errorf("got %+v and %d rows, want %+v and 578223", report.Kinds[0].Count, report.Rows, want)
	}
	checkSCG(t, rejections)
	wantLines(t, pool, []string{"470"}, `select count(distinct y.symbol)::text from series p join securities y on y.id = p.security_id`)
	wantLines(t, pool, []string{
		"DIS - 2016-05-16 2018-03-14", // of the company before the holding company
		"DIS 1744489 2018-03-15 2021-05-14",
		"FOX 1754301 2019-03-13 2021-05-14",
		"FOXA 1754301 2019-03-12 2021-05-14",
		"GOOG 1652044 2016-05-16 2021-05-14",
		"GOOGL 1652044 2016-05-16 2021-05-14",
		"LB - 2016-05-16 2021-05-14", // L Brands; LandBridge has it now
		"NWS 1564708 2016-05-16 2021-05-14",
		"NWSA 1564708 2016-05-16 2021-05-14",
		"UA 1336917 2016-05-16 2021-05-14",
		"UAA 1336917 2016-05-16 2021-05-14",
	}, `select concat_ws(' ', y.symbol, coalesce(c.cik::text, '-'), p.first_on, p.last_on) collate "C" as line
		from series p join securities y on y.id = p.security_id left join companies c on c.id = y.company_id
		join definitions d on d.id = p.definition_id and d.name = 'price:close'
		where y.symbol = any('{DIS,FOX,FOXA,GOOG,GOOGL,LB,NWS,NWSA,UA,UAA}')
		order by line`)
	wantLines(t, pool, []string{"LB 1995807"}, `select symbol || ' ' || cik from securities y join companies c on c.id = company_id where symbol = 'LB'`)
	for _, symbol := range []string{"AAPL", "AMZN", "FOX", "FOXA", "GOOG", "GOOGL", "LB", "NWS", "NWSA", "UA", "UAA"} {
		wantPrices(t, pool, symbol, file)
	}
	checkPrices(t, pool)

	again, _, err := runPrices(t, pool, "", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("prices again\n%s", table(t, again))
	if want := (ingest.Count{Read: 3_469_338, Unchanged: 3_468_863, Rejected: 475}); again.Kinds[0].Count != want {
		t.Errorf("the second time: got %+v, want %+v", again.Kinds[0].Count, want)
	}
	want := priceContent(t, pool)
	backwards := newDatabase(t)
	if _, _, err := runPrices(t, backwards, "", file); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(filers)
	t.Logf("companies after prices\n%s", table(t, mustRun(t, backwards, filers...)))
	sameContent(t, "prices first", want, priceContent(t, backwards))
	checkPrices(t, backwards)
}

// checkSCG: all that is rejected are adjusted closes of SCANA, of which 144 are about 1.8e21.
func checkSCG(t testing.TB, rejections string) {
	t.Helper()
	huge := 0
	for line := range strings.Lines(rejections) {
		if !strings.Contains(line, " adj_close: price ") {
			t.Errorf("rejected: %s", line)
		}
		if strings.Contains(line, "want less than 1000000000") {
			huge++
		}
	}
	if huge != 144 {
		t.Errorf("%d adjusted closes were too large, want 144", huge)
	}
}

// wantPrices compares all prices of a symbol with the file's.
func wantPrices(t testing.TB, pool *pgxpool.Pool, symbol, file string) {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select d.name || ' ' || m.date, m.value from metrics m join series p on p.id = m.series_id
		join securities y on y.id = p.security_id join definitions d on d.id = p.definition_id
		where y.symbol = $1`, symbol)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	var key string
	var value float64
	if _, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { got[key] = value; return nil }); err != nil {
		t.Fatal(err)
	}
	want := csvPrices(t, symbol, file)
	if len(want) == 0 || !maps.Equal(want, got) {
		t.Errorf("%s (-want +got)\n%s", symbol, cmp.Diff(want, got))
	}
}

// csvPrices reads the file by other means than the importer.
func csvPrices(t testing.TB, symbol, file string) map[string]float64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	names := []string{"open", "high", "low", "close", "adjClose", "volume"}
	for table := stdcsv.NewReader(unzip); ; {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			var value float64
			if row[1] != symbol {
				break
			}
			if _, err := fmt.Sscan(row[2+i], &value); err != nil {
				t.Fatal(err)
			}
			values["price:"+name+" "+row[0]] = value
		}
	}
}
