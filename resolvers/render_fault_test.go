package resolvers_test

import (
	"strings"
	"testing"

	"github.com/corpintel/corpintel/resolvers"
)

// TestFaultsOfFields has faults at the end of every kind of path, alone and beside some that the executor has to report.
func TestFaultsOfFields(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, "testdata/seed.sql", "testdata/crowd.sql")
	with, without := serveWith(t, database, resolvers.NewRenderer()), serveWith(t, database)
	const faulty = `x: metric(name: "wrong") { value } name y: series(metric: "us-gaap:Assets", unit: "GBP") { from }
		metrics(names: ["us-gaap:Assets", "wrong", "price:close", ":"]) { value filing { company { metric(name: "us-gaap:Assets", unit: "EUR") { value } } } }`
	for name, query := range map[string]string{
		"object":            `{ company(ticker: "ACME") { ` + faulty + ` } }`,
		"nodes and edges":   `{ companies(first: 30) { nodes { ` + faulty + ` } edges { cursor node { ` + faulty + ` } } pageInfo { endCursor } } }`,
		"below lists":       `{ filings(first: 9) { nodes { form company { ` + faulty + ` } companies { filings(first: 2) { nodes { company { ` + faulty + ` } } } } } } }`,
		"interfaces":        `{ nodes(ids: ["Q29tcGFueTox", "Q29tcGFueToy", "x"]) { id ... on Company { ` + faulty + ` } } node(id: "Q29tcGFueTox") { ... on Company { ` + faulty + ` } } }`,
		"several roots":     `{ a: company(ticker: "ACME") { ` + faulty + ` } b: company(cik: 1001) { name } c: companies(first: 2) { nodes { ` + faulty + ` } } }`,
		"not to be null":    `{ companies(first: 9) { nodes { ` + faulty + ` filings(first: 1000) { totalCount } } } }`,
		"not to be null, 2": `{ company(ticker: "ACME") { filings(first: -1) { totalCount } ` + faulty + ` } }`,
		"not coerced":       `query ($n: [String!]! = ["wrong"], $d: Date) { company(ticker: "ACME") { m: metrics(names: $n, asOf: $d) { value } ` + faulty + ` } }`,
		"size":              `{ companies(first: 200) { nodes { series(metric: "price:close", from: "1900-01-01", to: "2200-12-31") { buckets(by: DAY, fill: PREVIOUS) { start } a: buckets(by: DAY, fill: NULL) { start } } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				sameBytes(t, with, without, query, nil)
			}
			if body := string(with.post(t, query, nil)); name != "size" && !strings.Contains(body, "BAD_USER_INPUT") {
				t.Errorf("there is no fault: %.300s", body)
			}
		})
	}
}

// TestFaultsAreCheap has every field of many objects fault: the executor, which does the same, needs several times the
// allocations.
func TestFaultsAreCheap(t *testing.T) { //nolint:paralleltest // allocations are counted
	database := newDatabase(t, "testdata/seed.sql", "testdata/crowd.sql")
	with, without := serveWith(t, database, resolvers.NewRenderer()), serveWith(t, database)
	const query = `{ companies(first: 200) { nodes { name filings(first: 2) { nodes { form company { metric(name: "wrong") { value } } } } } } }`
	allocs := func(s *server) float64 {
		s.post(t, query, nil)
		return testing.AllocsPerRun(5, func() { s.post(t, query, nil) })
	}
	if renderer, executor := allocs(with), allocs(without); renderer > executor/3 {
		t.Errorf("%.0f allocations with the Renderer, %.0f without", renderer, executor)
	} else {
		t.Logf("%.0f allocations with the Renderer, %.0f without", renderer, executor)
	}
}
