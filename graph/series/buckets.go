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
	return newColumns(b), nil
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

func newColumns(all store.Buckets) *MetricBucketColumns {
	n := len(all)
	c := &MetricBucketColumns{
		Starts: make(Dates, n), Ends: make(Dates, n), Counts: make(Counts, n),
		Mins: make(Values, n), Maxs: make(Values, n), Avgs: make(Values, n),
		Sums: make(Values, n), Firsts: make(Values, n), Lasts: make(Values, n),
	}
	for i := range all {
		b := &all[i]
		c.Starts[i], c.Ends[i], c.Counts[i] = b.Start, b.End, b.Count
		c.Mins[i], c.Maxs[i], c.Avgs[i] = b.Min, b.Max, b.Avg()
		c.Sums[i], c.Firsts[i], c.Lasts[i] = b.Sum, b.First, b.Last
	}
	return c
}

// Buckets is a list of MetricBucket that renders itself by the selection of its field.
type Buckets struct{ buckets store.Buckets }

// NewBuckets returns the list of the buckets.
func NewBuckets(b store.Buckets) Buckets { return Buckets{b} }

// MarshalGQLContext writes the buckets with the fields that were selected.
func (b Buckets) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	_, err := w.Write(b.Append(nil, keysOf(graphql.CollectFieldsCtx(ctx, []string{"MetricBucket"}))))
	return err
}

// Append appends the buckets as a JSON list of objects with the keys.
func (b Buckets) Append(to []byte, keys []Key) []byte {
	fields, size := bucketFields(keys, new(lastDay))
	to = append(grow(to, 2+len(b.buckets)*size), '[')
	for i := range b.buckets {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, '{')
		for k := range fields {
			f := &fields[k]
			to = f.write(append(to, f.key...), &b.buckets[i])
		}
		to = append(to, '}')
	}
	return append(to, ']')
}

// AppendColumn appends a field of all buckets, by its name in MetricBucket, as a JSON list.
func AppendColumn(to []byte, all store.Buckets, name string) []byte {
	write, size := bucketWriter(name, new(lastDay))
	to = append(grow(to, 2+len(all)*(1+size)), '[')
	for i := range all {
		if i > 0 {
			to = append(to, ',')
		}
		to = write(to, &all[i])
	}
	return append(to, ']')
}

// grow makes room for n more bytes. An answer has many lists: where there is none yet, the room doubles at least.
func grow(to []byte, n int) []byte {
	if cap(to)-len(to) >= n {
		return to
	}
	return slices.Grow(to, max(n, len(to)))
}

// bucketField is a selected field of a bucket.
type bucketField struct {
	key   string
	write func([]byte, *store.Bucket) []byte
}

// bucketFields returns what is written of each bucket, and about how many bytes that are.
func bucketFields(keys []Key, last *lastDay) (fields []bucketField, size int) {
	fields, size = make([]bucketField, len(keys)), len("{},")
	for i, k := range keys {
		write, n := bucketWriter(k.Name, last)
		fields[i] = bucketField{k.Key, write}
		size += len(k.Key) + n
	}
	return fields, size
}

// bucketWriter returns what appends a field of a bucket, and about how many bytes that are.
func bucketWriter(name string, last *lastDay) (write func([]byte, *store.Bucket) []byte, size int) {
	const date, count, number = 12, 3, 14
	switch name {
	case "start":
		return func(to []byte, b *store.Bucket) []byte { return last.append(to, b.Start) }, date
	case "end":
		return func(to []byte, b *store.Bucket) []byte { return last.append(to, b.End) }, date
	case "count":
		return func(to []byte, b *store.Bucket) []byte { return strconv.AppendInt(to, int64(b.Count), 10) }, count
	case "min":
		return func(to []byte, b *store.Bucket) []byte { return scalar.AppendFloat(to, b.Min) }, number
	case "max":
		return func(to []byte, b *store.Bucket) []byte { return scalar.AppendFloat(to, b.Max) }, number
	case "avg":
		return func(to []byte, b *store.Bucket) []byte { return scalar.AppendFloat(to, b.Avg()) }, number
	case "sum":
		return func(to []byte, b *store.Bucket) []byte { return scalar.AppendFloat(to, b.Sum) }, number
	case "first":
		return func(to []byte, b *store.Bucket) []byte { return scalar.AppendFloat(to, b.First) }, number
	case "last":
		return func(to []byte, b *store.Bucket) []byte { return scalar.AppendFloat(to, b.Last) }, number
	default: // __typename
		return func(to []byte, _ *store.Bucket) []byte { return append(to, `"MetricBucket"`...) }, len(`"MetricBucket"`)
	}
}

// lastDay is the text of the day that was written last: a bucket mostly starts where the one before it ends.
type lastDay struct {
	day  edgar.Date
	text [len(`"2023-09-30"`)]byte // zero before there is one
}

func (l *lastDay) append(to []byte, day edgar.Date) []byte {
	if l.day == day && l.text[0] != 0 {
		return append(to, l.text[:]...)
	}
	start := len(to)
	to = scalar.AppendDate(to, day)
	l.day = day
	copy(l.text[:], to[start:])
	return to
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
