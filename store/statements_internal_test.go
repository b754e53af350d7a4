package store

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// pages are the parts of a list that a request can ask for.
func pages() []Page {
	var out []Page
	for _, backward := range []bool{false, true} {
		for _, bounded := range []bool{false, true} {
			out = append(out, Page{Limit: 20, Backward: backward, Bounded: bounded})
		}
	}
	return out
}

// filingFilters are one filter of each shape, and some of the same.
func filingFilters() []*FilingFilter {
	yes, no, day := true, false, edgar.Date(19630)
	return []*FilingFilter{
		{},
		{FiledFrom: &day},
		{FiledTo: &day},
		{Forms: []string{}},
		{Forms: []string{"10-K", "4", "10-K"}},
		{Amendments: &yes},
		{Amendments: &no, FiledTo: &day},
		{Forms: []string{"10-K", "10-K/A"}, Amendments: &yes, FiledFrom: &day},
	}
}

func definitionFilters() []*MetricDefinitionFilter {
	taxonomy, search := "us-gaap", "Stockholders' EQUITY 100%"
	names := []string{"us-gaap:Assets", "dei:EntityCommonStockSharesOutstanding", "us-gaap:Assets"}
	var out []*MetricDefinitionFilter
	for i := range 8 {
		f := &MetricDefinitionFilter{}
		if i&1 != 0 {
			f.Names = names
		}
		if i&2 != 0 {
			f.Taxonomy = &taxonomy
		}
		if i&4 != 0 {
			f.Search = &search
		}
		out = append(out, f)
	}
	return append(out, &MetricDefinitionFilter{Names: []string{}})
}

// companyFilters are the filters with each set of conditions.
func companyFilters() []*CompanyFilter {
	const conditions = 7
	text, low := "x", 1e9
	var out []*CompanyFilter
	for set := range 1 << conditions {
		f := &CompanyFilter{}
		has := func(i int) bool { return set&(1<<i) != 0 }
		if has(0) {
			f.Tickers = []string{"AAPL"}
		}
		if has(1) {
			f.CIKs = []edgar.CIK{}
		}
		for i, field := range []**string{&f.Sector, &f.Industry, &f.Country, &f.Exchange} {
			if has(2 + i) {
				*field = &text
			}
		}
		if has(6) {
			f.MarketCap = &FloatRange{Min: &low}
		}
		out = append(out, f)
	}
	return out
}

// companyRequests are the requests of every shape with a filter.
func companyRequests(f *CompanyFilter) []*CompaniesRequest {
	var out []*CompaniesRequest
	for _, field := range []CompanyField{CompanyByName, CompanyByTickerSymbol, CompanyByMarketCap} {
		for _, descending := range []bool{false, true} {
			for _, page := range pages() {
				r := &CompaniesRequest{Filter: f, Order: CompanyOrdering{field, descending}, Page: page}
				out = append(out, r)
				if page.Bounded && field != CompanyByName {
					null := *r
					null.From.Null = true
					out = append(out, &null)
				}
			}
		}
	}
	return out
}

