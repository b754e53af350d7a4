package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// listOperations asks for every list of the schema, $n nodes of each, with all that a node can be asked for below it.
var listOperations = map[string]string{
	"companies": `query ($n: Int!) { companies(first: $n, filter: { sector: "Crowd" }, orderBy: { field: MARKET_CAP, direction: DESC }) {
		totalCount nodes {
			name tickers { symbol } filingSummary { count byForm { form count } }
			metric(name: "us-gaap:Assets") { value definition { label } filing { form company { name } } }
			metrics(names: ["us-gaap:Assets", "price:close"]) { value ticker }
			series(metric: "price:close", from: "2020-08-01") { columns { dates values } definition { name } }
		} } }`,
	"companies.backwards": `query ($n: Int!) { companies(last: $n, orderBy: { field: TICKER, direction: ASC }) { edges { cursor node { name } } } }`,
	"searchCompanies":     `query ($n: Int!) { searchCompanies(query: "crowd", first: $n) { totalCount nodes { name filings(first: 1) { nodes { form } } } } }`,
	"filings": `query ($n: Int!) { filings(first: $n) { totalCount nodes {
		form company { name tickers { symbol } } companies { name filings(first: 1, filter: { forms: ["10-K"] }) { nodes { filedOn } } } } } }`,
	"company.filings": `query ($n: Int!) { companies(first: 5, filter: { sector: "Crowd" }) { nodes {
		filings(first: $n) { totalCount edges { cursor node { form companies { name } } } } } } }`,
	"company.filings.backwards": `query ($n: Int!) { company(ticker: "CR7") {
		filings(last: $n, filter: { amendments: true }) { totalCount nodes { form company { name } } } } }`,
	"company and companies": `query ($n: Int!) { filings(first: $n) { nodes {
		company { a: metric(name: "us-gaap:Assets") { value } b: metric(name: "price:close") { value } } companies { c: metric(name: "us-gaap:Assets") { value } } } } }`,
	"there and back":            `query ($n: Int!) { filings(first: $n) { nodes { company { filings(first: 2, filter: { forms: ["10-K"] }) { nodes { company { name } } } } } } }`,
	"never reported":            `query ($n: Int!) { companies(first: $n) { nodes { metric(name: "us-gaap:Revenues", unit: "USD", period: QUARTER) { value } } } }`,
	"metricDefinitions":         `query ($n: Int!) { metricDefinitions(first: $n) { totalCount nodes { name label } } }`,
	"company.metricDefinitions": `query ($n: Int!) { companies(first: $n, filter: { sector: "Crowd" }) { nodes { metricDefinitions(first: $n) { totalCount nodes { name } } } } }`,
	"company.metrics":           `query ($n: Int!) { companies(first: $n) { nodes { metrics(names: ["us-gaap:Assets", "us-gaap:Revenues", "price:volume"]) { value filing { form company { name } } definition { label } } } } }`,
	"company.series":            `query ($n: Int!) { companies(first: $n) { nodes { series(metric: "us-gaap:Assets") { points { date value } definition { label } } bounds: series(metric: "price:close") { from to } } } }`,
	"company.asOf": `query ($n: Int!) { companies(first: $n) { nodes {
		metric(name: "us-gaap:Assets", asOf: "2024-06-30") { value restatements { value filing { form } restatements { value } } filing { form } }
		metrics(names: ["us-gaap:Assets", "us-gaap:Revenues", "price:volume"], asOf: "2020-05-01") { value restatements { date } definition { label } }
		series(metric: "us-gaap:Assets", asOf: "2024-06-30") { from points { value } columns { dates } definition { label } }
		bounds: series(metric: "us-gaap:Assets", asOf: "2020-05-01") { from to } } } }`,
	"company.buckets": `query ($n: Int!) { companies(first: $n) { nodes { series(metric: "price:close") { buckets(by: MONTH) { start last } years: bucketColumns(by: YEAR) { counts } }
		part: series(metric: "price:close", from: "2020-02-03") { buckets(by: WEEK, fill: PREVIOUS) { avg } quarters: buckets(by: QUARTER) { sum } }
		assets: series(metric: "us-gaap:Assets") { from buckets(by: YEAR) { last } points { value } definition { label } } } } }`,
}

