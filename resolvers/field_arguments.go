package resolvers

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// The functions of this file make the loader keys of a field from its coerced arguments. The lookahead and the field's
// resolver call the same one, so that the keys are equal; it is worked out once per field of the operation.

func argument[T any](at *graphql.FieldContext, name string) T {
	value, _ := at.Args[name].(T)
	return value
}

func pagingOf(at *graphql.FieldContext) paging {
	return paging{
		first: argument[*int](at, "first"), after: argument[*string](at, "after"),
		last: argument[*int](at, "last"), before: argument[*string](at, "before"),
	}
}

// asks says whether one of the fields is asked for directly below the field at.
func asks(op *graphql.OperationContext, at *graphql.FieldContext, types []string, fields ...string) bool {
	for _, child := range graphql.CollectFields(op, at.Field.Selections, types) {
		if slices.Contains(fields, child.Name) {
			return true
		}
	}
	return false
}

func companyFilingsArgs(set *loaders.Set, at *graphql.FieldContext) (*filingsArgs, error) {
	return loaders.Arguments(set, at.Field.Field, func() (*filingsArgs, error) {
		return newFilingsArgs(set, "Company.filings", argument[*store.FilingFilter](at, "filter"), pagingOf(at))
	})
}

func companyDefinitionsArgs(set *loaders.Set, at *graphql.FieldContext) (*definitionsArgs, error) {
	return loaders.Arguments(set, at.Field.Field, func() (*definitionsArgs, error) {
		return newDefinitionsArgs(set, "Company.metricDefinitions", argument[*store.MetricDefinitionFilter](at, "filter"), pagingOf(at))
	})
}

func metricAsk(set *loaders.Set, at *graphql.FieldContext) (*store.MetricAsk, error) {
	return loaders.Arguments(set, at.Field.Field, func() (*store.MetricAsk, error) {
		ask, err := askOf(set, at, "name")
		if err != nil {
			return nil, err
		}
		return loaders.Intern(set, ask, &ask), nil
	})
}

func askOf(set *loaders.Set, at *graphql.FieldContext, name string) (store.MetricAsk, error) {
	ask, err := newMetricAsk(name, argument[string](at, name), argument[*string](at, "unit"),
		argument[*edgar.Period](at, "period"), argument[*string](at, "ticker"))
	if err != nil {
		return ask, err
	}
	ask.AsOf, err = asOfDay(set, at)
	return ask, err
}

// metricsArg is one name of Company.metrics: an ask, or what is wrong with the name.
type metricsArg struct {
	ask *store.MetricAsk
	err error
}

func metricsArgs(set *loaders.Set, at *graphql.FieldContext) ([]metricsArg, error) {
	return loaders.Arguments(set, at.Field.Field, func() ([]metricsArg, error) {
		names := argument[[]string](at, "names")
		if len(names) > maxList {
			return nil, gqlerr.BadInput("names", "want at most %d names, not %d", maxList, len(names))
		}
		asOf, err := asOfDay(set, at)
		if err != nil {
			return nil, err
		}
		out := make([]metricsArg, len(names))
		for i, name := range names {
			ask, err := newMetricAsk("names", name, nil, nil, nil)
			if err != nil {
				out[i].err = err
				continue
			}
			ask.AsOf = asOf
			out[i].ask = loaders.Intern(set, ask, &ask)
		}
		return out, nil
	})
}

func seriesAsk(set *loaders.Set, at *graphql.FieldContext) (*store.SeriesAsk, error) {
	return loaders.Arguments(set, at.Field.Field, func() (*store.SeriesAsk, error) {
		ask, err := askOf(set, at, "metric")
		if err != nil {
			return nil, err
		}
		return newSeriesAsk(set, ask, argument[*edgar.Date](at, "from"), argument[*edgar.Date](at, "to"))
	})
}
