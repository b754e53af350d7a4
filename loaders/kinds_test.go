package loaders_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

var (
	newest      = &store.FilingsRequest{Filter: &store.FilingFilter{}, Page: store.Page{Limit: 1}}
	annual      = &store.FilingsRequest{Filter: &store.FilingFilter{Forms: []string{"10-K"}}, Page: store.Page{Limit: 1}}
	definitions = &store.DefinitionsRequest{Filter: &store.MetricDefinitionFilter{}, Page: store.Page{Limit: 2}}
	assets      = &store.MetricAsk{Name: "us-gaap:Assets"}
	closing     = &store.MetricAsk{Name: "price:close"}
	inEuro      = &store.MetricAsk{Name: "us-gaap:Assets", Unit: "EUR"}
	prices      = &store.SeriesAsk{MetricAsk: *closing, From: edgar.MinDate, To: edgar.MaxDate}
	assetsThen  = &store.MetricAsk{Name: "us-gaap:Assets", AsOf: edgar.NewDate(2023, 11, 3)}
	seriesThen  = &store.SeriesAsk{MetricAsk: *assetsThen, From: edgar.MinDate, To: edgar.MaxDate}
)

type (
	set                         = *loaders.Set
	loader[K comparable, V any] = *loaders.Loader[K, V]
)

