package consistency_test

import (
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store"
)

// known is what there is to ask for and to write to.
type known struct {
	ids, ciks []int64
	tickers   []string // of companies that have one
	sectors   []string
	filings   []string // accession numbers
}

// reported are companies of excerpts, which come into being when these are imported.
var reported = []int64{320193, 1652044, 909832, 55785, 789019, 701985}

func readKnown(w *world) *known {
	w.t.Helper()
	k := &known{}
	column := func(to any, sql string) {
		var err error
		switch to := to.(type) {
		case *[]int64:
			*to, err = collect[int64](w, sql)
		case *[]string:
			*to, err = collect[string](w, sql)
		}
		if err != nil {
			w.t.Fatalf("%s: %v", sql, err)
		}
	}
	column(&k.ids, "select id from companies where cik is not null order by id")
	column(&k.ciks, "select cik from companies where cik is not null order by id")
	column(&k.tickers, "select symbol from securities where valid_to is null and company_id is not null order by id")
	column(&k.sectors, "select distinct sector from companies where sector is not null order by 1")
	column(&k.filings, `select substr(f, 1, 10) || '-' || substr(f, 11, 2) || '-' || substr(f, 13)
		from (select lpad(id::text, 18, '0') as f from filings order by filed_on desc, id limit 12) n`)
	return k
}

func collect[T any](w *world, sql string) ([]T, error) {
	rows, _ := w.pool.Query(w.t.Context(), sql) // collecting reports the error
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

func pick[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

// cik draws a company, one in four of those that may not be there yet.
func (k *known) cik(random *rand.Rand) int64 {
	if random.IntN(4) == 0 {
		return pick(random, reported)
	}
	return pick(random, k.ciks)
}

// operation asks for something that its variables choose.
type operation struct {
	text      string
	variables func(*known, *rand.Rand) map[string]any
}

const wholeCompany = ` id cik name formerNames sic sector industry country ticker exchange marketCap tickers { symbol exchange from to }
	filingSummary { count firstFiledOn byForm { form count } }
	metrics(names: ["us-gaap:Assets", "us-gaap:Revenues", "price:close"]) { value date ticker fiscalYear form definition { label unit } } `

func ofCIK(k *known, random *rand.Rand) map[string]any { return map[string]any{"cik": k.cik(random)} }

func ofSector(k *known, random *rand.Rand) map[string]any {
	return map[string]any{
		"sector": pick(random, append([]string{"Moved"}, k.sectors...)), "field": pick(random, []string{"NAME", "TICKER", "MARKET_CAP"}),
		"direction": pick(random, []string{"ASC", "DESC"}),
	}
}

func ofForms(_ *known, random *rand.Rand) map[string]any {
	return map[string]any{"forms": pick(random, [][]string{{"10-K"}, {"10-Q", "8-K"}, {"8-K/A", "4"}, {"10-K405"}})}
}

// operations are those that are asked for.
func operations() []operation {
	return []operation{
		{`query ($t: String!) { company(ticker: $t) {` + wholeCompany + `} }`, func(k *known, random *rand.Rand) map[string]any {
			return map[string]any{"t": pick(random, append([]string{"AAPL", "BBWI", "GOOG", "NEW1"}, k.tickers...))}
		}},
		{`query ($t: String!) { company(ticker: $t) { name } }`, func(_ *known, random *rand.Rand) map[string]any { // comes and goes
			return map[string]any{"t": pick(random, []string{"NEW1", "NEW2", "NEW3"})}
		}},
		{`query ($cik: CIK!) { company(cik: $cik) {` + wholeCompany + `} }`, ofCIK},
		{`query ($id: ID!) { node(id: $id) { ... on Company {` + wholeCompany + `} } }`, func(k *known, random *rand.Rand) map[string]any {
			return map[string]any{"id": (&store.Company{ID: pick(random, k.ids)}).NodeID()}
		}},
		{`query ($sector: String, $field: CompanyOrderField!, $direction: OrderDirection!) {
			companies(filter: { sector: $sector }, orderBy: { field: $field, direction: $direction }, first: 4) {
				totalCount pageInfo { hasNextPage endCursor } nodes { cik name ticker industry marketCap } } }`, ofSector},
		{`query ($sector: String, $field: CompanyOrderField!, $direction: OrderDirection!) {
			companies(filter: { sector: $sector, country: "US" }, orderBy: { field: $field, direction: $direction }) {
				nodes { name tickers { symbol } metrics(names: ["price:close", "us-gaap:Assets"]) { value } filings(first: 2) { nodes { form filedOn } } } } }`, ofSector},
		{
			`query ($first: Int!) { companies(first: $first, orderBy: { field: MARKET_CAP, direction: DESC }) { totalCount nodes { name ticker marketCap sector } } }`,
			func(_ *known, random *rand.Rand) map[string]any { return map[string]any{"first": 2 + 3*random.IntN(4)} },
		},
		{`query ($forms: [String!]) { filings(filter: { forms: $forms }, first: 5) { totalCount nodes { accessionNumber form filedOn acceptedAt periodEnd title url } } }`, ofForms},
		{`query ($forms: [String!]) { filings(filter: { forms: $forms }, first: 3) { nodes { accessionNumber title company { name ticker } companies { name sic } } } }`, ofForms},
		{
			`query ($first: Int!) { filings(first: $first) { nodes { accessionNumber form title companies { cik name } } } }`,
			func(_ *known, random *rand.Rand) map[string]any { return map[string]any{"first": 1 + random.IntN(6)} },
		},
		{
			`query ($first: Int!) { filings(first: $first) { totalCount nodes { accessionNumber form title acceptedAt } } }`,
			func(_ *known, random *rand.Rand) map[string]any { return map[string]any{"first": 8 + 4*random.IntN(2)} },
		},
		{
			`query ($a: AccessionNumber!) { filing(accessionNumber: $a) { title } }`,
			func(k *known, random *rand.Rand) map[string]any { return map[string]any{"a": pick(random, k.filings)} },
		},
		{
			`query ($a: AccessionNumber!) { filing(accessionNumber: $a) { form title filedOn periodEnd company { name ticker } companies { name sic } } }`,
			func(k *known, random *rand.Rand) map[string]any {
				return map[string]any{"a": pick(random, append([]string{"0000320193-23-000106"}, k.filings...))}
			},
		},
		{`query ($cik: CIK!) { company(cik: $cik) { name filings(first: 4) { totalCount nodes { accessionNumber form title } } } }`, ofCIK},
		{`query ($cik: CIK!) { company(cik: $cik) { metric(name: "us-gaap:Assets") { value date form filedOn filing { accessionNumber form title } } } }`, ofCIK},
		{`query ($cik: CIK!) { company(cik: $cik) { metrics(names: ["us-gaap:NetIncomeLoss", "us-gaap:Revenues", "dei:EntityCommonStockSharesOutstanding"]) { value filing { form filedOn companies { name } } } } }`, ofCIK},
		{`query ($cik: CIK!) { company(cik: $cik) { name series(metric: "price:close", from: "2025-01-01") { from to definition { label } buckets(by: MONTH) { start count last max } } } }`, ofCIK},
		{`query ($cik: CIK!) { company(cik: $cik) { series(metric: "us-gaap:Assets") { from to points { date value } } } }`, ofCIK},
		{`query ($cik: CIK!) { company(cik: $cik) { metric(name: "us-gaap:Assets", asOf: "2021-06-30") { value date } series(metric: "us-gaap:Assets", asOf: "2021-06-30") { points { value } } } }`, ofCIK},
		{
			`query ($text: String!) { searchCompanies(query: $text, first: 6) { nodes { name ticker tickers { symbol to } } } }`,
			func(_ *known, random *rand.Rand) map[string]any {
				return map[string]any{"text": pick(random, []string{"inc", "corp", "renamed", "apple", "new"})}
			},
		},
		{
			`query ($first: Int!) { metricDefinitions(first: $first) { totalCount nodes { name unit period label } } }`,
			func(_ *known, random *rand.Rand) map[string]any { return map[string]any{"first": 3 + random.IntN(3)} },
		},
		{
			`query ($cik: CIK!, $t: String!) { a: company(cik: $cik) { name } b: company(ticker: $t) { name marketCap } }`,
			func(k *known, random *rand.Rand) map[string]any {
				return map[string]any{"cik": k.cik(random), "t": pick(random, append([]string{"AAPL", "NEW2"}, k.tickers...))}
			},
		},
		{markText(), func(*known, *rand.Rand) map[string]any { return nil }},
	}
}

// phase is what some steps are about: a few operations and writes, so that they meet often.
type phase struct {
	operations []operation
	writes     []int // kinds, see drawWrite
	left       int   // steps
}

const (
	phaseSteps      = 60
	phaseOperations = 5
	phaseWrites     = 4
)

// advance begins another phase when one has ended.
func (w *world) advance() {
	if w.phase.left--; w.phase.left > 0 {
		return
	}
	operations, writes := operations(), w.random.Perm(writeKinds)
	w.random.Shuffle(len(operations), func(i, k int) { operations[i], operations[k] = operations[k], operations[i] })
	w.phase, w.asked = phase{operations[:phaseOperations], writes[:phaseWrites], phaseSteps}, nil
}

// drawQuestion draws what is asked.
func (w *world) drawQuestion() question {
	o := pick(w.random, w.phase.operations)
	return question{o.text, o.variables(w.known, w.random)}
}
