package resolvers

import (
	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/store"
)

// bucketsOf returns the buckets that a field of a series asks for.
func bucketsOf(w *rendering, s *store.Series, at *field) *store.Buckets {
	args := bucketsArgs(w.op, at.CollectedField)
	buckets, err := s.InBuckets(args.by, args.fill)
	if err != nil {
		w.failed = true
	}
	return buckets
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
	return w.object(b, buckets, at.Fields())
}

// bucketWriters are there for the keys: a bucket is no object, writeBuckets writes it.
func bucketWriters() map[string]writer {
	return map[string]writer{
		"start": nil, "end": nil, "count": nil, "min": nil, "max": nil, "avg": nil, "sum": nil, "first": nil, "last": nil,
	}
}

func bucketColumnsWriters() map[string]writer {
	values := func(column func(*store.Buckets) []float64) writer {
		return leaf(func(b []byte, all *store.Buckets) []byte { return series.Values(column(all)).Append(b) })
	}
	return map[string]writer{
		"starts": leaf(func(b []byte, all *store.Buckets) []byte { return series.Dates(all.Starts).Append(b) }),
		"ends":   leaf(func(b []byte, all *store.Buckets) []byte { return series.Dates(all.Ends).Append(b) }),
		"counts": leaf(func(b []byte, all *store.Buckets) []byte { return series.Counts(all.Counts).Append(b) }),
		"mins":   values(func(all *store.Buckets) []float64 { return all.Mins }),
		"maxs":   values(func(all *store.Buckets) []float64 { return all.Maxs }),
		"avgs":   values(func(all *store.Buckets) []float64 { return all.Avgs }),
		"sums":   values(func(all *store.Buckets) []float64 { return all.Sums }),
		"firsts": values(func(all *store.Buckets) []float64 { return all.Firsts }),
		"lasts":  values(func(all *store.Buckets) []float64 { return all.Lasts }),
	}
}
