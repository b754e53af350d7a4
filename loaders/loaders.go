// Package loaders collects what the resolvers of one operation need and fetches it in few statements.
//
// A resolver that returns objects looks ahead at what will be asked of them, puts that into a Batch, and runs it: the
// statements of a batch go out in one round trip, and its results are primed. The resolvers of the children call Load
// and find them. A Load of something that was not primed still works: it waits a millisecond for others of its kind, and is
// counted.
package loaders

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/store"
)

// Loaders makes the loader set of each operation.
type Loaders struct {
	store    *store.Store
	now      func() time.Time
	unprimed atomic.Int64
	dataSet  *keptDataSet
	entities *Entities // nil: nothing is kept between operations
	watch    func(loader string, keys int)
}

// Option changes what New returns.
type Option func(*Loaders)

// WithWatch makes the loaders tell watch of each batch: the name that the loader has in its Set, and for how many keys it was asked
// together. It must not block, and may be called concurrently.
func WithWatch(watch func(loader string, keys int)) Option {
	return func(l *Loaders) { l.watch = watch }
}

// WithEntities makes the loaders ask e first, and keep there what they fetch. With nil they keep nothing.
func WithEntities(e *Entities) Option { return func(l *Loaders) { l.entities = e } }

// New returns Loaders that fetch from s; now tells them what today is.
func New(s *store.Store, now func() time.Time, options ...Option) *Loaders {
	l := &Loaders{store: s, now: now, dataSet: newKeptDataSet(), watch: func(string, int) {}}
	for _, o := range options {
		o(l)
	}
	return l
}

// Unprimed returns how many keys were loaded so far that no resolver had looked ahead for.
func (l *Loaders) Unprimed() int64 { return l.unprimed.Load() }

type setKey struct{}

// Attach returns a context with a loader set of its own, for one operation.
func (l *Loaders) Attach(ctx context.Context) context.Context {
	set := newSet(l)
	set.recorder = explain.From(ctx)
	return context.WithValue(ctx, setKey{}, set)
}

// From returns the loader set of the operation; it panics when Attach was not called.
func From(ctx context.Context) *Set { return ctx.Value(setKey{}).(*Set) }

// FilingsKey is a page of the filings of a company; requests are compared by their address.
type FilingsKey struct {
	Company int64
	Request *store.FilingsRequest
}

// CompanyTotalKey is the number of companies that satisfy a filter or match a text; they are compared by their address.
type CompanyTotalKey struct {
	Filter *store.CompanyFilter
	Search *store.CompanySearch // instead of Filter
}

// FilingCountKey is the number of filings of a company; filters are compared by their address.
type FilingCountKey struct {
	Company int64
	Filter  *store.FilingFilter
}

// DefinitionsKey is a page of the metric definitions of a company; requests are compared by their address.
type DefinitionsKey struct {
	Company int64
	Request *store.DefinitionsRequest
}

// DefinitionCountKey is the number of definitions of a company; filters are compared by their address.
type DefinitionCountKey struct {
	Company int64
	Filter  *store.MetricDefinitionFilter
}

// Set holds the loaders of one operation, and the arguments that are their keys.
type Set struct {
	shared   *Loaders
	today    edgar.Date
	recorder *explain.Recorder // nil unless the operation is explained

	Companies        *Loader[int64, *store.Company]
	CompanyTotals    *Loader[CompanyTotalKey, int]
	Tickers          *Loader[int64, []*store.Ticker]
	Filing           *Loader[edgar.AccessionNumber, *store.Filing]
	FilingCompanies  *Loader[edgar.AccessionNumber, *store.FilingCompanies]
	Filings          *Loader[FilingsKey, *store.FilingPage]
	FilingCounts     *Loader[FilingCountKey, int]
	FilingTotals     *Loader[*store.FilingFilter, int]
	FilingSummaries  *Loader[int64, *store.FilingSummary]
	Definition       *Loader[int32, *store.MetricDefinition]
	Definitions      *Loader[DefinitionsKey, *store.DefinitionPage]
	DefinitionCounts *Loader[DefinitionCountKey, int]
	DefinitionTotals *Loader[*store.MetricDefinitionFilter, int]
	Latest           *Loader[store.LatestKey, store.Reported[store.MetricValue]]
	Series           *Loader[store.SeriesKey, store.Reported[store.Series]]
	SeriesBounds     *Loader[store.SeriesKey, store.Reported[store.Series]]
	SeriesBuckets    *Loader[store.BucketsKey, store.Reported[store.Series]]
	LatestAsOf       *Loader[store.LatestKey, store.Reported[store.MetricValue]] // for asks with AsOf
	SeriesAsOf       *Loader[store.SeriesKey, store.Reported[store.Series]]      // for asks that say FromFacts; always with points
	Restatements     *Loader[*store.MetricValue, []*store.MetricValue]           // values are compared by their address

	factsOnce sync.Once
	numbers   atomic.Bool // of latest values only the numbers are read

	mu       sync.Mutex
	shown    [][]*store.Company
	interned map[any]any
	fields   map[*ast.Field]any
	reserved int
	refused  map[*ast.Field]error
}