// kinds are all loaders of a set, with keys of rows of the seed; the last key is of nothing there.
var kinds = map[string]interface {
	test(t *testing.T, s *store.Store, sent *statements)
}{
	"Companies": &kind[int64, *store.Company]{
		"CompaniesByID", func(s set) loader[int64, *store.Company] { return s.Companies }, []int64{1, 2, 6, 99},
	},
	"Tickers": &kind[int64, []*store.Ticker]{
		"TickersOfCompanies", func(s set) loader[int64, []*store.Ticker] { return s.Tickers }, []int64{1, 2, 6, 99},
	},
	"Filing": &kind[edgar.AccessionNumber, *store.Filing]{
		"FilingsByAccession", func(s set) loader[edgar.AccessionNumber, *store.Filing] { return s.Filing },
		[]edgar.AccessionNumber{32019323000106, 100100000001, 7},
	},
	"FilingCompanies": &kind[edgar.AccessionNumber, *store.FilingCompanies]{
		"CompaniesOfFilings",
		func(s set) loader[edgar.AccessionNumber, *store.FilingCompanies] { return s.FilingCompanies },
		[]edgar.AccessionNumber{32019323000106, 100100000001, 7},
	},
	"Filings": &kind[loaders.FilingsKey, *store.FilingPage]{
		"FilingsOfCompanies FilingsOfCompaniesByForm",
		func(s set) loader[loaders.FilingsKey, *store.FilingPage] { return s.Filings },
		[]loaders.FilingsKey{{1, newest}, {3, newest}, {1, annual}, {3, annual}},
	},
	"FilingCounts": &kind[loaders.FilingCountKey, int]{
		"FilingCountsOfCompanies FilingCountsOfCompanies",
		func(s set) loader[loaders.FilingCountKey, int] { return s.FilingCounts },
		[]loaders.FilingCountKey{{1, newest.Filter}, {3, newest.Filter}, {1, annual.Filter}, {3, annual.Filter}},
	},
	"CompanyTotals": &kind[loaders.CompanyTotalKey, int]{
		"CompanyCount CompanyCount SearchCompanyCountByWords",
		func(s set) loader[loaders.CompanyTotalKey, int] { return s.CompanyTotals },
		[]loaders.CompanyTotalKey{
			{Filter: &store.CompanyFilter{}},
			{Search: &store.CompanySearch{Text: "no such company"}},
			{Filter: &store.CompanyFilter{CIKs: []edgar.CIK{99}}},
		},
	},
	"FilingTotals": &kind[*store.FilingFilter, int]{
		"FilingCount FilingCountByForm", func(s set) loader[*store.FilingFilter, int] { return s.FilingTotals },
		[]*store.FilingFilter{{}, {Forms: []string{"none such"}}},
	},
	"DefinitionTotals": &kind[*store.MetricDefinitionFilter, int]{
		"DefinitionCount DefinitionCountByName",
		func(s set) loader[*store.MetricDefinitionFilter, int] { return s.DefinitionTotals },
		[]*store.MetricDefinitionFilter{{}, {Names: []string{"none:Such"}}},
	},
	"FilingSummaries": &kind[int64, *store.FilingSummary]{
		"FilingSummaries", func(s set) loader[int64, *store.FilingSummary] { return s.FilingSummaries }, []int64{1, 3, 99},
	},
	"Definition": &kind[int32, *store.MetricDefinition]{
		"DefinitionsByID", func(s set) loader[int32, *store.MetricDefinition] { return s.Definition }, []int32{1, 6, 99},
	},
	"Definitions": &kind[loaders.DefinitionsKey, *store.DefinitionPage]{
		"DefinitionsOfCompanies",
		func(s set) loader[loaders.DefinitionsKey, *store.DefinitionPage] { return s.Definitions },
		[]loaders.DefinitionsKey{{1, definitions}, {2, definitions}, {3, definitions}},
	},
	"DefinitionCounts": &kind[loaders.DefinitionCountKey, int]{
		"DefinitionCountsOfCompanies",
		func(s set) loader[loaders.DefinitionCountKey, int] { return s.DefinitionCounts },
		[]loaders.DefinitionCountKey{{1, definitions.Filter}, {2, definitions.Filter}, {3, definitions.Filter}},
	},
	"Latest": &kind[store.LatestKey, store.Reported[store.MetricValue]]{
		"LatestValues", func(s set) loader[store.LatestKey, store.Reported[store.MetricValue]] { return s.Latest },
		[]store.LatestKey{
			{Company: 1, Ask: assets}, {Company: 2, Ask: inEuro}, {Company: 2, Ask: closing}, {Company: 1, Ask: inEuro}, {Company: 99, Ask: assets},
		},
	},
	"Series": &kind[store.SeriesKey, store.Reported[store.Series]]{
		"SeriesPoints", func(s set) loader[store.SeriesKey, store.Reported[store.Series]] { return s.Series },
		[]store.SeriesKey{{Company: 1, Ask: prices}, {Company: 2, Ask: prices}, {Company: 3, Ask: prices}},
	},
	"LatestAsOf": &kind[store.LatestKey, store.Reported[store.MetricValue]]{
		"LatestValuesAsOf", func(s set) loader[store.LatestKey, store.Reported[store.MetricValue]] { return s.LatestAsOf },
		[]store.LatestKey{{Company: 1, Ask: assetsThen}, {Company: 2, Ask: assetsThen}, {Company: 99, Ask: assetsThen}},
	},
	"SeriesAsOf": &kind[store.SeriesKey, store.Reported[store.Series]]{
		"SeriesPointsAsOf", func(s set) loader[store.SeriesKey, store.Reported[store.Series]] { return s.SeriesAsOf },
		[]store.SeriesKey{{Company: 1, Ask: seriesThen}, {Company: 2, Ask: seriesThen}, {Company: 99, Ask: seriesThen}},
	},
	"Restatements": &kind[*store.MetricValue, []*store.MetricValue]{
		"Restatements", func(s set) loader[*store.MetricValue, []*store.MetricValue] { return s.Restatements },
		[]*store.MetricValue{{FactID: 1}, {FactID: 2}, {FactID: 99}},
	},
	"SeriesBounds": &kind[store.SeriesKey, store.Reported[store.Series]]{
		"SeriesBounds", func(s set) loader[store.SeriesKey, store.Reported[store.Series]] { return s.SeriesBounds },
		[]store.SeriesKey{{Company: 1, Ask: prices}, {Company: 2, Ask: prices}, {Company: 3, Ask: prices}},
	},
	"SeriesBuckets": &kind[store.BucketsKey, store.Reported[store.Series]]{
		"SeriesBuckets", func(s set) loader[store.BucketsKey, store.Reported[store.Series]] { return s.SeriesBuckets },
		[]store.BucketsKey{
			{Company: 1, BucketsAsk: store.BucketsAsk{Ask: prices, Monthly: true, Bounded: true}},
			{Company: 2, BucketsAsk: store.BucketsAsk{Ask: prices}},
			{Company: 3, BucketsAsk: store.BucketsAsk{Ask: prices}},
		},
	},
}

