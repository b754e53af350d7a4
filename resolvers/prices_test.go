package resolvers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/prices"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestPrices runs operations over made-up prices of symbols that changed hands.
func TestPrices(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	database := storetest.New(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for name, text := range map[string]string{
		"company_tickers.json": `{"0": {"cik_str": 1995807, "ticker": "LB", "title": "LandBridge Co LLC"},
			"1": {"cik_str": 701985, "ticker": "BBWI", "title": "Bath & Body Works, Inc."}}`,
		"CIK0000701985.json": `{"cik": 701985, "entityName": "Bath & Body Works, Inc.", "facts": {"dei": {"EntityCommonStockSharesOutstanding": {
			"label": "Entity Common Stock, Shares Outstanding", "description": null, "units": {"shares": [
				{"end": "2021-08-20", "val": 1000, "accn": "0000701985-21-000001", "fy": 2021, "fp": "Q2", "form": "10-Q", "filed": "2021-08-30"}]}}}}}`,
	} {
		if _, err := ingest.Run(t.Context(), pool, []string{writeFile(t, name, text)}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)}); err != nil {
			t.Fatal(err)
		}
	}
	holdings, err := prices.ParseSymbolMap(strings.NewReader("symbol,cik,from,to\nLB,701985,2013-01-02,2021-08-02\n"))
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, "prices.csv", `date,ticker,open,high,low,close,adj_close,volume
2012-12-31,LB,1,1,1,1,1,1
2013-01-02,LB,47,48,46,47.5,20.25,1000
2021-08-02,LB,80,81,79,80.5,64.75,2000
2021-08-03,BBWI,64,66,63,65.5,65,3000
2021-09-03,BBWI,66,67,65,66.5,66,4000
2024-07-01,LB,23,24,22,23.5,23.25,5000
2024-07-01,NOBODY,1,1,1,1,1,1
`)
	if _, err := ingest.RunPrices(t.Context(), pool, []string{file}, holdings, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	runGoldens(t, serveDatabase(t, database), "testdata/prices/*.txtar")
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
