package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/store"
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
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: want -, got +:\n%s", search, diff)
		}
		if n, err := s.DefinitionCount(t.Context(), request.Filter); err != nil || n != len(want) {
			t.Errorf("%q: counted are %d (%v), want %d", search, n, err, len(want))
		}
	}
}
