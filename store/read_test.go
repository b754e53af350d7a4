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
	}
)

// answers asks every question that a Store answers and returns the answers by question.
func answers(t *testing.T, s *store.Store) map[string]any {
	t.Helper()
	ctx, out := t.Context(), map[string]any{}
	must := func(name string, answer any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = answer
	}
	ids := []int64{6, 3, 1, 2, 4, 99}
	var latest []store.LatestKey
	var series []store.SeriesKey
	for _, id := range ids {
		for _, ask := range latestAsks {
			latest = append(latest, store.LatestKey{Company: id, Ask: ask})
		}
		for _, ask := range seriesAsks {
			series = append(series, store.SeriesKey{Company: id, Ask: ask})
		}
	}
	accessions := []edgar.AccessionNumber{32019323000106, 32019323000107, 999999999999999999, 100100000001, 106798300000001, 121415600000002, 7}

	company, err := s.CompanyByID(ctx, 1)
	must("CompanyByID", company, err)
	company, err = s.CompanyByCIK(ctx, 320193)
	must("CompanyByCIK", company, err)
	company, err = s.CompanyByTicker(ctx, "BRK-A")
	must("CompanyByTicker", company, err)
	filing, err := s.FilingByAccession(ctx, accessions[0])
	must("FilingByAccession", filing, err)

	b := s.Batch()
	for name, answer := range map[string]any{
		"CompaniesByID":      b.CompaniesByID(ids),
		"TickersOfCompanies": b.TickersOfCompanies(ids),
		"FilingsByAccession": b.FilingsByAccession(accessions),
		"CompaniesOfFilings": b.CompaniesOfFilings(accessions),
		"FilingSummaries":    b.FilingSummaries(ids),
		"DefinitionsByID":    b.DefinitionsByID([]int32{1, 6, 99}),
		"LatestValues":       b.LatestValues(latest),
		"SeriesPoints":       b.Series(series, true),
		"SeriesBounds":       b.Series(series, false),
	} {
		out[name] = answer
	}
	for i, f := range store.FilingFilters() {
		key := fmt.Sprint("filings ", i)
		out[key+" counts"] = b.FilingCountsOfCompanies(ids, f)
		n, err := s.FilingCount(ctx, f)
		must(key+" count", n, err)
		for k, page := range store.Pages() {
			r := &store.FilingsRequest{Filter: f, Page: page, From: filing.Position()}
			key := fmt.Sprint(key, " page ", k)
			out[key+" of companies"] = b.FilingsOfCompanies(ids, r)
			list, err := s.FilingsPage(ctx, r)
			must(key, list, err)
		}
	}
	for i, f := range store.DefinitionFilters() {
		key := fmt.Sprint("definitions ", i)
		out[key+" counts"] = b.DefinitionCountsOfCompanies(ids, f)
		n, err := s.DefinitionCount(ctx, f)
		must(key+" count", n, err)
		for k, page := range store.Pages() {
			r := &store.DefinitionsRequest{Filter: f, Page: page, From: store.DefinitionPosition{Name: "us-gaap:Assets"}}
			key := fmt.Sprint(key, " page ", k)
			out[key+" of companies"] = b.DefinitionsOfCompanies(ids, r)
			list, err := s.DefinitionsPage(ctx, r)
			must(key, list, err)
		}
	}
	must("batch", nil, b.Run(ctx))
	for set, f := range store.CompanyFilters() {
		if set&(set-1) != 0 && set != 127 { // no condition, each one alone, all of them
			continue
		}
		n, err := s.CompanyCount(ctx, f)
		must(fmt.Sprint("companies ", set, " count"), n, err)
		for i, r := range store.CompanyRequests(f) {
			r.From.Name = "M"
			list, err := s.CompaniesPage(ctx, r)
			must(fmt.Sprint("companies ", set, " page ", i), list, err)
		}
	}
	for _, text := range []string{"AAPL", "a", "older co", "größe"} {
		search := &store.CompanySearch{Text: text}
		n, err := s.SearchCompanyCount(ctx, search)
		must("number found of "+text, n, err)
		hits, _, err := s.SearchCompanies(ctx, &store.SearchRequest{Search: search, Page: store.Page{Limit: 5}})
		must("found of "+text, hits, err)
	}
	return out
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
	LatestValues SearchCompaniesByPrefix SearchCompaniesByWords SearchCompanyCountByPrefix SearchCompanyCountByWords
	SeriesBounds SeriesPoints TickersOfCompanies`

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