// kind is a loader, the statements that fetch its values, and keys.
type kind[K comparable, V any] struct {
	statements string
	loader     func(set) loader[K, V]
	keys       []K
}

// load loads all keys at once.
func (k *kind[K, V]) load(ctx context.Context) ([]V, []error) {
	values, errs := make([]V, len(k.keys)), make([]error, len(k.keys))
	loader := k.loader(loaders.From(ctx))
	var loading sync.WaitGroup
	for i, key := range k.keys {
		loading.Go(func() { values[i], errs[i] = loader.Load(ctx, key) })
	}
	loading.Wait()
	return values, errs
}

// want makes a context with a loader set and a batch that asks for all keys.
func (k *kind[K, V]) want(ctx context.Context, l *loaders.Loaders) (context.Context, *loaders.Batch) {
	ctx = l.Attach(ctx)
	batch := loaders.From(ctx).Batch()
	k.loader(loaders.From(ctx)).Want(batch, k.keys...)
	return ctx, batch
}

func (k *kind[K, V]) test(t *testing.T, s *store.Store, sent *statements) {
	t.Helper()
	l := loaders.New(s, time.Now)
	ctx, batch := k.want(t.Context(), l)
	batch.Run(ctx)
	sent.check(t, 1, k.statements)
	primed := k.mustLoad(ctx, t)
	sent.check(t, 0, "")
	if n := l.Unprimed(); n != 0 {
		t.Errorf("%d keys are counted as not primed", n)
	}
	if first, last := k.keys[0], k.keys[len(k.keys)-1]; isZero(primed[0]) || !isZero(primed[len(primed)-1]) {
		t.Errorf("%v of %v, %v of %v", primed[0], first, primed[len(primed)-1], last)
	}

	// Not primed: one batch of all that is loaded within the wait. In a bubble that ends when all are waiting, however
	// slow the machine is.
	synctest.Test(t, func(t *testing.T) {
		stray := k.mustLoad(l.Attach(t.Context()), t)
		if diff := cmp.Diff(primed, stray, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("primed -, not primed +:\n%s", diff)
		}
	})
	sent.check(t, 1, k.statements)
	if n := l.Unprimed(); n != int64(len(k.keys)) {
		t.Errorf("%d keys were not primed, %d are counted", len(k.keys), n)
	}

	// A batch that fails, primed or not, fails for each of its keys.
	ended, end := context.WithCancel(t.Context())
	end()
	primedCtx, batch := k.want(ended, l)
	batch.Run(primedCtx)
	for _, ctx := range []context.Context{primedCtx, l.Attach(ended)} {
		values, errs := k.load(ctx)
		for i := range k.keys {
			if !errors.Is(errs[i], context.Canceled) || !isZero(values[i]) {
				t.Errorf("%v of a failed batch: value %v, error %v", k.keys[i], values[i], errs[i])
			}
		}
	}
}

func (k *kind[K, V]) mustLoad(ctx context.Context, t *testing.T) []V {
	t.Helper()
	values, errs := k.load(ctx)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return values
}

func isZero[V any](v V) bool { return reflect.ValueOf(&v).Elem().IsZero() }

func TestKinds(t *testing.T) {
	t.Parallel()
	for f := range reflect.TypeFor[loaders.Set]().Fields() {
		if f.IsExported() && kinds[f.Name] == nil {
			t.Errorf("%s is not tested", f.Name)
		}
	}
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sent := open(t)
			k.test(t, s, sent)
		})
	}
}
