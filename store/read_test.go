package store_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

func seed(t testing.TB) string {
	t.Helper()
	sql, err := os.ReadFile("testdata/seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}

// all compares rows with their unexported fields.
var all = cmp.Exporter(func(reflect.Type) bool { return true })

// Keys of the answers are compared by the addresses of these.
var (
	latestAsks = []*store.MetricAsk{
		{Name: "us-gaap:Assets"},
		{Name: "us-gaap:Assets", Unit: "EUR"},
		{Name: "us-gaap:Revenues", Unit: "USD", Period: edgar.PeriodYear},
		{Name: "us-gaap:None"},
		{Name: "price:close"},
		{Name: "price:close", Ticker: "BRK-B"},
	}
	seriesAsks = []*store.SeriesAsk{
		{MetricAsk: *latestAsks[0], From: edgar.NewDate(2024, 1, 1), To: edgar.MaxDate},
		{MetricAsk: *latestAsks[1], From: edgar.MinDate, To: edgar.MaxDate},
		{MetricAsk: *latestAsks[4], From: edgar.MinDate, To: edgar.MaxDate},
		{MetricAsk: *latestAsks[4], From: edgar.NewDate(2000, 1, 1), To: edgar.NewDate(2000, 1, 2)},
		{MetricAsk: *latestAsOf[5], From: edgar.MinDate, To: edgar.NewDate(2000, 1, 2)},
		{MetricAsk: *latestAsOf[6], From: edgar.MinDate, To: edgar.NewDate(2000, 1, 2)},
	}
)

// asOf are asks as of a day; the days are before and after facts of each metric.
var (
	latestAsOf = []*store.MetricAsk{
		{Name: "us-gaap:Assets", AsOf: edgar.NewDate(2023, 11, 2)},
		{Name: "us-gaap:Assets", AsOf: edgar.NewDate(2023, 11, 3)},
		{Name: "us-gaap:Assets", Unit: "EUR", AsOf: edgar.NewDate(2023, 11, 3)},
		{Name: "us-gaap:Revenues", Unit: "USD", Period: edgar.PeriodYear, AsOf: edgar.NewDate(2024, 1, 1)},
		{Name: "us-gaap:None", AsOf: edgar.NewDate(2024, 1, 1)},
		{Name: "price:close", AsOf: edgar.NewDate(2000, 1, 2)},
		{Name: "price:close", Unit: "EUR", AsOf: edgar.NewDate(2000, 1, 2)},
	}
	seriesAsOf = []*store.SeriesAsk{
		{MetricAsk: *latestAsOf[1], From: edgar.MinDate, To: edgar.MaxDate},
		{MetricAsk: *latestAsOf[2], From: edgar.MinDate, To: edgar.MaxDate},
		{MetricAsk: *latestAsOf[3], From: edgar.MinDate, To: edgar.NewDate(2000, 1, 1)},
	}
	restatedValues = []*store.MetricValue{{FactID: 1, Name: "us-gaap:Assets"}, {FactID: 4}, {FactID: 1, Unit: "USD"}, {FactID: 99}, {}}
)

// answers asks every question that a Store answers and returns the answers by question.
func answers(t *testing.T, s *store.Store) map[string]any {
	t.Helper()
	e := &examination{t: t, store: s, batch: s.Batch(), answers: map[string]any{}}
	e.askKeys()
	e.askFilings()
	e.askDefinitions()
	e.askCompanies()
	e.note("batch", nil, e.batch.Run(t.Context()))
	return e.answers
}

// examination collects answers. Those of its batch are there when that has run.
type examination struct {
	t       *testing.T
	store   *store.Store
	batch   *store.Batch
	answers map[string]any
}

func (e *examination) note(question string, answer any, err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatalf("%s: %v", question, err)
	}
	e.answers[question] = answer
}

var someCompanies = []int64{6, 3, 1, 2, 4, 99}

func (e *examination) askKeys() {
	e.t.Helper()
	ctx, accessions := e.t.Context(), []edgar.AccessionNumber{32019323000106, 32019323000107, 106798300000001, 999999999999999999, 7}
	company, err := e.store.CompanyByID(ctx, 1)
	e.note("CompanyByID", company, err)
	company, err = e.store.CompanyByCIK(ctx, 320193)
	e.note("CompanyByCIK", company, err)
	company, err = e.store.CompanyByTicker(ctx, "BRK-A")
	e.note("CompanyByTicker", company, err)
	filing, err := e.store.FilingByAccession(ctx, accessions[0])
	e.note("FilingByAccession", filing, err)

	var latest []store.LatestKey
	var series []store.SeriesKey
	var buckets []store.BucketsKey
	for _, id := range someCompanies {
		for _, ask := range latestAsks {
			latest = append(latest, store.LatestKey{Company: id, Ask: ask})
		}
		for _, ask := range seriesAsks {
			series = append(series, store.SeriesKey{Company: id, Ask: ask})
			buckets = append(buckets, key(id, ask, false), key(id, ask, true))
		}
	}
	var latestAt []store.LatestKey
	var seriesAt []store.SeriesKey
	for _, id := range someCompanies {
		for _, ask := range latestAsOf {
			latestAt = append(latestAt, store.LatestKey{Company: id, Ask: ask})
		}
		for _, ask := range seriesAsOf {
			seriesAt = append(seriesAt, store.SeriesKey{Company: id, Ask: ask})
		}
	}
	maps.Copy(e.answers, map[string]any{
		"LatestValuesAsOf":   e.batch.LatestValuesAsOf(latestAt),
		"SeriesPointsAsOf":   e.batch.SeriesAsOf(seriesAt),
		"Restatements":       e.batch.Restatements(restatedValues),
		"CompaniesByID":      e.batch.CompaniesByID(someCompanies),
		"TickersOfCompanies": e.batch.TickersOfCompanies(someCompanies),
		"FilingsByAccession": e.batch.FilingsByAccession(accessions),
		"CompaniesOfFilings": e.batch.CompaniesOfFilings(accessions),
		"FilingSummaries":    e.batch.FilingSummaries(someCompanies),
		"DefinitionsByID":    e.batch.DefinitionsByID([]int32{1, 6, 99}),
		"LatestValues":       e.batch.LatestValues(latest),
		"LatestNumbers":      e.batch.LatestNumbers(latest),
		"SeriesPoints":       e.batch.Series(series, true),
		"SeriesBounds":       e.batch.Series(series, false),
		"SeriesBuckets":      e.batch.SeriesBuckets(buckets),
	})
}

func (e *examination) askFilings() {
	e.t.Helper()
	for i, f := range store.FilingFilters() {
		question := fmt.Sprint("filings ", i)
		e.answers[question+" counts"] = e.batch.FilingCountsOfCompanies(someCompanies, f)
		n, err := e.store.FilingCount(e.t.Context(), f)
		e.note(question+" count", n, err)
		for k, page := range store.Pages() {
			r := &store.FilingsRequest{Filter: f, Page: page, From: store.FilingPosition{FiledOn: edgar.NewDate(2000, 1, 1), ID: 121415600000002}}
			question := fmt.Sprint(question, " page ", k)
			e.answers[question+" of companies"] = e.batch.FilingsOfCompanies(someCompanies, r)
			list, err := e.store.FilingsPage(e.t.Context(), r)
			e.note(question, list, err)
		}
	}
}

func (e *examination) askDefinitions() {
	e.t.Helper()
	for i, f := range store.DefinitionFilters() {
		question := fmt.Sprint("definitions ", i)
		e.answers[question+" counts"] = e.batch.DefinitionCountsOfCompanies(someCompanies, f)
		n, err := e.store.DefinitionCount(e.t.Context(), f)
		e.note(question+" count", n, err)
		for k, page := range store.Pages() {
			r := &store.DefinitionsRequest{Filter: f, Page: page, From: store.DefinitionPosition{Name: "us-gaap:Assets"}}
			question := fmt.Sprint(question, " page ", k)
			e.answers[question+" of companies"] = e.batch.DefinitionsOfCompanies(someCompanies, r)
			list, err := e.store.DefinitionsPage(e.t.Context(), r)
			e.note(question, list, err)
		}
	}
}

func (e *examination) askCompanies() {
	e.t.Helper()
	filters := store.CompanyFilters()
	for set, f := range filters {
		if set&(set-1) != 0 && set != len(filters)-1 { // no condition, each one alone, all of them
			continue
		}
		n, err := e.store.CompanyCount(e.t.Context(), f)
		e.note(fmt.Sprint("companies ", set, " count"), n, err)
		for i, r := range store.CompanyRequests(f) {
			r.From.Name = "M"
			list, err := e.store.CompaniesPage(e.t.Context(), r)
			e.note(fmt.Sprint("companies ", set, " page ", i), list, err)
		}
	}
	for _, text := range []string{"AAPL", "a", "older co", "größe"} {
		search := &store.CompanySearch{Text: text}
		n, err := e.store.SearchCompanyCount(e.t.Context(), search)
		e.note("number found of "+text, n, err)
		hits, err := e.store.SearchCompanies(e.t.Context(), &store.SearchRequest{Search: search, Page: store.Page{Limit: 5}})
		e.note("found of "+text, hits, err)
	}
}

// statements are the names of the statements that a store has sent.
type statements struct {
	mu    sync.Mutex
	names map[string]int
}

func (s *statements) add(sql string) {
	line, _, _ := strings.Cut(sql, "\n")
	if name, ok := strings.CutPrefix(line, "-- name: "); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names[name]++
	}
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// statementNames are the names of the statements of the request path.
const statementNames = `
	CompaniesByID CompaniesOfFilings CompaniesPageByMarketCap CompaniesPageByName CompaniesPageByTicker CompanyByCIK
	CompanyByTicker CompanyCount DefinitionCount DefinitionCountByName DefinitionCountByWords DefinitionCountsOfCompanies
	DefinitionCountsOfCompaniesByName DefinitionCountsOfCompaniesByWords DefinitionsByID DefinitionsOfCompanies
	DefinitionsOfCompaniesBackward DefinitionsOfCompaniesByName DefinitionsOfCompaniesByNameBackward
	DefinitionsOfCompaniesByWords DefinitionsOfCompaniesByWordsBackward DefinitionsPage DefinitionsPageBackward
	DefinitionsPageByName DefinitionsPageByNameBackward DefinitionsPageByWords DefinitionsPageByWordsBackward FilingCount
	FilingCountByAmendment FilingCountByForm FilingCountsOfCompanies FilingCountsOfCompaniesByDate FilingSummaries
	FilingsByAccession FilingsOfCompanies FilingsOfCompaniesBackward FilingsOfCompaniesByAmendment
	FilingsOfCompaniesByAmendmentBackward FilingsOfCompaniesByForm FilingsOfCompaniesByFormBackward FilingsPage
	FilingsPageBackward FilingsPageByAmendment FilingsPageByAmendmentBackward FilingsPageByForm FilingsPageByFormBackward
	LatestNumbers LatestValues LatestValuesAsOf Restatements SearchCompaniesByPrefix SearchCompaniesByWord SearchCompaniesByWords
	SearchCompanyCountByPrefix SearchCompanyCountByWord SearchCompanyCountByWords
	SeriesBounds SeriesBuckets SeriesPoints SeriesPointsAsOf TickersOfCompanies`

// TestEveryStatement asks every question in every way in which pgx can send a statement: the answers are the same.
func TestEveryStatement(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	sent := &statements{names: map[string]int{}}
	s := open(t, database, store.Options{MaxConns: 1, Tracer: sent})
	execute(t, s, seed(t))
	want := answers(t, s)
	if diff := cmp.Diff(strings.Fields(statementNames), slices.Sorted(maps.Keys(sent.names))); diff != "" {
		t.Errorf("names of statements: want -, got +:\n%s", diff)
	}
	for _, mode := range execModes[1:] {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			got := answers(t, open(t, withParameter(t, database, "default_query_exec_mode", mode), store.Options{MaxConns: 1}))
			for name := range want {
				if diff := cmp.Diff(want[name], got[name], all); diff != "" {
					t.Errorf("%s: %s -, %s +:\n%s", name, execModes[0], mode, diff)
				}
			}
		})
	}
}
