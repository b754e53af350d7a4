package series

import (
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

// Buckets returns the points by calendar unit, oldest first. Error: the series was read without what they are made of.
func (s *MetricSeries) Buckets(by store.BucketUnit, fill *store.BucketFill) (Buckets, error) {
	b, err := s.InBuckets(by, fillOf(fill))
	return Buckets{b}, err
}

// BucketColumns returns the same buckets by column.
func (s *MetricSeries) BucketColumns(by store.BucketUnit, fill *store.BucketFill) (*MetricBucketColumns, error) {
	b, err := s.InBuckets(by, fillOf(fill))
	if err != nil {
		return nil, err
	}
	return &MetricBucketColumns{
		Starts: b.Starts, Ends: b.Ends, Counts: b.Counts,
		Mins: b.Mins, Maxs: b.Maxs, Avgs: b.Avgs, Sums: b.Sums, Firsts: b.Firsts, Lasts: b.Lasts,
	}, nil
}

func fillOf(fill *store.BucketFill) store.BucketFill {
	if fill == nil {
		return store.FillNone
	}
	return *fill
}

// MetricBucket is the shape of an element of Buckets. No value of it is ever made: Buckets renders its elements.
type MetricBucket struct {
	Start, End                      edgar.Date
	Count                           int
	Min, Max, Avg, Sum, First, Last *float64
}

// MetricBucketColumns are buckets by column, of equal length. NaN is rendered as null.
type MetricBucketColumns struct {
	Starts, Ends                          Dates
	Counts                                Counts
	Mins, Maxs, Avgs, Sums, Firsts, Lasts Values
}

// Buckets is a list of MetricBucket that renders itself by the selection of its field.
type Buckets struct{ buckets *store.Buckets }

// NewBuckets returns the list of the buckets.
func NewBuckets(b *store.Buckets) Buckets { return Buckets{b} }

// MarshalGQLContext writes the buckets with the fields that were selected.
func (b Buckets) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	_, err := w.Write(b.Append(nil, keysOf(graphql.CollectFieldsCtx(ctx, []string{"MetricBucket"}))))
	return err
}

// Append appends the buckets as a JSON list of objects with the keys.
func (b Buckets) Append(to []byte, keys []Key) []byte {
	const perKey = 24 // a date or a number, with its key
	all := b.buckets
	to = append(slices.Grow(to, 16+all.Len()*(8+len(keys)*perKey)), '[')
	for i := range all.Starts {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, '{')
		for _, k := range keys {
			to = appendBucketField(append(to, k.Key...), all, i, k.Name)
		}
		to = append(to, '}')
	}
	return append(to, ']')
}

func appendBucketField(to []byte, all *store.Buckets, i int, name string) []byte {
	switch name {
	case "start":
		return scalar.AppendDate(to, all.Starts[i])
	case "end":
		return scalar.AppendDate(to, all.Ends[i])
	case "count":
		return strconv.AppendInt(to, int64(all.Counts[i]), 10)
	case "min":
		return scalar.AppendFloat(to, all.Mins[i])
	case "max":
		return scalar.AppendFloat(to, all.Maxs[i])
	case "avg":
		return scalar.AppendFloat(to, all.Avgs[i])
	case "sum":
		return scalar.AppendFloat(to, all.Sums[i])
	case "first":
		return scalar.AppendFloat(to, all.Firsts[i])
	case "last":
		return scalar.AppendFloat(to, all.Lasts[i])
	default: // __typename
		return append(to, `"MetricBucket"`...)
	}
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Buckets) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }

// Counts is a list of integers that renders itself.
type Counts []int

// MarshalGQLContext writes the integers.
func (c Counts) MarshalGQLContext(_ context.Context, w io.Writer) error {
	_, err := w.Write(c.Append(nil))
	return err
}

// Append appends the integers as a JSON list.
func (c Counts) Append(b []byte) []byte {
	b = append(slices.Grow(b, 2+len(c)*4), '[')
	for i, n := range c {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Counts) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }
