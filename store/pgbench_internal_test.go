package store

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the scripts of pgbench anew")

// hot is a statement that servers send all the time, as a script of pgbench.
type hot struct {
	begin      string   // lines before it
	sql        string   // the statement
	parameters []string // expressions of pgbench and SQL that stand for $1, $2, …
	args       int      // how many the statement has
}

// company chooses one of the companies of the demo data, some of them much more often than others.
const company = `\set id random_zipfian(1, :companies, 1.05)` + "\n"

// hotStatements are those of a page of companies, of one company with filings and latest values, of a chart, and of a search.
func hotStatements() map[string]hot {
	sector, filings := "Industrials", &FilingsRequest{Filter: &FilingFilter{}, Page: Page{Limit: 20}}
	page := (&CompaniesRequest{
		Filter: &CompanyFilter{Sector: &sector}, Order: CompanyOrdering{CompanyByMarketCap, true}, Page: Page{Limit: 20},
	}).statement(new(texts))
	const ticker = company + "select coalesce(ticker, '') as ticker from companies where id = :id::bigint \\gset\n"
	const word = company + "select '%' || lower(split_part(name, ' ', 1)) || '%' as word from companies where id = :id::bigint \\gset\n"
	// pgbench takes a colon for the beginning of a variable, in texts too: \x3a.
	const names = `array[E'price\x3aclose', E'us-gaap\x3aRevenues', E'us-gaap\x3aNetIncomeLoss']`
	const none = "array[null, null, null]"
	asked := []string{names, none + "::text[]", none + "::smallint[]", none + "::text[]", "array['infinity', 'infinity', 'infinity']"}
	points := append([]string{"array[:id::bigint]", "array[1]"}, `array[E'price\x3aclose']`, "array[null]::text[]", "array[null]::smallint[]",
		"array[null]::text[]", "array['infinity']", "array['2025-01-01']::date[]", "array['2026-12-31']::date[]", "1000000")
	return map[string]hot{
		"companies": {
			"\\set n random(1, 11)\nselect sector from (select distinct sector from companies where sector is not null order by 1) s offset :n::int - 1 limit 1 \\gset\n",
			page.sql,
			[]string{":sector::text", "21"},
			len(page.args),
		},
		"company": {ticker, companyByTicker, []string{":ticker::text"}, 1},
		"filings": {
			company, filingsOfCompanies[filings.shape()],
			[]string{"array[:id::bigint]", "'-infinity'", "'infinity'", "'infinity'", "9223372036854775807", "21"},
			len(filings.args([]int64{1})),
		},
		"latest": {company, latestNumbers.ofAll, append([]string{"array[:id::bigint]"}, asked...), 6},
		"points": {company, seriesPoints, points, 10},
		"search": {
			word, searchFirst[searchByWord],
			[]string{"'\uffff'", "'\uffff\uffff'", ":word::text", "11"},
			4,
		},
	}
}

// script returns the statement as a script.
func (h hot) script(t *testing.T) string {
	t.Helper()
	if len(h.parameters) != h.args {
		t.Fatalf("%d expressions for %d arguments", len(h.parameters), h.args)
	}
	sql := h.sql
	for i := len(h.parameters); i > 0; i-- { // $10 before $1
		parameter := "$" + strconv.Itoa(i)
		if !strings.Contains(sql, parameter) {
			t.Fatalf("the statement has no %s:\n%s", parameter, h.sql)
		}
		sql = strings.ReplaceAll(sql, parameter, h.parameters[i-1])
	}
	if strings.Contains(sql, "$") {
		t.Fatalf("the statement has more parameters:\n%s", sql)
	}
	return "-- Written by go test ./store -run TestPgbench -update.\n" + h.begin + sql + ";\n"
}

// TestPgbench compares the scripts of pgbench with the statements.
func TestPgbench(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "loadtest", "pgbench")
	want, got := map[string]string{}, map[string]string{}
	for name, h := range hotStatements() {
		want[name+".sql"] = h.script(t)
		if *update {
			if err := os.WriteFile(filepath.Join(folder, name+".sql"), []byte(want[name+".sql"]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name()] = string(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scripts (-statements +files), -update writes them:\n%s", diff)
	}
}
