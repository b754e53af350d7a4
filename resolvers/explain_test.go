package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/tools/txtar"

	"github.com/corpintel/corpintel/edgar"
)

// explained are operations whose statements are explained, with typical, rare and absent values.
func explained() []string {
	var out []string
	for _, page := range []string{"first: 20", "last: 20"} {
		for _, order := range []string{"NAME", "TICKER", "MARKET_CAP"} {
			for _, filter := range []string{
				``, `sector: "Media"`, `sector: "Tiny"`, `sector: "None"`, `industry: "Industry 4"`, `country: "US"`, `country: "XX"`,
				`exchange: "OTC"`, `ciks: [7, 99999999]`, `tickers: ["D3", "NOPE"]`, `marketCap: { min: 1e11, max: 2e11 }`,
				`sector: "Energy", exchange: "NYSE"`, `sector: "Energy", marketCap: { min: 1e9 }`,
			} {
				out = append(out, fmt.Sprintf(`{ companies(%s, orderBy: { field: %s, direction: DESC }, filter: { %s }) { nodes { name } } }`, page, order, filter))
			}
		}
		for _, filter := range []string{
			``, `forms: ["10-K", "DEF 14A"]`, `forms: ["NONE"]`, `amendments: true`, `amendments: false`,
			`filedFrom: "2003-01-01", filedTo: "2003-02-01"`, `filedTo: "1990-01-01"`, `forms: ["10-K/A", "4"], filedFrom: "2010-01-01"`,
			`amendments: true, filedTo: "2001-01-01"`,
		} {
			out = append(out,
				fmt.Sprintf(`{ filings(%s, filter: { %s }) { nodes { form company { name } } } }`, page, filter),
				fmt.Sprintf(`{ companies(first: 50, filter: { sector: "Media" }) { nodes { filings(%s, filter: { %s }) { totalCount nodes { form } } } } }`, page, filter),
				fmt.Sprintf(`{ company(cik: 1) { filings(%s, filter: { %s }) { totalCount nodes { form } } } }`, page, filter))
		}
		for _, filter := range []string{``, `taxonomy: "us-gaap"`, `taxonomy: "own7"`, `search: "concept40 revenue"`, `names: ["us-gaap:Concept8", "price:close"]`, `names: ["us-gaap:Concept8"], search: "cash"`} {
			out = append(out,
				fmt.Sprintf(`{ companies(first: 20) { nodes { metricDefinitions(%s, filter: { %s }) { totalCount nodes { name } } } } }`, page, filter))
			if page == "first: 20" {
				total := "totalCount" // of everything it reads everything
				if filter == "" {
					total = ""
				}
				out = append(out, fmt.Sprintf(`{ metricDefinitions(%s, filter: { %s }) { %s nodes { name } } }`, page, filter, total))
			}
		}
	}
	for _, query := range []string{"lithium 19", "H33", "h", "gr", "nothing like it", "OLD50", "a b", "&&&", "co & ab"} {
		out = append(out, fmt.Sprintf(`{ searchCompanies(query: %q) { totalCount nodes { name } } }`, query))
	}
	for _, filter := range []string{`forms: ["DEF 14A"]`, `filedFrom: "2003-01-01", filedTo: "2003-02-01"`, `amendments: true`} {
		out = append(out, fmt.Sprintf(`{ filings(filter: { %s }) { totalCount } }`, filter))
	}
	for _, filter := range []string{`sector: "Tiny"`, `exchange: "OTC"`, `tickers: ["D3"]`, `marketCap: { min: 1.04e12 }`} {
		out = append(out, fmt.Sprintf(`{ companies(filter: { %s }) { totalCount } }`, filter))
	}
	for _, filter := range []string{`ciks: [1, 24, 31, 68, 107]`, `sector: "Media"`} {
		out = append(out, fmt.Sprintf(`{ companies(first: 50, filter: { %s }) { nodes {
			metrics(names: ["us-gaap:Concept156", "us-gaap:Concept300", "price:close"], asOf: "2022-06-01") { value restatements { value } }
			before: metric(name: "us-gaap:Concept156", asOf: "2021-06-01") { value }
			unit: metric(name: "us-gaap:Concept156", unit: "GBP", asOf: "2022-06-01") { value }
			unitBefore: metric(name: "us-gaap:Concept156", unit: "GBP", asOf: "2021-06-01") { value }
			price: metric(name: "price:close", ticker: "D3", asOf: "2021-02-01") { value }
			series(metric: "us-gaap:Concept156", from: "2020-12-31", asOf: "2022-06-01") { points { value } }
			bounds: series(metric: "us-gaap:Concept300", unit: "EUR", asOf: "2022-01-01") { from to }
		} } }`, filter))
	}
	return append(out,
		`{ company(ticker: "J9") { name tickers { symbol } filingSummary { count } } }`,
		`{ company(cik: 600) { name } }`,
		`{ dataSet { values } }`,
		`{ nodes(ids: ["Q29tcGFueToz", "RmlsaW5nOjI1MDAwMDAxMDAwMDAw", "TWV0cmljRGVmaW5pdGlvbjo4"]) { id } }`,
		`{ filing(accessionNumber: "000002500000100000") { companies { name } } }`,
		`{ companies(first: 50) { nodes {
			metrics(names: ["us-gaap:Concept8", "us-gaap:Concept40", "price:close"]) { value filing { form } definition { label } }
			series(metric: "us-gaap:Concept8") { points { value } }
			bounds: series(metric: "price:close") { from to }
			months: series(metric: "price:close") { buckets(by: MONTH) { sum } }
			part: series(metric: "price:close", from: "2021-01-15", to: "2021-02-14") { buckets(by: QUARTER) { sum } weeks: buckets(by: WEEK) { sum } }
			years: series(metric: "us-gaap:Concept8", from: "2021-01-01") { buckets(by: YEAR) { sum } }
			none: series(metric: "price:close", to: "1950-01-01") { buckets(by: YEAR) { sum } }
			unit: metric(name: "us-gaap:Concept8", unit: "GBP") { value }
			quarter: metric(name: "price:close", period: DAILY, ticker: "D3") { value }
		} } }`,
		`{ companies(first: 50) { nodes {
			metrics(names: ["us-gaap:Concept8", "us-gaap:Concept40", "price:close"]) { value definition { label } }
			unit: metric(name: "us-gaap:Concept8", unit: "GBP") { value }
		} } }`)
}

