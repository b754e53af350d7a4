package loaders

import (
	"context"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/store"
)

// For makes the batch say, in an operation that is explained, that the field at wants what is added from now on. It returns the
// batch.
func (b *Batch) For(at *graphql.FieldContext) *Batch {
	b.field = at
	return b
}

// runExplained is Run for an operation that is explained.
func (b *Batch) runExplained(ctx context.Context) {
	with, run := b.set.recorder.Run(ctx)
	b.ends = b.ends[:0]
	err := b.send(with)
	var loads []explain.Load
	first := 0
	for i, w := range b.wants {
		told := w.explain()
		alone, more := b.set.recorder.Run(ctx) // what the loader asks now it asks for itself
		w.deliver(alone, err)
		for _, load := range told(err) {
			load.First, load.Last, load.More = first, b.ends[i], more
			loads = append(loads, load)
		}
		first = b.ends[i]
	}
	b.field = nil
	run.End(ctx, loads)
}

// asker is a field that wants keys of a run.
type asker[K comparable] struct {
	at   *graphql.FieldContext
	keys map[K]struct{}
}

// note notes, in an operation that is explained, that a field wants keys.
func (w *want[K, V]) note(at *graphql.FieldContext, keys []K) {
	if w.loader.set.recorder == nil || len(keys) == 0 {
		return
	}
	i := slices.IndexFunc(w.askers, func(a asker[K]) bool { return a.at == at })
	if i < 0 {
		i, w.askers = len(w.askers), append(w.askers, asker[K]{at, make(map[K]struct{}, len(keys))})
	}
	for _, k := range keys {
		w.askers[i].keys[k] = struct{}{}
	}
}

// Share says, in an operation that is explained, that the field at wants keys too that the batch was told of already.
func (l *Loader[K, V]) Share(b *Batch, at *graphql.FieldContext, keys []K) {
	if b.set.recorder != nil {
		l.wanted(b).note(at, keys)
	}
}

// explain takes what is known of a run that was sent. The function that it returns tells the rest, once the run is delivered.
func (w *want[K, V]) explain() func(err error) []explain.Load {
	run, askers, asked := w.run, w.askers, w.asked()
	w.askers = nil
	return func(err error) []explain.Load {
		loads := make([]explain.Load, len(askers))
		for i, a := range askers {
			loads[i] = explain.Load{At: a.at, Name: w.loader.label, Keys: len(a.keys)}
			for k := range a.keys {
				at, ok := run.asked.find(k)
				if !ok || err != nil || run.err != nil {
					continue
				}
				loads[i].Rows += rowsOf(run.at(at, k))
				if !asked(at) {
					loads[i].CacheHits++
				}
			}
		}
		return loads
	}
}

// asked returns whether the database was asked for the key at a place.
func (w *want[K, V]) asked() func(at int) bool {
	if w.loader.shape == nil {
		return func(int) bool { return true }
	}
	places := map[int]bool{}
	if w.question != nil {
		for _, at := range w.question.led {
			places[int(at)] = true
		}
	}
	return func(at int) bool { return places[at] }
}

// runStrays sends the statements for keys that nobody has looked ahead for.
func (l *Loader[K, V]) runStrays(ctx context.Context, b *store.Batch, keys []K, value func(int, K) V) error {
	recorder := l.set.recorder
	if recorder == nil {
		return b.Run(ctx)
	}
	with, run := recorder.Run(ctx)
	err := b.Run(with)
	load := explain.Load{Name: l.label, Keys: len(keys), Last: b.Len(), Unprimed: true}
	for i, k := range keys {
		if err == nil {
			load.Rows += rowsOf(value(i, k))
		}
	}
	run.End(ctx, []explain.Load{load})
	return err
}

// noteKept notes, in an operation that is explained, that a resolver was given a row from memory, or that there is none: under the name of the statement
// that it would have taken.
func (s *Set) noteKept(ctx context.Context, n name, row any) {
	if s.recorder == nil {
		return
	}
	var statement string
	switch n.kind() {
	case ofCIK:
		statement = "CompanyByCIK"
	case ofSymbol:
		statement = "CompanyByTicker"
	case ofFiling:
		statement = "FilingByAccession"
	default:
		statement = "CompanyByID"
	}
	s.recorder.Kept(ctx, statement, rowsOf(row))
}

// rowsOf returns how many rows a value of a loader is made of: points and months of series, companies, filings, values.
func rowsOf(value any) int {
	switch v := value.(type) {
	case []*store.Ticker:
		return len(v)
	case []*store.MetricValue:
		return len(v)
	case store.Reported[store.MetricValue]:
		return rowsOf(v.Found)
	case store.Reported[store.Series]:
		if v.Found == nil {
			return 0
		}
		return len(v.Found.Dates) + len(v.Found.Months)
	case *store.FilingPage:
		if v == nil {
			return 0
		}
		return len(v.Nodes)
	case *store.DefinitionPage:
		if v == nil {
			return 0
		}
		return len(v.Nodes)
	case *store.FilingCompanies:
		if v == nil {
			return 0
		}
		return len(v.All)
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer && v.IsNil() {
		return 0
	}
	return 1
}
