package store

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// MetricAsk says which series of a company is meant. Without Unit it is the one in which the company has reported the
// metric most often; without Period, of that unit's classes, the one with the latest point (on a tie DAILY, YEAR,
// INSTANT, QUARTER, NINE_MONTHS, HALF). Ticker counts for prices only; without it the primary security is meant. With
// AsOf all of this, and the answer, are as they were known at the end of that day: Batch.LatestValuesAsOf, and where
// SeriesAsk.FromFacts says so Batch.SeriesAsOf.
type MetricAsk struct {
	Name   string
	Unit   string       // "" for none given
	Period edgar.Period // PeriodOther for none given
	Ticker string       // "" for none given; normalised
	AsOf   edgar.Date   // 0 for none given
}

// IsPrice says whether prices or volumes are meant.
func (a *MetricAsk) IsPrice() bool { return strings.HasPrefix(a.Name, "price:") }

// knownBy is the day by which a series must have begun.
func (a *MetricAsk) knownBy() edgar.Date {
	if a.AsOf == 0 {
		return edgar.MaxDate
	}
	return a.AsOf
}

// SeriesAsk is a series and the range of its points that is meant, both days included. A price is known on its day and
// never restated: To is not after AsOf.
type SeriesAsk struct {
	MetricAsk
	From, To edgar.Date
}

// FromFacts says whether the series is not the current one, but has to be made of what was known as of a day.
func (a *SeriesAsk) FromFacts() bool { return a.AsOf != 0 && !a.IsPrice() }

// Reported is what a company has reported of what was asked: Found is nil when there is nothing. Units is then, for an
// ask with a unit, the units in which the company has reported the metric, in alphabetical order.
type Reported[T any] struct {
	Found *T
	Units []string
	// Excess is how many points all series of the question may have, when those are more than MaxPoints. None was read.
	Excess int
}

// asks is the part of a statement that numbers the asks in $3 to $7, and finds the definitions that each may mean. These are
// looked up once; joined before the companies' series they would be read for all companies. Behind a select the length of a
// list is not known to the planner: it comes to the same plan for all lists, and keeps it.
const asks = `with asks as materialized (
  select n::int as n, name, unit, period, ticker, as_of
  from unnest((select $3::text[]), (select $4::text[]), (select $5::smallint[]), (select $6::text[]), (select $7::date[])) with ordinality
    as a(name, unit, period, ticker, as_of, n)
), meant as materialized (
  select a.n, a.name, a.unit is not null as has_unit, a.ticker, a.as_of, d.id as definition_id, d.unit, d.period,
    (array[3, 1, 4, 6, 5, 2])[d.period] as rank
  from asks a
  cross join lateral (
    select * from definitions d
    where d.name = a.name and (a.unit is null or d.unit = a.unit) and (a.period is null or d.period = a.period)
    offset 0
  ) d
)`

// What follows finds the series that each ask means of each company, of those in the text between. Of a company the series
// of all asks are read as one range of an index, and all are chosen from with one sort: a scan and a sort for each pair of
// them took twice as long. Of prices as of a day only those series are there that had begun by then.
const (
	chosenSeries = `(
  select distinct on (c.id, m.n) c.id as company_id, m.n, s.id, s.definition_id, s.points, s.first_on, s.last_on, s.last_value,
    s.last_fact_id, m.name, m.unit, m.period, y.symbol
  from `

	chosenSeriesEnd = ` c
  cross join lateral (
    select * from series s
    where s.company_id = c.id and s.definition_id = any(array(select m.definition_id from meant m))
    offset 0
  ) s
  join meant m on m.definition_id = s.definition_id
  left join lateral (select * from securities y where y.id = s.security_id limit 1) y on true
  where (s.default_unit or m.has_unit) and s.first_on <= m.as_of
    and (s.security_id is null or case when m.ticker is null then y.is_primary else y.symbol = m.ticker end)
  order by c.id, m.n, s.last_on desc, m.rank
) s`
)

// seriesOfAsk finds a series for each pair of a company ($1) and an ask ($2), the number of one of the asks.
const seriesOfAsk = `
from unnest((select $1::bigint[]), (select $2::int[])) as p(company_id, n)
join asks a on a.n = p.n
left join ` + chosenSeries + `(select distinct id from unnest((select $1::bigint[])) as c(id))` + chosenSeriesEnd + `
  on s.company_id = p.company_id and s.n = p.n`

// unitsUsed are the units of a metric that was not found in the unit of its ask.
const unitsUsed = `case when s.id is null then array(
    select cu.unit
    from concept_units cu
    where cu.company_id = p.company_id and cu.concept_id = any(array(select k.id from concepts k where k.name = a.name))
    union
    select d.unit
    from definitions d
    where d.name = a.name
      and (select true from series s where s.company_id = p.company_id and s.definition_id = d.id and s.first_on <= a.as_of limit 1)
    order by 1
  ) end`

// found leaves out pairs about which there is nothing to say.
const found = `
where s.id is not null or a.unit is not null`

