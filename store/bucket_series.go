package store

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

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
	Monthly bool // else by point
	Bounded bool // From and To of the series are wanted; by point they are always there
}

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
// of the range, and the months in which the roll-up is stale.
const seriesBuckets = `-- name: SeriesBuckets
` + asks + `
select f.company_id, f.n, f.id is not null, f.units, f.definition_id, f.symbol, f.size,
  case when f.rolled_up and f.bounded then (
    select m.date from metrics m where m.series_id = f.id and m.date between f.first_on and f.last_on order by m.date limit 1
  ) end,
  case when f.rolled_up and f.bounded then (
    select m.date from metrics m where m.series_id = f.id and m.date between f.first_on and f.last_on order by m.date desc limit 1
  ) end,
  m.dates, m.values, c.starts, c.counts, c.mins, c.maxs, c.sums, c.firsts, c.lasts
from (
  select company_id, n, id, units, definition_id, symbol, first_on, last_on, rolled_up, bounded,
    case when rolled_up then month_from else last_on + 1 end as month_from,
    case when rolled_up then month_to else last_on + 1 end as month_to,
    sum(least(points, case when rolled_up then greatest(days, 0) / 28 + 64 else greatest(days, 0) end)) over () as size
  from (
    select p.company_id, a.n, s.id, ` + unitsUsed + ` as units, coalesce(s.definition_id, 0) as definition_id, s.symbol,
      r.first_on, r.last_on, r.month_from, r.month_to, r.bounded,
      coalesce(s.points, 0) as points, least(r.last_on, s.last_on) - greatest(r.first_on, s.first_on) + 1 as days,
      coalesce(s.period = 2 and r.month_from < r.month_to, false) as rolled_up` + seriesOfAsk + `
    join unnest((select $8::date[]), (select $9::date[]), (select $10::date[]), (select $11::date[]), (select $12::boolean[])) with ordinality
      as r(first_on, last_on, month_from, month_to, bounded, number) on r.number = a.n` + found + `
  ) s
) f
cross join lateral (
  select array(
    select distinct t.month from metrics_stale t
    where t.series_id = f.id and t.month >= f.month_from and t.month < f.month_to and f.rolled_up and f.size <= $13
  ) as months
) stale
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (
    (select m.date, m.value from metrics m
    where m.series_id = f.id and m.date >= f.first_on and m.date < f.month_from and f.size <= $13
    order by m.date)
    union all
    (select m.date, m.value from metrics m
    where m.series_id = f.id and m.date >= f.month_to and m.date <= f.last_on and f.rolled_up and f.size <= $13
    order by m.date)
    union all
    select m.date, m.value
    from unnest(stale.months) t(month)
    cross join lateral (
      select m.date, m.value from metrics m
      where m.series_id = f.id and m.date >= t.month and m.date < (t.month + interval '1 month')::date
      order by m.date
    ) m
  ) m
) m
cross join lateral (
  select array_agg(c.bucket) as starts, array_agg(c.n) as counts, array_agg(c.min) as mins, array_agg(c.max) as maxs,
    array_agg(c.sum) as sums, array_agg(c.first) as firsts, array_agg(c.last) as lasts
  from (
    select c.bucket, c.n, c.min, c.max, c.sum, c.first, c.last from metrics_month c
    where c.series_id = f.id and c.bucket >= f.month_from and c.bucket < f.month_to and f.rolled_up and f.size <= $13
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
	bounded := make([]bool, len(list))
	for i, a := range list {
		bounded[i] = a.Bounded
		ranges[0][i], ranges[1][i] = a.Ask.From, a.Ask.To
		ranges[2][i], ranges[3][i] = a.months()
	}
	args = append(args, ranges[0], ranges[1], ranges[2], ranges[3], bounded, int64(MaxPoints))
	b.add(query{sql: seriesBuckets, args: args, scan: func(rows pgx.Rows) error {
		clear(answers)
		for rows.Next() {
			var (
				company  int64
				n, size  int
				isThere  bool
				reported Reported[Series]
				s        = new(Series)
			)
			if err := rows.Scan(&company, &n, &isThere, &reported.Units, &s.DefinitionID, &s.Ticker, &size, &s.From, &s.To,
				nil, nil, nil, nil, nil, nil, nil, nil, nil); err != nil {
				return err
			}
			a := list[n-1]
			if err := s.scanBuckets(rows, 9, a.Monthly); err != nil {
				return err
			}
			reported.settle(isThere, s, size)
			answers[BucketsKey{company, a}] = reported
		}
		return rows.Err()
	}})
	return answers
}

// scanBuckets reads the points in columns i and i+1, and when the series is read by month the rolled up months in the seven
// columns after them; then the points become months too.
func (s *Series) scanBuckets(rows pgx.Rows, i int, monthly bool) error {
	from, to := s.From, s.To
	if err := s.scanPoints(rows, i); err != nil || !monthly {
		return err
	}
	if from != nil { // the points are not all of the series
		s.From, s.To = from, to
	}
	months, err := scanMonths(rows, i+2)
	if err != nil {
		return err
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

// scanMonths reads the seven columns from i: the starts of months (date[]), counts (int8[]), and five of float8[].
func scanMonths(rows pgx.Rows, i int) (*Buckets, error) {
	out := &Buckets{}
	numbers := [...]*[]float64{&out.Mins, &out.Maxs, &out.Sums, &out.Firsts, &out.Lasts}
	if fields := rows.FieldDescriptions(); fields[i].Format != pgtype.BinaryFormatCode {
		targets := make([]any, len(fields))
		targets[i], targets[i+1] = &out.Starts, &out.Counts
		for k, column := range numbers {
			targets[i+2+k] = column
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
	} else {
		raw := rows.RawValues()
		var err error
		if out.Starts, err = decodeArray(raw[i], 4, decodeDate); err != nil {
			return nil, err
		}
		if out.Counts, err = decodeArray(raw[i+1], 8, decodeInt); err != nil {
			return nil, err
		}
		for k, column := range numbers {
			if *column, err = decodeArray(raw[i+2+k], 8, decodeFloat); err != nil {
				return nil, err
			}
		}
	}
	out.Ends, out.Avgs = make([]edgar.Date, out.Len()), make([]float64, out.Len())
	for k, start := range out.Starts {
		out.Ends[k] = BucketMonth.Next(start)
		out.Avgs[k] = out.Sums[k] / float64(out.Counts[k])
	}
	return out, nil
}

func decodeInt(b []byte) int {
	return int(binary.BigEndian.Uint64(b)) //nolint:gosec // two's complement on the wire
}
