package resolvers

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

func seriesWriters() map[string]writer {
	return map[string]writer{
		"definition": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objectAlways(w, b, primed(w, w.set.Definition, obj.(*store.Series).DefinitionID), at)
		},
		"ticker": textOrNull(func(s *store.Series) *string { return s.Ticker }),
		"from":   dateOrNull(func(s *store.Series) *edgar.Date { return s.From }),
		"to":     dateOrNull(func(s *store.Series) *edgar.Date { return s.To }),
		"points": writePoints,
		"columns": func(w *rendering, b []byte, obj any, at *field) []byte {
			return w.object(b, obj, at.Fields())
		},
		"buckets":       writeBuckets,
		"bucketColumns": writeBucketColumns,
	}
}

// seriesArgs are the checked arguments of Company.series, and how its series are read.
type seriesArgs struct {
	ask   *store.SeriesAsk
	reads seriesReads
}

func writeSeriesOf(w *rendering, b []byte, obj any, at *field) []byte {
	args, err := checked(w, at, func(set *loaders.Set, at *graphql.FieldContext) (seriesArgs, error) {
		ask, err := seriesAsk(set, at)
		if err == nil {
			err = set.Refused(at.Field.Field)
		}
		if err != nil {
			return seriesArgs{}, err
		}
		return seriesArgs{ask, newSeriesReads(w.op, at, ask)}, nil
	})
	if w.failed {
		return b
	}
	var s store.Reported[store.Series]
	if err == nil {
		s, err = args.reads.load(w.ctx, w.set, obj.(*store.Company).ID, args.ask)
	}
	if err == nil && s.Found == nil {
		err = unitFault(&args.ask.MetricAsk, s.Units)
	}
	if err != nil {
		return w.fault(b, err)
	}
	return objectOrNull(w, b, s.Found, at)
}

// pointWriters are there for the keys: a point is no object, writePoints writes it.
func pointWriters() map[string]writer {
	return map[string]writer{"date": nil, "value": nil}
}

// writePoints writes the points of a series.
func writePoints(_ *rendering, b []byte, obj any, at *field) []byte {
	s := &series.MetricSeries{Series: obj.(*store.Series)}
	return s.Points().Append(b, keysOf(at))
}

// keysOf are the keys of a list that renders itself.
func keysOf(at *field) []series.Key {
	fields := at.Fields()
	keys := make([]series.Key, len(fields))
	for i := range fields {
		keys[i] = series.Key{Key: fields[i].Key, Name: fields[i].Name}
	}
	return keys
}

func columnsWriters() map[string]writer {
	return map[string]writer{
		"dates":  leaf(func(b []byte, s *store.Series) []byte { return series.Dates(s.Dates).Append(b) }),
		"values": leaf(func(b []byte, s *store.Series) []byte { return series.Values(s.Values).Append(b) }),
	}
}
