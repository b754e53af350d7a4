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
	"github.com/corpintel/corpintel/store"
)

// Loaders makes the loader set of each operation.
type Loaders struct {
	store    *store.Store
	now      func() time.Time
	unprimed atomic.Int64
}

// New returns Loaders that fetch from s; now tells them what today is.
func New(s *store.Store, now func() time.Time) *Loaders { return &Loaders{store: s, now: now} }

// Unprimed returns how many keys were loaded so far that no resolver had looked ahead for.
func (l *Loaders) Unprimed() int64 { return l.unprimed.Load() }

type setKey struct{}

// Attach returns a context with a loader set of its own, for one operation.
func (l *Loaders) Attach(ctx context.Context) context.Context {
	return context.WithValue(ctx, setKey{}, newSet(l))
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
	shared *Loaders
	today  edgar.Date

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
	interned map[any]any
	fields   map[*ast.Field]any
	reserved int
	refused  map[*ast.Field]error
}

func newSet(l *Loaders) *Set {
	s := &Set{shared: l, today: edgar.DateOf(l.now())}
	s.Companies = newLoader(s, companies)
	s.CompanyTotals = newLoader(s, companyTotals)
	s.Tickers = newLoader(s, tickers)
	s.Filing = newLoader(s, filing)
	s.FilingCompanies = newLoader(s, filingCompanies)
	s.Filings = newLoader(s, filings)
	s.FilingCounts = newLoader(s, filingCounts)
	s.FilingTotals = newLoader(s, filingTotals)
	s.FilingSummaries = newLoader(s, filingSummaries)
	s.Definition = newLoader(s, definition)
	s.Definitions = newLoader(s, definitions)
	s.DefinitionCounts = newLoader(s, definitionCounts)
	s.DefinitionTotals = newLoader(s, definitionTotals)
	s.Latest = newLoader(s, s.latest)
	s.Series = newLoader(s, seriesPoints)
	s.SeriesBounds = newLoader(s, seriesBounds)
	s.SeriesBuckets = newLoader(s, seriesBuckets)
	s.LatestAsOf = newLoader(s, latestAsOf)
	s.SeriesAsOf = newLoader(s, seriesAsOf)
	s.Restatements = newLoader(s, restatements)
	return s
}

// ShowFacts says, by what show returns when it is called first, whether the operation shows anything of the facts that latest
// values are from. If not, they are not read.
func (s *Set) ShowFacts(show func() bool) {
	s.factsOnce.Do(func() { s.numbers.Store(!show()) })
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
