package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// seriesReads is what a field Company.series asks of its series, and so how they are read. A field of a fragment has other
// selections merged into it in each place, so this is not one of its arguments.
type seriesReads struct {
	points bool // as they are, else bounds when nothing else is asked for
	days   bool // points for buckets, when they are not asked for themselves
	months bool // months for buckets
	bounds bool // from or to
	lists  []seriesList

	numbers store.BucketNumbers // of the months
}

// seriesList is a list of points, or of buckets.
type seriesList struct {
	by   store.BucketUnit // "" for points
	fill store.BucketFill
}

func newSeriesReads(op *graphql.OperationContext, at *graphql.FieldContext, ask *store.SeriesAsk) seriesReads {
	var r seriesReads
	for _, child := range graphql.CollectFields(op, at.Field.Selections, seriesTypes) {
		switch child.Name {
		case "from", "to":
			r.bounds = true
		case "points", "columns":
			r.points = true
			r.lists = append(r.lists, seriesList{})
		case "buckets", "bucketColumns":
			list := bucketsArgs(op, child)
			r.months = r.months || list.by.Monthly()
			r.days = r.days || !list.by.Monthly()
			if list.by.Monthly() {
				r.numbers |= numbersOf(op, child, list.fill)
			}
			r.lists = append(r.lists, list)
		}
	}
	if ask.FromFacts() { // all is made of the points as they were known
		r.points, r.months = true, false
	}
	r.days = r.days && !r.points
	return r
}

// bucketsArgs are the arguments of MetricSeries.buckets and bucketColumns; they have been validated.
func bucketsArgs(op *graphql.OperationContext, field graphql.CollectedField) seriesList {
	list := seriesList{fill: store.FillNone}
	for _, a := range field.Arguments {
		value, err := a.Value.Value(op.Variables)
		name, given := value.(string)
		switch {
		case err != nil || !given: // null is the default
		case a.Name == "by":
			list.by = store.BucketUnit(name)
		case a.Name == "fill":
			list.fill = store.BucketFill(name)
		}
	}
	return list
}

// want makes the batch ask for all that is read of the series of a company.
func (r seriesReads) want(set *loaders.Set, b *loaders.Batch, company int64, ask *store.SeriesAsk) {
	if loader := r.pointsLoader(set, ask); loader != nil {
		loader.Want(b, store.SeriesKey{Company: company, Ask: ask})
	}
	for _, key := range r.buckets(company, ask) {
		set.SeriesBuckets.Want(b, key)
	}
}

// buckets are the keys of what is read for buckets.
func (r seriesReads) buckets(company int64, ask *store.SeriesAsk) []store.BucketsKey {
	var keys []store.BucketsKey
	if r.days {
		keys = append(keys, store.BucketsKey{Company: company, BucketsAsk: store.BucketsAsk{Ask: ask}})
	}
	if r.months {
		bounded := r.bounds && !r.points && !r.days // they have all points
		keys = append(keys, store.BucketsKey{Company: company, BucketsAsk: store.BucketsAsk{
			Ask: ask, Monthly: true, Bounded: bounded, Numbers: r.numbers,
		}})
	}
	return keys
}

// pointsLoader returns the loader of the points or bounds of series; nil when they come with the buckets.
func (r seriesReads) pointsLoader(set *loaders.Set, ask *store.SeriesAsk) *loaders.Loader[store.SeriesKey, store.Reported[store.Series]] {
	switch {
	case ask.FromFacts():
		return set.SeriesAsOf
	case r.points:
		return set.Series
	case r.days || r.months:
		return nil
	default:
		return set.SeriesBounds
	}
}

// load returns the series of a company with all that is read of it. Error: *store.SizeError, or that of its batch.
func (r seriesReads) load(ctx context.Context, set *loaders.Set, company int64, ask *store.SeriesAsk) (store.Reported[store.Series], error) {
	var whole store.Reported[store.Series]
	add := func(part store.Reported[store.Series], err error) error {
		switch {
		case err != nil:
			return err
		case part.Excess > 0:
			return &store.SizeError{Size: part.Excess}
		case whole.Found != nil && part.Found != nil: // both: points, then months
			both := *whole.Found
			both.Months = part.Found.Months
			whole.Found = &both
		default:
			whole = part
		}
		return nil
	}
	if loader := r.pointsLoader(set, ask); loader != nil {
		if err := add(loader.Load(ctx, store.SeriesKey{Company: company, Ask: ask})); err != nil {
			return whole, err
		}
	}
	for _, key := range r.buckets(company, ask) {
		if err := add(set.SeriesBuckets.Load(ctx, key)); err != nil {
			return whole, err
		}
	}
	return whole, nil
}

// size is how many points and buckets the lists of a series have.
func (r seriesReads) size(s *store.Series) int {
	n := 0
	for _, list := range r.lists {
		if list.by == "" {
			n += len(s.Dates)
		} else {
			n += s.BucketCount(list.by, list.fill)
		}
	}
	return n
}

// seriesOf looks ahead for the series of companies: it reads them, and takes room for their lists.
func (l *lookahead) seriesOf(at *graphql.FieldContext, ids []int64) {
	ask, err := seriesAsk(l.set, at)
	if err != nil {
		return
	}
	reads := newSeriesReads(l.op, at, ask)
	for _, id := range ids {
		reads.want(l.set, l.batch.For(at), id, ask)
	}
	l.after(func(ctx context.Context) {
		var found []*store.Series
		size := 0
		for _, id := range ids {
			if s, err := reads.load(ctx, l.set, id, ask); err == nil && s.Found != nil {
				found = append(found, s.Found)
				size += reads.size(s.Found)
			}
		}
		l.set.Reserve(at.Field.Field, size)
		l.each(ctx, at, seriesTypes, func(child *graphql.FieldContext) {
			if child.Field.Name != "definition" || len(found) == 0 {
				return
			}
			for _, s := range found {
				l.set.Definition.Want(l.batch.For(child), s.DefinitionID)
			}
			l.after(nothing)
		})
	})
}

// seriesFor returns the series of a company for the field at, nil when there is none. Errors: those of arguments,
// *store.SizeError.
func seriesFor(ctx context.Context, at *graphql.FieldContext, company int64) (*series.MetricSeries, error) {
	set := loaders.From(ctx)
	ask, err := seriesAsk(set, at)
	if err != nil {
		return nil, err
	}
	if err := set.Refused(at.Field.Field); err != nil {
		return nil, err
	}
	s, err := newSeriesReads(graphql.GetOperationContext(ctx), at, ask).load(ctx, set, company, ask)
	if err != nil {
		return nil, err
	}
	if s.Found == nil {
		return nil, unitFault(&ask.MetricAsk, s.Units)
	}
	return &series.MetricSeries{Series: s.Found}, nil
}
