package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// firstAsOf is the first day of which can be asked what was known: older filings are not electronic.
var firstAsOf = edgar.NewDate(1990, 1, 1)

// asOfDay checks the argument asOf of a field: 0 when there is none.
func asOfDay(set *loaders.Set, at *graphql.FieldContext) (edgar.Date, error) {
	day := argument[*edgar.Date](at, "asOf")
	if day == nil {
		return 0, nil
	}
	if *day < firstAsOf || *day > set.Today() {
		return 0, gqlerr.BadInput("asOf", "want a day from %s until today, %s (UTC), not %s", firstAsOf, set.Today(), day)
	}
	return *day, nil
}

// latestLoader returns the loader of the latest values of an ask.
func latestLoader(set *loaders.Set, ask *store.MetricAsk) *loaders.Loader[store.LatestKey, store.Reported[store.MetricValue]] {
	if ask.AsOf != 0 {
		return set.LatestAsOf
	}
	return set.Latest
}

// restatementsOf returns the restatements of a value, newest first.
func restatementsOf(ctx context.Context, set *loaders.Set, v *store.MetricValue) ([]*store.MetricValue, error) {
	switch {
	case v.Earlier != nil:
		return v.Earlier, nil
	case v.FactID == 0:
		return []*store.MetricValue{}, nil
	}
	list, err := set.Restatements.Load(ctx, v)
	if list == nil {
		list = []*store.MetricValue{}
	}
	return list, err
}

// restatements looks ahead for the restatements of values, and for what the field at asks of them. Those of a restatement
// are known with it: they are on the same level.
func (l *lookahead) restatements(ctx context.Context, at *graphql.FieldContext, values []*store.MetricValue) {
	var filed []*store.MetricValue
	for _, v := range values {
		if v.FactID != 0 && v.Earlier == nil {
			filed = append(filed, v)
		}
	}
	if len(filed) == 0 {
		l.values(ctx, at, earlier(values))
		return
	}
	l.set.Restatements.Want(l.batch.For(at), filed...)
	l.after(func(ctx context.Context) {
		var found []*store.MetricValue
		for _, v := range filed {
			if list, err := l.set.Restatements.Load(ctx, v); err == nil {
				found = append(found, list...)
			}
		}
		l.values(ctx, at, found)
	})
}

// earlier returns the restatements of restatements, each once: those of one are among those of a later one.
func earlier(values []*store.MetricValue) []*store.MetricValue {
	var all []*store.MetricValue
	seen := map[*store.MetricValue]bool{}
	for _, v := range values {
		for _, e := range v.Earlier {
			if !seen[e] {
				seen[e] = true
				all = append(all, e)
			}
		}
	}
	return all
}
