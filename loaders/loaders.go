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

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// Loaders makes the loader set of each operation.
type Loaders struct {
	store    *store.Store
	unprimed atomic.Int64
}

// New returns Loaders that fetch from s.
func New(s *store.Store) *Loaders { return &Loaders{store: s} }

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

	Companies        *Loader[int64, *store.Company]
	Tickers          *Loader[int64, []*store.Ticker]
	Filing           *Loader[edgar.AccessionNumber, *store.Filing]
	FilingCompanies  *Loader[edgar.AccessionNumber, *store.FilingCompanies]
	Filings          *Loader[FilingsKey, *store.FilingPage]
	FilingCounts     *Loader[FilingCountKey, int]
	FilingSummaries  *Loader[int64, *store.FilingSummary]
	Definition       *Loader[int32, *store.MetricDefinition]
	Definitions      *Loader[DefinitionsKey, *store.DefinitionPage]
	DefinitionCounts *Loader[DefinitionCountKey, int]
	Latest           *Loader[store.LatestKey, store.Reported[store.MetricValue]]
	Series           *Loader[store.SeriesKey, store.Reported[store.Series]]
	SeriesBounds     *Loader[store.SeriesKey, store.Reported[store.Series]]

	mu       sync.Mutex
	interned map[any]any
	fields   map[*ast.Field]any
}

func newSet(l *Loaders) *Set {
	s := &Set{shared: l}
	s.Companies = newLoader(s, companies)
	s.Tickers = newLoader(s, tickers)
	s.Filing = newLoader(s, filing)
	s.FilingCompanies = newLoader(s, filingCompanies)
	s.Filings = newLoader(s, filings)
	s.FilingCounts = newLoader(s, filingCounts)
	s.FilingSummaries = newLoader(s, filingSummaries)
	s.Definition = newLoader(s, definition)
	s.Definitions = newLoader(s, definitions)
	s.DefinitionCounts = newLoader(s, definitionCounts)
	s.Latest = newLoader(s, latest)
	s.Series = newLoader(s, seriesPoints)
	s.SeriesBounds = newLoader(s, seriesBounds)
	return s
}

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
