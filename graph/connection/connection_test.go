package connection_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/store"
)

func cursorOf(b []byte, c *store.Company) []byte {
	return strconv.AppendInt(append(b, "at "...), c.ID, 10)
}

func companies(ids ...int64) []*store.Company {
	var out []*store.Company
	for _, id := range ids {
		out = append(out, &store.Company{ID: id})
	}
	return out
}

func TestPageInfo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                 string
		page                 store.Page
		more                 bool
		hasNext, hasPrevious bool
	}{
		{name: "first"},
		{name: "first, more", more: true, hasNext: true},
		{name: "first after", page: store.Page{Bounded: true}, hasPrevious: true},
		{name: "first after, more", page: store.Page{Bounded: true}, more: true, hasNext: true, hasPrevious: true},
		{name: "last", page: store.Page{Backward: true}},
		{name: "last, more", page: store.Page{Backward: true}, more: true, hasPrevious: true},
		{name: "last before", page: store.Page{Backward: true, Bounded: true}, hasNext: true},
		{name: "last before, more", page: store.Page{Backward: true, Bounded: true}, more: true, hasNext: true, hasPrevious: true},
	} {
		first, last := "at 7", "at 9"
		for _, nodes := range [][]*store.Company{companies(7, 8, 9), companies(7), nil} {
			want := &connection.PageInfo{HasNextPage: test.hasNext, HasPreviousPage: test.hasPrevious}
			switch len(nodes) {
			case 1:
				want.StartCursor, want.EndCursor = &first, &first
			case 3:
				want.StartCursor, want.EndCursor = &first, &last
			}
			c := connection.NewCompanies(nodes, test.more, test.page, cursorOf, connection.CompanyCount{})
			if diff := cmp.Diff(want, c.PageInfo()); diff != "" {
				t.Errorf("%s, %d nodes: want -, got +:\n%s", test.name, len(nodes), diff)
			}
		}
	}
}

// TestEmpty makes pages without nodes: their lists are empty, not null, and nobody asks for a cursor.
func TestEmpty(t *testing.T) {
	t.Parallel()
	companies := connection.NewCompanies(nil, true, store.Page{}, nil, connection.CompanyCount{})
	filings := connection.NewFilings(nil, true, store.Page{}, nil, 0, nil)
	definitions := connection.NewMetricDefinitions(nil, true, store.Page{}, nil, 0, nil)
	checkEmpty(t, "companies", companies.Nodes(), companies.Edges())
	checkEmpty(t, "filings", filings.Nodes(), filings.Edges())
	checkEmpty(t, "metric definitions", definitions.Nodes(), definitions.Edges())
	want := &connection.PageInfo{HasNextPage: true}
	for _, c := range []interface{ PageInfo() *connection.PageInfo }{companies, filings, definitions} {
		if diff := cmp.Diff(want, c.PageInfo()); diff != "" {
			t.Errorf("%T: want -, got +:\n%s", c, diff)
		}
	}
}

func checkEmpty[N, E any](t *testing.T, name string, nodes []N, edges []E) {
	t.Helper()
	if nodes == nil || edges == nil || len(nodes)+len(edges) > 0 {
		t.Errorf("%s: nodes %#v, edges %#v, want empty lists that are not nil", name, nodes, edges)
	}
}

func TestNodesAndEdges(t *testing.T) {
	t.Parallel()
	page := store.Page{Limit: 2}

	nodes := companies(7, 9)
	search := &store.CompanySearch{Text: "x"}
	c := connection.NewCompanies(nodes, false, page, cursorOf, connection.CompanyCount{Search: search})
	if diff := cmp.Diff([]*connection.CompanyEdge{{Cursor: "at 7", Node: nodes[0]}, {Cursor: "at 9", Node: nodes[1]}}, c.Edges()); diff != "" {
		t.Errorf("companies: want -, got +:\n%s", diff)
	}
	if diff := cmp.Diff(nodes, c.Nodes()); diff != "" || c.Count.Search != search {
		t.Errorf("companies of %v: want -, got +:\n%s", c.Count, diff)
	}

	filing := &store.Filing{AccessionNumber: 32019323000106}
	filter := &store.FilingFilter{}
	f := connection.NewFilings([]*store.Filing{filing}, false, page, func(b []byte, f *store.Filing) []byte { return f.AccessionNumber.Append(b) }, 42, filter)
	edges, info := f.Edges(), f.PageInfo()
	if len(edges) != 1 || edges[0].Node != filing || edges[0].Cursor != "0000320193-23-000106" || *info.EndCursor != edges[0].Cursor {
		t.Errorf("filings: edges %v, page info %v", edges, info)
	}
	if f.Company != 42 || f.Filter != filter || len(f.Nodes()) != 1 || f.Nodes()[0] != filing {
		t.Errorf("filings: %+v", f)
	}

	definition := &store.MetricDefinition{Name: "us-gaap:Assets", Period: edgar.PeriodInstant}
	of := &store.MetricDefinitionFilter{}
	d := connection.NewMetricDefinitions([]*store.MetricDefinition{definition}, false, page, func(b []byte, d *store.MetricDefinition) []byte { return append(b, d.Name...) }, 42, of)
	if edges := d.Edges(); len(edges) != 1 || edges[0].Node != definition || edges[0].Cursor != "us-gaap:Assets" {
		t.Errorf("metric definitions: edges %v", edges)
	}
	if d.Company != 42 || d.Filter != of || len(d.Nodes()) != 1 || d.Nodes()[0] != definition {
		t.Errorf("metric definitions: %+v", d)
	}
}
