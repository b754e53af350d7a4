package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

func (l *lookahead) metricOf(at *graphql.FieldContext, ids []int64) {
	ask, err := metricAsk(l.set, at)
	if err != nil {
		return
	}
	l.latest(at, ids, []*store.MetricAsk{ask})
}

func (l *lookahead) metricsOf(at *graphql.FieldContext, ids []int64) {
	args, err := metricsArgs(l.set, at)
	if err != nil {
		return
	}
	var asks []*store.MetricAsk
	for _, a := range args {
		if a.err == nil {
			asks = append(asks, a.ask)
		}
	}
	l.latest(at, ids, asks)
}

// wantLatest asks for the values company by company, as they will be looked for. The asks of a field are all of one loader.
func (l *lookahead) wantLatest(at *graphql.FieldContext, ids []int64, asks []*store.MetricAsk) {
	if len(asks) == 0 {
		return
	}
	distinct := asks[:0:0]
	for _, ask := range asks {
		if !slices.Contains(distinct, ask) {
			distinct = append(distinct, ask)
		}
	}
	keys := make([]store.LatestKey, 0, len(ids)*len(distinct))
	for _, id := range ids {
		for _, ask := range distinct {
			keys = append(keys, store.LatestKey{Company: id, Ask: ask})
		}
	}
	latestLoader(l.set, asks[0]).WantDistinct(l.batch.For(at), keys)
}

// latest looks ahead for the latest values of asks, and what the field at asks of them.
func (l *lookahead) latest(at *graphql.FieldContext, ids []int64, asks []*store.MetricAsk) {
	l.wantLatest(at, ids, asks)
	l.after(func(ctx context.Context) {
		if len(l.below(ctx, at, valueTypes, "definition", "restatements", "filing")) == 0 {
			return
		}
		var values []*store.MetricValue
		for _, ask := range asks {
			loader := latestLoader(l.set, ask)
			for _, id := range ids {
				if v, err := loader.Load(ctx, store.LatestKey{Company: id, Ask: ask}); err == nil && v.Found != nil {
					values = append(values, v.Found)
				}
			}
		}
		l.values(ctx, at, values)
	})
}

// values looks ahead for what the field at asks of metric values.
func (l *lookahead) values(ctx context.Context, at *graphql.FieldContext, values []*store.MetricValue) {
	if len(values) == 0 {
		return
	}
	l.each(ctx, at, valueTypes, func(child *graphql.FieldContext) {
		switch child.Field.Name {
		case "definition":
			for _, v := range values {
				l.set.Definition.Want(l.batch.For(child), v.DefinitionID)
			}
			l.after(nothing)
		case "restatements":
			l.restatements(ctx, child, values)
		case "filing":
			var ids []edgar.AccessionNumber
			for _, v := range values {
				if v.AccessionNumber != nil {
					ids = append(ids, *v.AccessionNumber)
				}
			}
			l.set.Filing.Want(l.batch.For(child), ids...)
			l.after(func(ctx context.Context) {
				var filings []*store.Filing
				for _, id := range ids {
					if f, err := l.set.Filing.Load(ctx, id); err == nil && f != nil {
						filings = append(filings, f)
					}
				}
				l.filings(ctx, child, filings)
			})
		}
	})
}
