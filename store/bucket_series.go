package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// BucketsKey is a series of a company, to be read by month, or by point: for buckets of days and weeks. Asks are compared by
// their address.
type BucketsKey struct {
	Company int64
	BucketsAsk
}

// BucketsAsk is what a BucketsKey asks of its company.
type BucketsAsk struct {
	Ask     *SeriesAsk
	Monthly bool          // else by point
	Bounded bool          // From and To of the series are wanted; by point they are always there
	Numbers BucketNumbers // by month: what is read beside the starts, counts and sums
}

// BucketNumbers is a set of the numbers of a bucket that are read beside its sum.
type BucketNumbers uint8

// The numbers of a bucket, in the order in which they are sent.
const (
	BucketExtremes   BucketNumbers = 1 << iota // Min and Max
	BucketEnds                                 // First and Last
	AllBucketNumbers BucketNumbers = 1<<iota - 1
)

// months returns the whole months of the range, from the first day of one to before that of another; twice the same day
// where there is none.
func (a BucketsAsk) months() (from, to edgar.Date) {
	from, to = BucketMonth.Start(a.Ask.From), BucketMonth.Start(min(a.Ask.To, edgar.MaxDate-1)+1)
	if from < a.Ask.From {
		from = BucketMonth.Next(from)
	}
	if !a.Monthly || from > to {
		return a.Ask.From, a.Ask.From
	}
	return from, to
}

// seriesBuckets reads what buckets are made of: a row for each pair of a series and of how it is read.
//
// Whole months of daily series are read from the roll-up. What is left are points: all those of another series, the ends
// of the range, and the months in which the roll-up is stale, of which there may be none; offset 0 keeps PostgreSQL from looking
// for stale months twice.
//
// The rolled up months of a series are one value, which decodeMonths reads: a list of each number takes PostgreSQL twice as
// long. A point is two numbers to it and a segment four, so that a month is packed by one call or two; to put six together,
// each packed alone, takes half as long again. Quarters and years are sent as their months, too: PostgreSQL adds them up no
// faster than it sends them.
const seriesBuckets = `-- name: SeriesBuckets
` + asks + `
select f.company_id, f.n, f.id is not null, f.units, f.definition_id, f.symbol, f.size,
  case when f.rolled_up and f.bounded then (
    select m.date from metrics m where m.series_id = f.id and m.date between f.first_on and f.last_on order by m.date limit 1
  ) end,
  case when f.rolled_up and f.bounded then (
    select m.date from metrics m where m.series_id = f.id and m.date between f.first_on and f.last_on order by m.date desc limit 1
  ) end,
  m.dates, m.values, c.months
from (
  select company_id, n, id, units, definition_id, symbol, first_on, last_on, rolled_up, bounded, extremes, ends,
    case when rolled_up then month_from else last_on + 1 end as month_from,
    case when rolled_up then month_to else last_on + 1 end as month_to,
    sum(least(points, case when rolled_up then greatest(days, 0) / 28 + 64 else greatest(days, 0) end)) over () as size
  from (
    select p.company_id, a.n, s.id, ` + unitsUsed + ` as units, coalesce(s.definition_id, 0) as definition_id, s.symbol,
      r.first_on, r.last_on, r.month_from, r.month_to, r.bounded,
      r.numbers & 1 <> 0 as extremes, r.numbers & 2 <> 0 as ends,
      coalesce(s.points, 0) as points, least(r.last_on, s.last_on) - greatest(r.first_on, s.first_on) + 1 as days,
      coalesce(s.period = 2 and r.month_from < r.month_to, false) as rolled_up` + seriesOfAsk + `
    join unnest((select $8::date[]), (select $9::date[]), (select $10::date[]), (select $11::date[]), (select $12::boolean[]),
      (select $13::int[])) with ordinality as r(first_on, last_on, month_from, month_to, bounded, numbers, number) on r.number = a.n` + found + `
  ) s
) f
cross join lateral (
  select array(
    select distinct t.month from metrics_stale t
    where t.series_id = f.id and t.month >= f.month_from and t.month < f.month_to and f.rolled_up and f.size <= $14
  ) as months
  offset 0
) stale
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (
    select r.first_on, case r.n
        when 1 then f.month_from
        when 2 then f.last_on + 1
        else (r.first_on + interval '1 month')::date
      end as before
    from unnest(array[f.first_on, f.month_to] || stale.months) with ordinality as r(first_on, n)
    where f.size <= $14
  ) r
  cross join lateral (
    select m.date, m.value from metrics m
    where m.series_id = f.id and m.date >= r.first_on and m.date < r.before
    order by m.date
  ) m
  where r.first_on < r.before
) m
cross join lateral (
  select string_agg(case
      when f.extremes and f.ends then lseg_send(lseg(point(c.key, c.sum), point(c.min, c.max))) || point_send(point(c.first, c.last))
      when f.extremes then lseg_send(lseg(point(c.key, c.sum), point(c.min, c.max)))
      when f.ends then lseg_send(lseg(point(c.key, c.sum), point(c.first, c.last)))
      else point_send(point(c.key, c.sum))
    end, '') as months
  from (
    select (c.bucket - date '2000-01-01') * 65536::float8 + c.n as key, c.min, c.max, c.sum, c.first, c.last from metrics_month c
    where c.series_id = f.id and c.bucket >= f.month_from and c.bucket < f.month_to and f.rolled_up and f.size <= $14
      and c.bucket <> all (stale.months)
    order by c.bucket
  ) c
) c`

