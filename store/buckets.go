package store

import (
	"fmt"
	"math"

	"github.com/corpintel/corpintel/edgar"
)

// Buckets are the points of a series by calendar unit: columns of equal length, oldest first. Ends are the days after the
// last days. NaN stands for a number that an empty bucket, one with a count of 0, does not have.
//
// A sum adds up values by date within their day, week or month; those of quarters and years add up the sums of their
// months. So an answer does not depend on how it was read: a month may come from the roll-up or from its points.
type Buckets struct {
	Starts, Ends                          []edgar.Date
	Counts                                []int
	Mins, Maxs, Avgs, Sums, Firsts, Lasts []float64
}

// Len returns the number of buckets.
func (b *Buckets) Len() int { return len(b.Starts) }

// makeBuckets returns no buckets, with room for n: the columns are cut from one array of each type.
func makeBuckets(n int) *Buckets {
	dates, numbers := make([]edgar.Date, 2*n), make([]float64, 6*n)
	column := func(i int) []float64 { return numbers[i*n : i*n : (i+1)*n] }
	return &Buckets{
		Starts: dates[:0:n], Ends: dates[n : n : 2*n], Counts: make([]int, 0, n),
		Mins: column(0), Maxs: column(1), Avgs: column(2), Sums: column(3), Firsts: column(4), Lasts: column(5),
	}
}

// bucket is a row of Buckets.
type bucket struct {
	start, end                 edgar.Date
	count                      int
	min, max, sum, first, last float64
}

func (b *Buckets) at(i int) bucket {
	return bucket{b.Starts[i], b.Ends[i], b.Counts[i], b.Mins[i], b.Maxs[i], b.Sums[i], b.Firsts[i], b.Lasts[i]}
}

func (b *Buckets) add(r bucket) {
	b.addRow(r, r.sum/float64(r.count))
}

func (b *Buckets) addRow(r bucket, avg float64) {
	b.Starts, b.Ends, b.Counts = append(b.Starts, r.start), append(b.Ends, r.end), append(b.Counts, r.count)
	b.Mins, b.Maxs, b.Avgs = append(b.Mins, r.min), append(b.Maxs, r.max), append(b.Avgs, avg)
	b.Sums, b.Firsts, b.Lasts = append(b.Sums, r.sum), append(b.Firsts, r.first), append(b.Lasts, r.last)
}

// join makes r the union of itself and the later next. Of equal numbers the later one stays, as PostgreSQL has it: zero has
// a sign.
func (r *bucket) join(next bucket) {
	r.count += next.count
	r.sum += next.sum
	r.last = next.last
	if !(r.min < next.min) {
		r.min = next.min
	}
	if !(r.max > next.max) {
		r.max = next.max
	}
}

// BucketPoints returns points, oldest first, by unit. Quarters and years are those of the months.
func BucketPoints(dates []edgar.Date, values []float64, by BucketUnit) *Buckets {
	unit := by
	if by.Monthly() {
		unit = BucketMonth
	}
	point := func(i int) bucket {
		return bucket{dates[i], 0, 1, values[i], values[i], values[i], values[i], values[i]}
	}
	return fold(len(dates), min(len(dates), unit.spanOf(dates)), point, unit).By(by)
}

// By returns buckets of days, weeks or months in the same unit, or months as quarters or years.
func (b *Buckets) By(unit BucketUnit) *Buckets {
	if unit != BucketQuarter && unit != BucketYear {
		return b
	}
	return fold(b.Len(), min(b.Len(), unit.spanOf(b.Starts)), b.at, unit)
}

// spanOf is the number of buckets from the first to the last of dates.
func (u BucketUnit) spanOf(dates []edgar.Date) int {
	if len(dates) == 0 {
		return 0
	}
	return u.Span(dates[0], dates[len(dates)-1])
}

// fold joins the n parts that begin in one bucket of the unit; there are at most room of those.
func fold(n, room int, part func(i int) bucket, by BucketUnit) *Buckets {
	out := makeBuckets(room)
	for i := 0; i < n; {
		b := part(i)
		b.start = by.Start(b.start)
		b.end = by.Next(b.start)
		for i++; i < n; i++ {
			next := part(i)
			if next.start >= b.end {
				break
			}
			b.join(next)
		}
		out.add(b)
	}
	return out
}

// Filled returns the buckets, which are of the unit, with those that are empty between the first and the last of them. The
// numbers of an empty bucket are NaN; with FillPrevious they are the last value before it, but for the sum.
func (b *Buckets) Filled(unit BucketUnit, fill BucketFill) *Buckets {
	n := unit.spanOf(b.Starts)
	if fill == FillNone || n == b.Len() {
		return b
	}
	nan := math.NaN()
	out := makeBuckets(n)
	for i := range b.Starts {
		for i > 0 && out.Ends[out.Len()-1] < b.Starts[i] {
			start := out.Ends[out.Len()-1]
			v := nan
			if fill == FillPrevious {
				v = b.Lasts[i-1]
			}
			out.addRow(bucket{start, unit.Next(start), 0, v, v, nan, v, v}, v)
		}
		out.addRow(b.at(i), b.Avgs[i])
	}
	return out
}

// BucketCount returns the most buckets that InBuckets can return.
func (s *Series) BucketCount(by BucketUnit, fill BucketFill) int {
	dates := s.Dates
	if by.Monthly() && s.Months != nil {
		dates = s.Months.Starts
	}
	span := by.spanOf(dates)
	if fill == FillNone {
		return min(span, len(dates))
	}
	return span
}

// InBuckets returns the series by calendar unit. Error: it was read without points and, for units of months, without months.
func (s *Series) InBuckets(by BucketUnit, fill BucketFill) (*Buckets, error) {
	switch {
	case by.Monthly() && s.Months != nil:
		return s.Months.By(by).Filled(by, fill), nil
	case s.Dates != nil:
		return BucketPoints(s.Dates, s.Values, by).Filled(by, fill), nil
	}
	return nil, fmt.Errorf("buckets by %s of a series that was read without", by)
}

// merge returns buckets of one unit of which no two are the same, oldest first.
func merge(a, b *Buckets) *Buckets {
	switch {
	case a.Len() == 0:
		return b
	case b.Len() == 0:
		return a
	}
	out := makeBuckets(a.Len() + b.Len())
	for i, k := 0, 0; i < a.Len() || k < b.Len(); {
		if k == b.Len() || i < a.Len() && a.Starts[i] < b.Starts[k] {
			out.addRow(a.at(i), a.Avgs[i])
			i++
		} else {
			out.addRow(b.at(k), b.Avgs[k])
			k++
		}
	}
	return out
}
