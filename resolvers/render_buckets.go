package resolvers

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/store"
)

// bucketsOf returns the buckets that a field of a series asks for.
func bucketsOf(w *rendering, s *store.Series, at *field) store.Buckets {
	args := bucketsArgs(w.op, at.CollectedField)
	buckets, err := s.InBuckets(args.by, args.fill)
	if err != nil {
		w.failed = true
	}
	return buckets
}

// bucketTypes are those of buckets and bucketColumns.
var bucketTypes = []string{"MetricBucket", "MetricBucketColumns"}

// numbersOf returns the numbers of buckets that a field of a series is made of, beside their sums.
func numbersOf(op *graphql.OperationContext, field graphql.CollectedField, fill store.BucketFill) store.BucketNumbers {
	var numbers store.BucketNumbers
	for _, child := range graphql.CollectFields(op, field.Selections, bucketTypes) {
		switch child.Name {
		case "min", "mins", "max", "maxs":
			numbers |= store.BucketExtremes
		case "first", "firsts", "last", "lasts":
			numbers |= store.BucketEnds
		}
	}
	if fill == store.FillPrevious {
		numbers |= store.BucketEnds
	}
	return numbers
}

func writeBuckets(w *rendering, b []byte, obj any, at *field) []byte {
	buckets := bucketsOf(w, obj.(*store.Series), at)
	if w.failed {
		return b
	}
	return series.NewBuckets(buckets).Append(b, keysOf(at))
}

func writeBucketColumns(w *rendering, b []byte, obj any, at *field) []byte {
	buckets := bucketsOf(w, obj.(*store.Series), at)
	if w.failed {
		return b
	}
	return w.object(b, &buckets, at.Fields())
}

// bucketWriters are there for the keys: a bucket is no object, writeBuckets writes it.
func bucketWriters() map[string]writer {
	return map[string]writer{
		"start": nil, "end": nil, "count": nil, "min": nil, "max": nil, "avg": nil, "sum": nil, "first": nil, "last": nil,
	}
}

func bucketColumnsWriters() map[string]writer {
	table := map[string]writer{}
	for name := range bucketWriters() {
		table[columnOf(name)] = leaf(func(b []byte, all *store.Buckets) []byte { return series.AppendColumn(b, *all, name) })
	}
	return table
}

// columnOf is the name of a field of buckets in MetricBucketColumns.
func columnOf(field string) string { return field + "s" }