// TestStatementsAreConstant runs every list with 1 and with 200 nodes, alone and from 64 clients at once: the statements
// are the same.
func TestStatementsAreConstant(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	s := newServer(t, "testdata/seed.sql", "testdata/crowd.sql")
	for _, name := range slices.Sorted(keys(listOperations)) {
		query := listOperations[name]
		t.Run(name, func(t *testing.T) {
			run := func(n int) []string {
				s.statements.take()
				body := string(s.post(t, query, map[string]any{"n": n}))
				if strings.Contains(body, `"errors"`) || len(body) < 20 {
					t.Fatalf("%.300s", body)
				}
				return s.statements.take()
			}
			one := run(1)
			if diff := cmp.Diff(one, run(200)); diff != "" {
				t.Errorf("statements with 1 node -, with 200 +:\n%s", diff)
			}
			t.Logf("%d statements: %s", len(one), strings.Join(one, " "))

			const clients = 64
			var together sync.WaitGroup
			for range clients {
				together.Go(func() {
					if body := s.post(t, query, map[string]any{"n": 7}); strings.Contains(string(body), `"errors"`) {
						t.Errorf("%.300s", body)
					}
				})
			}
			together.Wait()
			want := make([]string, 0, clients*len(one))
			for _, statement := range one {
				want = append(want, slices.Repeat([]string{statement}, clients)...)
			}
			if diff := cmp.Diff(count(want), count(s.statements.take())); diff != "" {
				t.Errorf("statements of %d clients: want -, got +:\n%s", clients, diff)
			}
		})
	}
	if n := s.loaders.Unprimed(); n != 0 {
		t.Errorf("%d keys were loaded that no resolver had looked ahead for", n)
	}
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func count(names []string) map[string]int {
	out := map[string]int{}
	for _, n := range names {
		out[n]++
	}
	return out
}

// TestPagesAreTheList walks lists page by page, forwards and backwards, and compares them with one statement.
func TestPagesAreTheList(t *testing.T) { //nolint:tparallel // the pages of one list follow each other on one server
	t.Parallel()
	s := newServer(t, "testdata/seed.sql", "testdata/crowd.sql")
	byName := "name collate \"C\" %[1]s, coalesce(cik, 10000000000) %[1]s, id %[1]s"
	for name, test := range map[string]struct{ field, sql string }{
		"companies by name":               {`companies(%s)`, "select name from companies order by " + fmt.Sprintf(byName, "asc")},
		"companies by name descending":    {`companies(orderBy: { field: NAME, direction: DESC }, %s)`, "select name from companies order by " + fmt.Sprintf(byName, "desc")},
		"companies by ticker":             {`companies(orderBy: { field: TICKER, direction: ASC }, %s)`, "select name from companies order by ticker collate \"C\" asc nulls last, " + fmt.Sprintf(byName, "asc")},
		"companies by ticker descending":  {`companies(orderBy: { field: TICKER, direction: DESC }, %s)`, "select name from companies order by ticker collate \"C\" desc nulls last, " + fmt.Sprintf(byName, "desc")},
		"companies by cap":                {`companies(orderBy: { field: MARKET_CAP, direction: ASC }, %s)`, "select name from companies order by market_cap asc nulls last, " + fmt.Sprintf(byName, "asc")},
		"companies by cap descending":     {`companies(orderBy: { field: MARKET_CAP, direction: DESC }, %s)`, "select name from companies order by market_cap desc nulls last, " + fmt.Sprintf(byName, "desc")},
		"companies of a country by cap":   {`companies(filter: { country: "US" }, orderBy: { field: MARKET_CAP, direction: DESC }, %s)`, "select name from companies where country = 'US' order by market_cap desc nulls last, " + fmt.Sprintf(byName, "desc")},
		"companies in a range by ticker":  {`companies(filter: { marketCap: { min: 2e6, max: 4e7 } }, orderBy: { field: TICKER, direction: DESC }, %s)`, "select name from companies where market_cap between 2e6 and 4e7 order by ticker collate \"C\" desc nulls last, " + fmt.Sprintf(byName, "desc")},
		"companies in a range by cap":     {`companies(filter: { marketCap: { min: 2e6 } }, orderBy: { field: MARKET_CAP, direction: ASC }, %s)`, "select name from companies where market_cap >= 2e6 order by market_cap, " + fmt.Sprintf(byName, "asc")},
		"filings of some forms":           {`filings(filter: { forms: ["10-K/A", "4", "10-Q/A"], filedTo: "2010-06-01" }, %s)`, "select id::text from filings where form in ('10-K/A', '4', '10-Q/A') and filed_on <= '2010-06-01' order by filed_on desc, id desc"},
		"amendments":                      {`filings(filter: { amendments: true, filedFrom: "2013-10-01" }, %s)`, "select id::text from filings where form like '%/A' and filed_on >= '2013-10-01' order by filed_on desc, id desc"},
		"metric definitions of a company": {`company(cik: 1001) { metricDefinitions(%s)`, "select distinct d.name || d.unit || d.period from series s join definitions d on d.id = s.definition_id where s.company_id = 1 order by 1"},
		"filings of a company":            {`company(ticker: "CR9") { filings(%s)`, "select filing_id::text from filing_companies where company_id = 1009 order by filed_on desc, filing_id desc"},
		"filings of a company by form":    {`company(ticker: "CR9") { filings(filter: { forms: ["8-K", "10-K"] }, %s)`, "select filing_id::text from filing_companies where company_id = 1009 and form in ('8-K', '10-K') order by filed_on desc, filing_id desc"},
		"originals of a company":          {`company(ticker: "CR9") { filings(filter: { amendments: false }, %s)`, "select filing_id::text from filing_companies where company_id = 1009 and form not like '%/A' order by filed_on desc, filing_id desc"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := s.store.Pool().Query(t.Context(), test.sql)
			if err != nil {
				t.Fatal(err)
			}
			want := texts(t, rows)
			if len(want) < 3 {
				t.Fatalf("the list has %d elements", len(want))
			}
			for _, size := range []int{1 + len(want)/7, 200} {
				if diff := cmp.Diff(want, walk(t, s, test.field, size, false)); diff != "" {
					t.Errorf("forwards by %d: want -, got +:\n%s", size, diff)
				}
				if diff := cmp.Diff(want, walk(t, s, test.field, size, true)); diff != "" {
					t.Errorf("backwards by %d: want -, got +:\n%s", size, diff)
				}
			}
		})
	}
}