// TestExplain explains every statement of the request path on a loaded database, with the plan that PostgreSQL makes for
// the values and with the one that it makes for all values: tables that grow are read by index only, and few rows are read
// in vain.
func TestExplain(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, "testdata/town.sql")
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, sql := range []string{"vacuum analyze", "set jit = off"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}

	s := serveDatabase(t, database)
	for _, operation := range explained() {
		if body := string(s.post(t, operation, nil)); strings.Contains(body, "INTERNAL") {
			t.Fatalf("%s: %s", operation, body)
		}
	}
	// A second page, from the cursor of the first.
	for _, order := range []string{"NAME", "TICKER", "MARKET_CAP"} {
		operation := fmt.Sprintf(`query ($at: String) { companies(after: $at, filter: { sector: "Media" }, orderBy: { field: %s, direction: ASC }) { nodes { name } pageInfo { endCursor } } }`, order)
		page := answer[struct {
			Companies struct{ PageInfo struct{ EndCursor string } }
		}](t, s, operation, nil)
		s.post(t, operation, map[string]any{"at": page.Companies.PageInfo.EndCursor})
	}

	names := map[string]bool{}
	for _, mode := range []string{"auto", "force_generic_plan"} {
		if _, err := conn.Exec(t.Context(), "set plan_cache_mode = "+mode); err != nil {
			t.Fatal(err)
		}
		for i, statement := range s.statements.seen {
			name := statementName(statement.SQL)
			names[name] = true
			if fault := explain(t, conn, fmt.Sprintf("s%d_%s", i, mode), statement); fault != "" {
				t.Errorf("%s (%s) with %s: %s", name, mode, literals(statement.Args), fault)
			}
		}
	}
	t.Logf("%d statements of %d names explained", len(s.statements.seen), len(names))
	for _, name := range goldenStatements(t) {
		if !names[name] {
			t.Errorf("statement %s occurs in a golden operation and is not explained", name)
		}
	}
}

