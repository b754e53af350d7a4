package resolvers_test

import (
	"strings"
	"testing"
)

// BenchmarkOperation runs operations of the dashboard from the client's request to the last byte of the answer.
func BenchmarkOperation(b *testing.B) {
	s := newServer(b, "testdata/seed.sql", "testdata/crowd.sql")
	const long = `insert into metrics (series_id, date, value) select 9, date '1990-01-01' + d, d * 0.25 from generate_series(0, 9999) d`
	if _, err := s.store.Pool().Exec(b.Context(), long); err != nil {
		b.Fatal(err)
	}
	for _, o := range []struct{ name, query, want string }{
		{"company", `{ company(ticker: "ACME") { id cik name ticker sector industry country exchange marketCap } }`, `"Acme Robotics Inc"`},
		{"dashboard", `{ companies(first: 50, filter: { sector: "Crowd", exchange: "NYSE" }, orderBy: { field: MARKET_CAP, direction: DESC }) { nodes {
			id ticker name marketCap filings(first: 5) { nodes { id form filedOn title } }
			metrics(names: ["us-gaap:Assets", "price:close", "us-gaap:Revenues"]) { name date value } } } }`, `"Crowd 191"`},
		{"points", `{ company(ticker: "ACME") { series(metric: "price:close") { points { date value } } } }`, `"2017-05-18"`},
	} {
		b.Run(o.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if body := string(s.post(b, o.query, nil)); !strings.Contains(body, o.want) {
					b.Fatalf("%.400s", body)
				}
			}
		})
	}
}
