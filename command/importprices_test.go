package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/corpintel/corpintel/store/storetest"
)

func TestImportPrices(t *testing.T) {
	t.Parallel()
	environ := openTo(storetest.NewEmpty(t))
	dir := t.TempDir()
	for name, text := range map[string]string{
		"prices.csv": "date,ticker,open,high,low,close,adj_close,volume\n2021-05-14,AAPL,126,128,125,127.45,126.5,81918000\n2021-05-14,ZZTOP,1,1,1,1,1,-1\n",
		"map.csv":    "symbol,cik,from,to\nZZTOP,320193,,2021-12-31\n",
		"bad.csv":    "symbol,cik,from,to\nZZTOP,320193,2022-01-01,2021-12-31\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "prices.csv")
	stdout := mustRun(t, environ, "import", "prices", file)
	wantContains(t, stdout, "prices", "values", "2 rows", "unlinked: 2 symbols", "AAPL ZZTOP")
	mustRun(t, environ, "import", "edgar", "--as-of", "2026-07-30", testdata)
	stdout = mustRun(t, environ, "import", "prices", "--map", filepath.Join(dir, "map.csv"), file)
	wantContains(t, stdout, "prices")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--strict", file}, "1 record was rejected"},
		{[]string{"--map", filepath.Join(dir, "bad.csv"), file}, "from 2022-01-01 is after to 2021-12-31"},
		{[]string{"--map", filepath.Join(dir, "none.csv"), file}, "none.csv"},
	} {
		code, _, stderr := run(t, environ, append([]string{"import", "prices"}, test.args...)...)
		if code != 1 {
			t.Errorf("%v: exit code %d, want 1", test.args, code)
		}
		wantContains(t, stderr, test.want)
	}

	s := serve(t, environ)
	const query = `{ company(ticker: "AAPL") { metric(name: "price:close") { date value }
		series(metric: "price:open", ticker: "ZZTOP") { columns { values } } } }`
	const want = `{"data":{"company":{"metric":{"date":"2021-05-14","value":127.45},"series":{"columns":{"values":[1]}}}}}`
	if _, body := s.query(t, query); body != want {
		t.Errorf("after the import: %s", body)
	}
}