// loadersOfSet is a Set with its loaders, allocated at once.
type loadersOfSet struct {
	Set

	companies        Loader[int64, *store.Company]
	companyTotals    Loader[CompanyTotalKey, int]
	tickers          Loader[int64, []*store.Ticker]
	filing           Loader[edgar.AccessionNumber, *store.Filing]
	filingCompanies  Loader[edgar.AccessionNumber, *store.FilingCompanies]
	filings          Loader[FilingsKey, *store.FilingPage]
	filingCounts     Loader[FilingCountKey, int]
	filingTotals     Loader[*store.FilingFilter, int]
	filingSummaries  Loader[int64, *store.FilingSummary]
	definition       Loader[int32, *store.MetricDefinition]
	definitions      Loader[DefinitionsKey, *store.DefinitionPage]
	definitionCounts Loader[DefinitionCountKey, int]
	definitionTotals Loader[*store.MetricDefinitionFilter, int]
	latest           Loader[store.LatestKey, store.Reported[store.MetricValue]]
	series           Loader[store.SeriesKey, store.Reported[store.Series]]
	seriesBounds     Loader[store.SeriesKey, store.Reported[store.Series]]
	seriesBuckets    Loader[store.BucketsKey, store.Reported[store.Series]]
	latestAsOf       Loader[store.LatestKey, store.Reported[store.MetricValue]]
	seriesAsOf       Loader[store.SeriesKey, store.Reported[store.Series]]
	restatements     Loader[*store.MetricValue, []*store.MetricValue]
}

func newSet(l *Loaders) *Set {
	all := &loadersOfSet{Set: Set{shared: l, today: edgar.DateOf(l.now())}}
	s := &all.Set
	s.Companies = all.companies.init(s, "Companies", companies).keep(companyShape)
	s.CompanyTotals = all.companyTotals.init(s, "CompanyTotals", companyTotals)
	s.Tickers = all.tickers.init(s, "Tickers", tickers).keep(tickersShape)
	s.Filing = all.filing.init(s, "Filing", filing).keep(filingShape)
	s.FilingCompanies = all.filingCompanies.init(s, "FilingCompanies", filingCompanies).keep(filersShape)
	s.Filings = all.filings.init(s, "Filings", filings)
	s.FilingCounts = all.filingCounts.init(s, "FilingCounts", filingCounts)
	s.FilingTotals = all.filingTotals.init(s, "FilingTotals", filingTotals)
	s.FilingSummaries = all.filingSummaries.init(s, "FilingSummaries", filingSummaries).keep(summaryShape)
	s.Definition = all.definition.init(s, "Definition", definition).keep(definitionShape)
	s.Definitions = all.definitions.init(s, "Definitions", definitions)
	s.DefinitionCounts = all.definitionCounts.init(s, "DefinitionCounts", definitionCounts)
	s.DefinitionTotals = all.definitionTotals.init(s, "DefinitionTotals", definitionTotals)
	s.Latest = all.latest.init(s, "Latest", s.latest).keep(latestShape)
	s.Series = all.series.init(s, "Series", seriesPoints)
	s.SeriesBounds = all.seriesBounds.init(s, "SeriesBounds", seriesBounds).keep(boundsShape)
	s.SeriesBuckets = all.seriesBuckets.init(s, "SeriesBuckets", seriesBuckets)
	s.LatestAsOf = all.latestAsOf.init(s, "LatestAsOf", latestAsOf).keep(latestThenShape)
	s.SeriesAsOf = all.seriesAsOf.init(s, "SeriesAsOf", seriesAsOf)
	s.Restatements = all.restatements.init(s, "Restatements", restatements)
	return s
}

// ShowFacts says, by what show returns when it is called first, whether the operation shows anything of the facts that latest
// values are from. If not, they are not read.
func (s *Set) ShowFacts(show func() bool) {
	s.factsOnce.Do(func() { s.numbers.Store(!show()) })
}

// Show notes companies that the answer shows something of. The list must not be changed any more.
func (s *Set) Show(companies []*store.Company) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = append(s.shown, companies)
}

// Shown returns the companies that the answer shows something of, each once.
func (s *Set) Shown() []*store.Company {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*store.Company
	seen := map[int64]bool{}
	for _, list := range s.shown {
		for _, c := range list {
			if c != nil && !seen[c.ID] {
				seen[c.ID] = true
				all = append(all, c)
			}
		}
	}
	return all
}

// Today returns the day, in UTC, on which the operation began.
func (s *Set) Today() edgar.Date { return s.today }

// Intern returns the one value of the operation for key: the first that was interned under it. Equal arguments of
// different fields become the same key of a loader.
func Intern[K comparable, T any](s *Set, key K, value T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.interned[key]; ok {
		return known.(T)
	}
	if s.interned == nil {
		s.interned = map[any]any{}
	}
	s.interned[key] = value
	return value
}

// Arguments returns what build makes of the arguments of a field: one value for all objects that have the field, whoever
// builds it first.
func Arguments[T any](s *Set, field *ast.Field, build func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	s.mu.Lock()
	known, ok := s.fields[field]
	s.mu.Unlock()
	if !ok {
		value, err := build()
		known = s.keep(field, outcome{value, err})
	}
	o := known.(outcome)
	return o.value, o.err
}

// Checked says whether the arguments of a field are known (Arguments): they will not be built again.
func Checked(s *Set, field *ast.Field) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.fields[field]
	return ok
}

// keep returns what is known of a field. Where that is nothing, made is known from now on.
func (s *Set) keep(field *ast.Field, made any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.fields[field]; ok {
		return known
	}
	if s.fields == nil {
		s.fields = map[*ast.Field]any{}
	}
	s.fields[field] = made
	return made
}