// askArgs are the parameters $1 to $7 of asks for some keys, and the distinct asks in the order of their numbers.
func askArgs[K any, A comparable](keys []K, split func(K) (company int64, ask A, metric *MetricAsk)) (args []any, distinct []A) {
	companies, numbers := make([]int64, len(keys)), make([]int32, len(keys))
	var (
		names   []string
		units   []*string
		periods []*edgar.Period
		tickers []*string
		days    []edgar.Date
		index   = map[A]int32{}
	)
	for i, k := range keys {
		company, ask, m := split(k)
		n, known := index[ask]
		if !known {
			distinct = append(distinct, ask)
			n = int32(len(distinct)) //nolint:gosec // bounded by the arguments of an operation
			index[ask] = n
			names = append(names, m.Name)
			units = append(units, given(&m.Unit))
			periods = append(periods, given(&m.Period))
			tickers = append(tickers, given(&m.Ticker))
			days = append(days, m.knownBy())
		}
		companies[i], numbers[i] = company, n
	}
	return []any{companies, numbers, names, units, periods, tickers, days}, distinct
}

// given returns nil for a condition that was not given.
func given[T comparable](v *T) *T {
	var none T
	if *v == none {
		return nil
	}
	return v
}

// SeriesKey is a company and an ask; asks are compared by their address.
type SeriesKey struct {
	Company int64
	Ask     *SeriesAsk
}

// MaxPoints is how many points and buckets an answer can have.
const MaxPoints = 1_000_000

// SizeError says that an answer could have more than MaxPoints points and buckets.
type SizeError struct{ Size int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the answer could have %d points and buckets, more than %d are not given: ask for fewer series, a shorter range or longer buckets",
		e.Size, MaxPoints)
}

// boundedSeries finds the series; size is the most points that all of them together can have within their ranges. What is in
// the catalogue decides whether points are read at all.
const boundedSeries = `(
  select p.company_id, a.n, s.id, ` + unitsUsed + ` as units, coalesce(s.definition_id, 0) as definition_id, s.symbol, r.first_on, r.last_on,
    sum(least(coalesce(s.points, 0), greatest(least(r.last_on, s.last_on) - greatest(r.first_on, s.first_on) + 1, 0))) over () as size` +
	seriesOfAsk + `
  join unnest((select $8::date[]), (select $9::date[])) with ordinality as r(first_on, last_on, n) on r.n = a.n` + found + `
)`

const (
	// One row a series: the arrays are decoded from the wire.
	seriesPoints = `-- name: SeriesPoints
` + asks + `
select f.company_id, f.n, f.id is not null, f.units, f.definition_id, f.symbol, f.size, m.dates, m.values
from ` + boundedSeries + ` f
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (
    select m.date, m.value from metrics m
    where m.series_id = f.id and m.date between f.first_on and f.last_on and f.size <= $10
    order by m.date
  ) m
) m`

	seriesBounds = `-- name: SeriesBounds
` + asks + `
select p.company_id, a.n, s.id is not null, ` + unitsUsed + `, coalesce(s.definition_id, 0), s.symbol,
  (select m.date from metrics m where m.series_id = s.id and m.date between r.first_on and r.last_on order by m.date limit 1),
  (select m.date from metrics m where m.series_id = s.id and m.date between r.first_on and r.last_on order by m.date desc limit 1)` + seriesOfAsk + `
join unnest((select $8::date[]), (select $9::date[])) with ordinality as r(first_on, last_on, n) on r.n = a.n` + found
)

// Series asks for the series of each ask of a company, with or without points. What a company never reported may be
// absent from the map.
func (b *Batch) Series(keys []SeriesKey, points bool) map[SeriesKey]Reported[Series] {
	if points {
		return b.series(seriesPoints, keys, points)
	}
	return b.series(seriesBounds, keys, points)
}

// series asks for series by a statement with the columns of SeriesPoints, or of SeriesBounds.
func (b *Batch) series(sql string, keys []SeriesKey, points bool) map[SeriesKey]Reported[Series] {
	answers := make(map[SeriesKey]Reported[Series], len(keys))
	args, list := askArgs(keys, func(k SeriesKey) (int64, *SeriesAsk, *MetricAsk) { return k.Company, k.Ask, &k.Ask.MetricAsk })
	from, to := make([]edgar.Date, len(list)), make([]edgar.Date, len(list))
	for i, a := range list {
		from[i], to[i] = a.From, a.To
	}
	args = append(args, from, to)
	if points {
		args = append(args, int64(MaxPoints))
	}
	b.add(query{sql: sql, args: args, scan: func(rows pgx.Rows) error {
		clear(answers)
		for rows.Next() {
			var (
				company  int64
				n        int
				isThere  bool
				reported Reported[Series]
				s        = new(Series)
			)
			targets := []any{&company, &n, &isThere, &reported.Units, &s.DefinitionID, &s.Ticker, &s.From, &s.To}
			size := 0
			if points {
				targets = append(targets[:6], &size, nil, nil)
			}
			if err := rows.Scan(targets...); err != nil {
				return err
			}
			if points {
				if err := s.scanPoints(rows, 7); err != nil {
					return err
				}
			}
			reported.settle(isThere, s, size)
			answers[SeriesKey{company, list[n-1]}] = reported
		}
		return rows.Err()
	}})
	return answers
}

// settle notes the series that was read, or that it was not because there would be too many points.
func (r *Reported[T]) settle(isThere bool, found *T, size int) {
	switch {
	case size > MaxPoints:
		r.Excess = size
	case isThere:
		r.Found = found
	}
}

// scanPoints reads the dates in column i, and the values in the one after it.
func (s *Series) scanPoints(rows pgx.Rows, i int) error {
	if err := scanColumns(rows, i, &s.Dates, &s.Values); err != nil {
		return err
	}
	if len(s.Dates) > 0 {
		s.From, s.To = &s.Dates[0], &s.Dates[len(s.Dates)-1]
	}
	return nil
}