// texts collects rows of one text.
func texts(t *testing.T, rows pgx.Rows) []string {
	t.Helper()
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// walk reads a list page by page and returns what identifies its nodes, in list order.
func walk(t *testing.T, s *server, field string, size int, backwards bool) []string {
	t.Helper()
	node := "name"
	switch {
	case strings.Contains(field, "filings("):
		node = "accessionNumber"
	case strings.Contains(field, "metricDefinitions("):
		node = "name unit period"
	}
	selection := " { nodes { " + node + " } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
	closing := ""
	if strings.HasPrefix(field, "company(") {
		closing = " }"
	}
	var list []string
	for cursor := ""; ; {
		arguments := fmt.Sprintf("first: %d", size)
		if backwards {
			arguments = fmt.Sprintf("last: %d", size)
		}
		if cursor != "" && backwards {
			arguments += fmt.Sprintf(", before: %q", cursor)
		} else if cursor != "" {
			arguments += fmt.Sprintf(", after: %q", cursor)
		}
		page := answer[map[string]any](t, s, "{ "+fmt.Sprintf(field, arguments)+selection+closing+" }", nil)
		connection := findConnection(page)
		ids := []string{}
		for _, n := range connection["nodes"].([]any) {
			ids = append(ids, identify(n.(map[string]any)))
		}
		info := connection["pageInfo"].(map[string]any)
		if backwards {
			list = append(ids, list...)
		} else {
			list = append(list, ids...)
		}
		more, next := info["hasNextPage"], info["endCursor"]
		if backwards {
			more, next = info["hasPreviousPage"], info["startCursor"]
		}
		if more != true {
			return list
		}
		cursor = next.(string)
	}
}

func findConnection(data map[string]any) map[string]any {
	for {
		if _, ok := data["pageInfo"]; ok {
			return data
		}
		for _, child := range data {
			data = child.(map[string]any)
		}
	}
}

var periodNumbers = map[string]string{"INSTANT": "1", "DAILY": "2", "QUARTER": "3", "HALF": "4", "NINE_MONTHS": "5", "YEAR": "6"}

func identify(node map[string]any) string {
	switch {
	case node["accessionNumber"] != nil:
		return strings.TrimLeft(strings.ReplaceAll(node["accessionNumber"].(string), "-", ""), "0")
	case node["unit"] != nil:
		return node["name"].(string) + node["unit"].(string) + periodNumbers[node["period"].(string)]
	default:
		return node["name"].(string)
	}
}