// listStatements are the statements of every shape of the lists that are composed at start.
func listStatements() []query {
	var out []query
	ids := []int64{1, 2}
	add := func(sql string, args ...any) { out = append(out, query{sql: sql, args: args}) }
	for _, f := range filingFilters() {
		for _, page := range pages() {
			r := &FilingsRequest{Filter: f, Page: page}
			add(filingsPage[r.shape()], r.args(nil)...)
			add(filingsOfCompanies[r.shape()], r.args(ids)...)
		}
	}
	for _, f := range definitionFilters() {
		by, args := f.shape()
		add(definitionCount[by], args...)
		add(definitionCountsOfCompanies[by], append([]any{ids}, args...)...)
		for _, page := range pages() {
			r := &DefinitionsRequest{Filter: f, Page: page}
			shape, args := r.args()
			add(definitionsPage[shape], args...)
			add(definitionsOfCompanies[shape], append([]any{ids}, args...)...)
		}
	}
	return out
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// checkStatement checks that a statement has a name, no trace of its template, and parameters from $1 to the last
// argument without a gap.
func checkStatement(t *testing.T, q query) {
	t.Helper()
	used := map[int]bool{}
	for _, match := range parameter.FindAllStringSubmatch(q.sql, -1) {
		n, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		used[n] = true
	}
	want := map[int]bool{}
	for i := range q.args {
		want[i+1] = true
	}
	if diff := cmp.Diff(want, used); diff != "" {
		t.Errorf("parameters: arguments -, used +:\n%s\n%s", diff, q.sql)
	}
	if !regexp.MustCompile(`\A-- name: [A-Z][A-Za-z]+\nselect `).MatchString(q.sql) || strings.ContainsAny(q.sql, "@#") {
		t.Errorf("no name, or traces of a template:\n%s", q.sql)
	}
}

func TestListStatements(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for _, q := range listStatements() {
		checkStatement(t, q)
		name := statementName(q.sql)
		if known, ok := texts[name]; ok && known != q.sql {
			t.Errorf("two texts have the name %s:\n%s\n%s", name, known, q.sql)
		}
		texts[name] = q.sql
	}
	var want []string
	for _, name := range []string{"FilingsPage", "FilingsOfCompanies"} {
		for _, shape := range []string{"", "ByForm", "ByAmendment"} {
			want = append(want, name+shape, name+shape+"Backward")
		}
	}
	for _, shape := range []string{"", "ByName", "ByWords"} {
		for _, name := range []string{"DefinitionsPage", "DefinitionsOfCompanies"} {
			want = append(want, name+shape, name+shape+"Backward")
		}
		want = append(want, "DefinitionCount"+shape, "DefinitionCountsOfCompanies"+shape)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(texts))); diff != "" {
		t.Errorf("names: want -, got +:\n%s", diff)
	}
	if n := len(filingsPage) + len(filingsOfCompanies) + len(definitionsPage) + len(definitionsOfCompanies) +
		len(definitionCount) + len(definitionCountsOfCompanies); n != len(want) {
		t.Errorf("%d statements are composed, %d can be asked for", n, len(want))
	}
}

// TestCompanyStatements composes the statements of every shape of a request, twice, with other values: values are never
// part of a text, and requests have the same text when they are read in the same way.
func TestCompanyStatements(t *testing.T) {
	t.Parallel()
	var composed texts
	byText, byRead := map[string]string{}, map[string]string{}
	names := map[string]int{}
	for set, f := range companyFilters() {
		for _, r := range companyRequests(f) {
			q := r.statement(&composed)
			checkStatement(t, q)
			read := strconv.Itoa(set) + " " + readOf(r)
			if known, ok := byText[q.sql]; ok && known != read {
				t.Errorf("%s and %s have the same text:\n%s", known, read, q.sql)
			}
			if known, ok := byRead[read]; ok && known != q.sql {
				t.Errorf("%s has two texts:\n%s\n%s", read, known, q.sql)
			}
			byText[q.sql], byRead[read] = read, q.sql
			names[statementName(q.sql)]++

			other := *r
			other.Page.Limit, other.From = 7, CompanyPosition{Null: r.From.Null, Ticker: "$1; --", Cap: -1, Name: "#'@", CIKKey: 9, ID: 9}
			if got := other.statement(new(texts)).sql; got != q.sql {
				t.Errorf("%s: other values make another text:\n%s", read, got)
			}
		}
	}
	if diff := cmp.Diff([]string{"CompaniesPageByMarketCap", "CompaniesPageByName", "CompaniesPageByTicker"}, slices.Sorted(maps.Keys(names))); diff != "" {
		t.Errorf("names: want -, got +:\n%s", diff)
	}
	if want := 3072; len(byText) != want {
		t.Errorf("%d texts, want %d", len(byText), want)
	}
}

// readOf says how a request is read. To read backwards is to read the reversed order forwards, but where companies that have
// what they are ordered by and those that lack it are both on the page.
func readOf(r *CompaniesRequest) string {
	nullable := r.Order.Field == CompanyByTickerSymbol || r.Order.Field == CompanyByMarketCap && r.Filter.MarketCap == nil
	null := nullable && r.From.Null
	bounded := r.Page.Bounded && null == r.From.Null // nobody lacks what the filter is about
	read := fmt.Sprint(r.Order.Field, r.Order.Descending != r.Page.Backward, bounded, null)
	if nullable && (!r.Page.Bounded || null == r.Page.Backward) {
		read += " both " + strconv.FormatBool(r.Page.Backward)
	}
	return read
}
