package store_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestOrderNeverHides orders companies by a field that some lack: the filter alone says who is in the list.
func TestOrderNeverHides(t *testing.T) {
	t.Parallel()
	s := openNew(t, seed(t))
	low := 1e6
	for name, filter := range map[string]*store.CompanyFilter{"all": {}, "with a market capitalisation": {MarketCap: &store.FloatRange{Min: &low}}} {
		want, err := s.CompanyCount(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range store.CompanyRequests(filter) {
			if r.Page.Bounded {
				continue
			}
			page, err := s.CompaniesPage(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Nodes) != want {
				t.Errorf("%s, %+v: %d companies, counted are %d", name, r.Order, len(page.Nodes), want)
			}
		}
	}
}

// manyCompanies are companies of which a third each lack a market capitalisation and a ticker, with equal ones among the others.
const manyCompanies = `
insert into companies (cik, name, search_text, market_cap, ticker)
select i, 'C' || i * 7919 % 40, '', case when i % 3 > 0 then i * 31 % 17 end, case when (i / 3) % 3 > 0 then 'T' || i end
from generate_series(1, 240) i;
analyze companies`

// TestCompanyOrder walks the list of companies in each order, in both directions, in a database that would rather have several workers
// read: all are there, in that order.
func TestCompanyOrder(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	execute(t, open(t, database, store.Options{MaxConns: 1}), manyCompanies)
	for _, name := range []string{"parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size", "min_parallel_index_scan_size"} {
		database = withParameter(t, database, name, "0")
	}
	s := open(t, database, store.Options{MaxConns: 1})
	var first string
	if err := s.Pool().QueryRow(t.Context(), "explain select * from companies").Scan(&first); err != nil || !strings.Contains(first, "Gather") {
		t.Fatalf("several workers read nothing: %s, %v", first, err)
	}
	for _, field := range []store.CompanyField{store.CompanyByName, store.CompanyByTickerSymbol, store.CompanyByMarketCap} {
		for _, descending := range []bool{false, true} {
			order := store.CompanyOrdering{Field: field, Descending: descending}
			all := walkCompanies(t, s, order, false)
			if len(all) != 240 {
				t.Fatalf("%+v: %d companies", order, len(all))
			}
			if !slices.IsSortedFunc(all, compareCompanies(order)) {
				t.Errorf("%+v: not in order", order)
			}
			back := walkCompanies(t, s, order, true)
			slices.Reverse(back)
			if diff := gocmp.Diff(all, back); diff != "" {
				t.Errorf("%+v: forwards -, backwards +:\n%s", order, diff)
			}
		}
	}
}

// walkCompanies returns all companies page by page, the last one first when it walks backwards.
func walkCompanies(t *testing.T, s *store.Store, order store.CompanyOrdering, backward bool) []*store.Company {
	t.Helper()
	r := store.CompaniesRequest{Filter: &store.CompanyFilter{}, Order: order, Page: store.Page{Limit: 7, Backward: backward}}
	var all []*store.Company
	for {
		page, err := s.CompaniesPage(t.Context(), &r)
		if err != nil {
			t.Fatal(err)
		}
		nodes := page.Nodes
		if backward {
			slices.Reverse(nodes)
		}
		all = append(all, nodes...)
		if !page.More || len(all) > 1000 {
			return all
		}
		r.Page.Bounded, r.From = true, all[len(all)-1].Position(order)
	}
}

// compareCompanies returns how an order compares two companies: those that lack what it is about are last, whichever way it goes.
func compareCompanies(o store.CompanyOrdering) func(a, b *store.Company) int {
	return func(a, b *store.Company) int {
		p, q := a.Position(o), b.Position(o)
		if p.Null != q.Null {
			if q.Null {
				return -1
			}
			return 1
		}
		c := cmp.Or(strings.Compare(p.Ticker, q.Ticker), cmp.Compare(p.Cap, q.Cap), strings.Compare(p.Name, q.Name),
			cmp.Compare(p.CIKKey, q.CIKKey), cmp.Compare(p.ID, q.ID))
		if o.Descending {
			return -c
		}
		return c
	}
}

func TestDefinitionSearch(t *testing.T) {
	t.Parallel()
	s := openNew(t, seed(t))
	equity, auditor := "us-gaap:StockholdersEquity", "dei:AuditorName"
	for search, want := range map[string][]string{
		"equity":                     {equity},
		"PARENT  stockholders":       {equity},
		"Stockholders' Equity":       {equity},
		"stockholders’ equity":       {equity},
		"us-gaap:stockholdersequity": {equity},
		"auditor's name":             {auditor},
		"Auditor’s":                  {auditor},
		"100%":                       {auditor},
		"0%n":                        nil,
		"_":                          nil,
		`\`:                          nil,
		"revenue":                    {"us-gaap:Revenues", "us-gaap:Revenues"},
		"equity revenues":            nil,
		"carrying amounts":           nil, // only in the description
	} {
		request := &store.DefinitionsRequest{Filter: &store.MetricDefinitionFilter{Search: &search}, Page: store.Page{Limit: 9}}
		page, err := s.DefinitionsPage(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range page.Nodes {
			got = append(got, d.Name)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%q: want -, got +:\n%s", search, diff)
		}
		if n, err := s.DefinitionCount(t.Context(), request.Filter); err != nil || n != len(want) {
			t.Errorf("%q: counted are %d (%v), want %d", search, n, err, len(want))
		}
	}
}