// SeriesBuckets asks for what the buckets of each ask of a company are made of: Months of the monthly ones, points of the
// others. What a company never reported may be absent from the map.
func (b *Batch) SeriesBuckets(keys []BucketsKey) map[BucketsKey]Reported[Series] {
	answers := make(map[BucketsKey]Reported[Series], len(keys))
	args, list := askArgs(keys, func(k BucketsKey) (int64, BucketsAsk, *MetricAsk) {
		return k.Company, k.BucketsAsk, &k.Ask.MetricAsk
	})
	var ranges [4][]edgar.Date
	for i := range ranges {
		ranges[i] = make([]edgar.Date, len(list))
	}
	bounded, numbers := make([]bool, len(list)), make([]int32, len(list))
	for i, a := range list {
		bounded[i], numbers[i] = a.Bounded, int32(a.Numbers)
		ranges[0][i], ranges[1][i] = a.Ask.From, a.Ask.To
		ranges[2][i], ranges[3][i] = a.months()
	}
	args = append(args, ranges[0], ranges[1], ranges[2], ranges[3], bounded, numbers, int64(MaxPoints))
	b.add(query{sql: seriesBuckets, args: args, scan: func(rows pgx.Rows) error {
		clear(answers)
		slots := newSlab[seriesSlot](len(keys))
		r := newRowReader(rows)
		for r.next() {
			company, n, isThere := r.int64(), r.int32(), r.bool()
			var reported Reported[Series]
			if !r.null() {
				reported.Units = r.list()
			}
			s := slots.next()
			s.DefinitionID, s.Ticker = r.int32(), r.optionalText(&s.ticker)
			size := int(r.int64())
			s.From, s.To = optional(r, (*rowReader).date, &s.from), optional(r, (*rowReader).date, &s.to)
			if r.err != nil {
				break
			}
			a := list[n-1]
			if err := s.scanBuckets(r, a); err != nil {
				return err
			}
			reported.settle(isThere, &s.Series, size)
			answers[BucketsKey{company, a}] = reported
		}
		return r.done()
	}})
	return answers
}

// seriesSlot is a series with room for what may be null.
type seriesSlot struct {
	Series
	ticker   string
	from, to edgar.Date
}

// scanBuckets reads the next two columns, which are points, and when the series is read by month the rolled up months in the
// column after them; then the points become months too.
func (s *Series) scanBuckets(r *rowReader, a BucketsAsk) error {
	from, to := s.From, s.To
	if err := s.scanPoints(r.rows, r.at); err != nil || !a.Monthly {
		return err
	}
	if from != nil { // the points are not all of the series
		s.From, s.To = from, to
	}
	r.at += 2
	months, err := decodeMonths(r.bytes(), a.Numbers)
	if err != nil {
		return err
	}
	if r.err != nil {
		return r.err
	}
	sortPoints(s.Dates, s.Values)
	s.Months = merge(months, BucketPoints(s.Dates, s.Values, BucketMonth))
	s.Dates, s.Values = nil, nil
	return nil
}

// sortPoints sorts points by date. They mostly are: stale months are the last ones to be read.
func sortPoints(dates []edgar.Date, values []float64) {
	if slices.IsSorted(dates) {
		return
	}
	type point struct {
		date  edgar.Date
		value float64
	}
	points := make([]point, len(dates))
	for i := range points {
		points[i] = point{dates[i], values[i]}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.date, b.date) })
	for i, p := range points {
		dates[i], values[i] = p.date, p.value
	}
}

// decodeMonths reads months as seriesBuckets sends them, each as floats: one for both its start and its count, the sum, and
// pairs of numbers.
func decodeMonths(b []byte, numbers BucketNumbers) (Buckets, error) {
	width := 16 + 16*bits.OnesCount8(uint8(numbers))
	if len(b)%width != 0 {
		return nil, fmt.Errorf("months of %d bytes each in %d", width, len(b))
	}
	months := make(Buckets, len(b)/width)
	for i := range months {
		m := &months[i]
		var ok bool
		if m.Start, m.Count, ok = monthOfKey(b); !ok {
			return nil, fmt.Errorf("a month with the key %v", decodeFloat(b))
		}
		m.Sum, b = decodeFloat(b[8:]), b[16:]
		if numbers&BucketExtremes != 0 {
			m.Min, m.Max, b = decodeFloat(b), decodeFloat(b[8:]), b[16:]
		}
		if numbers&BucketEnds != 0 {
			m.First, m.Last, b = decodeFloat(b), decodeFloat(b[8:]), b[16:]
		}
	}
	months.end()
	return months, nil
}

// monthKey is what a day is multiplied by in the key of a month, to which its count is added: a whole number that a float
// holds exactly.
const monthKey = 1 << 16

// monthOfKey splits the key of a month; false when it is none.
func monthOfKey(b []byte) (start edgar.Date, count int, ok bool) {
	key := decodeFloat(b)
	if !(math.Abs(key) < 1<<40) { // or NaN
		return 0, 0, false
	}
	whole := int64(key)
	start, count = edgar.Date(whole/monthKey), int(whole%monthKey) //nolint:gosec // less than 1<<24
	if count < 0 {
		start, count = start-1, count+monthKey
	}
	start += postgresEpoch
	exact := math.Float64bits(float64(whole)) == binary.BigEndian.Uint64(b) // zero has a sign
	return start, count, exact && start >= edgar.MinDate && start <= edgar.MaxDate
}

// end notes where months end: mostly where the next one starts.
func (b Buckets) end() {
	const longest = 31
	for i := range b {
		if i+1 < len(b) && b[i+1].Start-b[i].Start <= longest {
			b[i].End = b[i+1].Start
		} else {
			b[i].End = BucketMonth.Next(b[i].Start)
		}
	}
}
