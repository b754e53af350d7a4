package bench

import "strings"

// Workload is a question with the variables that it is asked with, one after the other.
type Workload struct {
	Name      string
	Title     string
	Query     string
	Variables []map[string]any
}

const nodeFields = `id cik ticker name sector industry country marketCap`

// Workloads returns the workloads over the demo data, for companies with the tickers, of which the first twenty have all
// daily prices over five years.
func Workloads(tickers []string) []Workload {
	const from, to = "2022-02-07", "2026-11-20"
	var (
		sectors   = []string{"Information Technology", "Health Care", "Financials", "Industrials"}
		exchanges = []string{"NYSE", "Nasdaq"}
		asked     = map[string][]map[string]any{}
	)
	add := func(name string, variables map[string]any) { asked[name] = append(asked[name], variables) }
	for _, t := range tickers {
		add("W1", map[string]any{"ticker": t})
	}
	for _, s := range sectors {
		for _, e := range exchanges {
			add("W2", map[string]any{"sector": s, "exchange": e})
			add("W3", map[string]any{"sector": s, "exchange": e, "names": []string{"price:close", "us-gaap:Revenues", "us-gaap:Assets"}})
		}
	}
	for _, d := range []string{"2026-11-05", "2026-11-06", "2026-08-06", "2026-05-07", "2025-11-06", "2025-02-27"} {
		add("W4", map[string]any{"date": d})
	}
	for i := range 10 {
		add("W5", map[string]any{"tickers": tickers[i : i+10], "metric": "price:close", "from": "2021-12-01", "to": "2026-11-20"})
		add("W6", map[string]any{"tickers": tickers[2*i : 2*i+2], "from": from, "to": to})
	}
	for _, q := range []string{"pharma", "bancorp", "energy", "software", "holdings", "systems"} {
		add("W7", map[string]any{"query": q})
	}
	aliases, metrics := chartKeys()
	var chart strings.Builder
	for i, a := range aliases {
		chart.WriteString(a + `: series(metric: "` + metrics[i] + `", from: $from, to: $to) { points { date value } } `)
	}
	return []Workload{
		{"W1", "company by ticker", `query ($ticker: String!) { company(ticker: $ticker) { ` + nodeFields + ` exchange sic fiscalYearEnd } }`, asked["W1"]},
		{"W2", "20 companies of a sector", `query ($sector: String!, $exchange: String!) {
			companies(filter: { sector: $sector, exchange: $exchange }, orderBy: { field: MARKET_CAP, direction: DESC }, first: 20) {
				nodes { ` + nodeFields + ` } } }`, asked["W2"]},
		{"W3", "50 companies x 5 filings x 3 latest metrics", `query ($sector: String!, $exchange: String!, $names: [String!]!) {
			companies(filter: { sector: $sector, exchange: $exchange }, orderBy: { field: MARKET_CAP, direction: DESC }, first: 50) { nodes {
				id ticker name marketCap filings(first: 5) { nodes { id form filedOn title } } metrics(names: $names) { name date value } } } }`, asked["W3"]},
		{"W4", "20 filings of a day, company, 3 filings", `query ($date: Date!) { filings(filter: { filedFrom: $date, filedTo: $date }, first: 20) { nodes {
			id form filedOn title company { id ticker name sector filings(first: 3) { nodes { id form filedOn title } } } } } }`, asked["W4"]},
		{"W5", "10 companies, 5 years by month", `query ($tickers: [String!]!, $metric: String!, $from: Date!, $to: Date!) {
			companies(filter: { tickers: $tickers }, first: 10) { nodes { ticker
				series(metric: $metric, from: $from, to: $to) { buckets(by: MONTH) { start avg min max } } } } }`, asked["W5"]},
		{"W6", "10,000 points", `query ($tickers: [String!]!, $from: Date!, $to: Date!) {
			companies(filter: { tickers: $tickers }, first: 2) { nodes { ticker ` + chart.String() + `} } }`, asked["W6"]},
		{"W7", "search by name", `query ($query: String!) { searchCompanies(query: $query, first: 20) { nodes { ` + nodeFields + ` } } }`, asked["W7"]},
	}
}
