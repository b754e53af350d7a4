package store

import (
	"fmt"
	"math"

	"github.com/corpintel/corpintel/edgar"
)

// Buckets are the points of a series by calendar unit, oldest first.
//
// A sum adds up values by date within their day, week or month; those of quarters and years add up the sums of their
// months. So an answer does not depend on how it was read: a month may come from the roll-up or from its points.
type Buckets []Bucket

// Bucket is what the points of one calendar unit come to. NaN stands for a number that an empty bucket, one with a Count of
// 0, does not have. Numbers that were not read (BucketsAsk) are 0.
type Bucket struct {
	Start, End                 edgar.Date // the first day, and the one after the last
	Count                      int
	Min, Max, Sum, First, Last float64
}

// Avg returns the mean of the values; that of an empty bucket is its Last.
func (b *Bucket) Avg() float64 {
	if b.Count == 0 {
		return b.Last
	}
	return b.Sum / float64(b.Count)
}

// join makes b the union of itself and the later next. Of equal numbers the later one stays, as PostgreSQL has it: zero has
// a sign.
func (b *Bucket) join(next *Bucket) {
	b.Count += next.Count
	b.Sum += next.Sum
	b.Last = next.Last
	if !(b.Min < next.Min) {
		b.Min = next.Min
	}
	if !(b.Max > next.Max) {
		b.Max = next.Max
	}
}

// BucketPoints returns points, oldest first, by unit. Quarters and years are those of the months.
func BucketPoints(dates []edgar.Date, values []float64, by BucketUnit) Buckets {
	unit := by
	if by.Monthly() {
		unit = BucketMonth
	}
	out := Buckets{}
	if n := len(dates); n > 0 {
		out = make(Buckets, 0, min(n, unit.Span(dates[0], dates[n-1])))
	}
	for i, v := range values {
		out.add(&Bucket{Start: dates[i], Count: 1, Min: v, Max: v, Sum: v, First: v, Last: v}, unit)
	}
	return out.By(by)
}

// By returns buckets of days, weeks or months in the same unit, or months as quarters or years.
func (b Buckets) By(unit BucketUnit) Buckets {
	if unit != BucketQuarter && unit != BucketYear {
		return b
	}
	out := make(Buckets, 0, min(len(b), b.span(unit)))
	for i := range b {
		out.add(&b[i], unit)
	}
	return out
}

// add makes part, which is not earlier than all others, one of the buckets, or joins it to the last one.
func (b *Buckets) add(part *Bucket, by BucketUnit) {
	if n := len(*b); n > 0 && part.Start < (*b)[n-1].End {
		(*b)[n-1].join(part)
		return
	}
	*b = append(*b, *part)
	added := &(*b)[len(*b)-1]
	added.Start = by.Start(part.Start)
	added.End = by.Next(added.Start)
}

// span is the number of buckets of the unit from the first to the last of b.
func (b Buckets) span(unit BucketUnit) int {
	if len(b) == 0 {
		return 0
	}
	return unit.Span(b[0].Start, b[len(b)-1].Start)
}

// Filled returns the buckets, which are of the unit, with those that are empty between the first and the last of them. The
// numbers of an empty bucket are NaN; with FillPrevious they are the last value before it, but for the sum.
func (b Buckets) Filled(unit BucketUnit, fill BucketFill) Buckets {
	if fill == FillNone {
		return b
	}
	n := b.span(unit)
	if n == len(b) {
		return b
	}
	nan := math.NaN()
	out := make(Buckets, 0, n)
	for i := range b {
		for i > 0 && out[len(out)-1].End < b[i].Start {
			start, v := out[len(out)-1].End, nan
			if fill == FillPrevious {
				v = b[i-1].Last
			}
			out = append(out, Bucket{Start: start, End: unit.Next(start), Min: v, Max: v, Sum: nan, First: v, Last: v})
		}
		out = append(out, b[i])
	}
	return out
}

// BucketCount returns the most buckets that InBuckets can return.
func (s *Series) BucketCount(by BucketUnit, fill BucketFill) int {
	span, parts := 0, len(s.Dates)
	switch {
	case by.Monthly() && s.Months != nil:
		span, parts = s.Months.span(by), len(s.Months)
	case parts > 0:
		span = by.Span(s.Dates[0], s.Dates[parts-1])
	}
	if fill == FillNone {
		return min(span, parts)
	}
	return span
}

// InBuckets returns the series by calendar unit. Error: it was read without points and, for units of months, without months.
func (s *Series) InBuckets(by BucketUnit, fill BucketFill) (Buckets, error) {
	switch {
	case by.Monthly() && s.Months != nil:
		return s.Months.By(by).Filled(by, fill), nil
	case s.Dates != nil:
		return BucketPoints(s.Dates, s.Values, by).Filled(by, fill), nil
	}
	return nil, fmt.Errorf("buckets by %s of a series that was read without", by)
}

// merge returns buckets of one unit of which no two are the same, oldest first.
func merge(a, b Buckets) Buckets {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	out := make(Buckets, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].Start < b[0].Start {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