// goldenStatements are the names of all statements of the golden operations.
func goldenStatements(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden operations (%v)", err)
	}
	var names []string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if f.Name == "statements" {
				names = append(names, strings.Fields(string(f.Data))[1:]...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func statementName(sql string) string {
	line, _, _ := strings.Cut(sql, "\n")
	return strings.TrimPrefix(line, "-- name: ")
}

// plan is a node of a plan in PostgreSQL's JSON form.
type plan struct {
	Node     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Joined   float64 `json:"Rows Removed by Join Filter"`
	Recheck  float64 `json:"Rows Removed by Index Recheck"`
	Filter   string
	Plans    []plan
}

// wasted is how many rows a node may read and throw away for all that a statement returns. The greatest number that occurs
// is that of two conditions on companies that never hold together: all companies of one exchange are looked at.
const wasted = 4000

func explain(t *testing.T, conn *pgx.Conn, prepared string, s pgx.TraceQueryStartData) (fault string) {
	t.Helper()
	ctx := t.Context()
	if _, err := conn.Exec(ctx, fmt.Sprintf("prepare %q as %s", prepared, s.SQL)); err != nil {
		t.Fatalf("%s: %v", s.SQL, err)
	}
	call := fmt.Sprintf("explain (analyze, buffers, format json) execute %q", prepared)
	if len(s.Args) > 0 {
		call += "(" + literals(s.Args) + ")"
	}
	var text []byte
	if err := conn.QueryRow(ctx, call).Scan(&text); err != nil {
		t.Fatalf("%s: %v", call, err)
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal(text, &plans); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("CORPINTEL_SHOW_PLANS") != "" {
		t.Logf("%s\n%s", call, text)
	}
	return inspect(plans[0].Plan)
}

func inspect(p plan) string {
	if p.Node == "Seq Scan" && !strings.HasPrefix(p.Relation, "pg_") { // PostgreSQL's own tables do not grow with the data
		return fmt.Sprintf("scans all of %s (%s)", p.Relation, p.Filter)
	}
	if n := (p.Removed + p.Joined + p.Recheck) * p.Loops; n > wasted {
		return fmt.Sprintf("%s of %s reads %.0f rows in vain (%s)", p.Node, p.Relation, n, p.Filter)
	}
	for _, child := range p.Plans {
		if fault := inspect(child); fault != "" {
			return fault
		}
	}
	return ""
}

// literals writes arguments as PostgreSQL reads them. Without a type they take that of the parameter.
func literals(args []any) string {
	out := make([]string, len(args))
	for i, a := range args {
		text, null := literal(reflect.ValueOf(a))
		if null {
			out[i] = "null"
			continue
		}
		out[i] = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return strings.Join(out, ", ")
}

func literal(v reflect.Value) (text string, null bool) {
	if !v.IsValid() {
		return "", true
	}
	if d, ok := reflect.TypeAssert[edgar.Date](v); ok {
		return d.String(), false
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "", true
		}
		return literal(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return "", true
		}
		elements := make([]string, v.Len())
		for i := range elements {
			text, null := literal(v.Index(i))
			if elements[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`; null {
				elements[i] = "null"
			}
		}
		return "{" + strings.Join(elements, ",") + "}", false
	case reflect.String:
		return v.String(), false
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), false
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), false
	default:
		return strconv.FormatInt(v.Int(), 10), false
	}
}
