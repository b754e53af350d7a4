package store

import (
	"cmp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// seriesPointsAsOf reads, a row for each series, the facts that its points are chosen from: of each end the one of the
// greatest rank. A week more than the range is read, for the facts in it to judge those in the range. Where nothing that
// the company filed is newer than the day, the current points are read instead, as if all of them were of one filing.
//
// The lengths in days of the class are looked up once: to classify each fact takes as long as to read it.
//
// Which class is meant where none is given is a matter of the latest point of each; the facts decide whether there is a
// series at all, and the catalogue of today's series whether it is read.
const seriesPointsAsOf = `-- name: SeriesPointsAsOf
` + asksAsOf + `, found as materialized (
  select p.company_id, a.n, a.concept_id, a.as_of, u.unit, k.class, d.id as definition_id, r.first_on, r.last_on,
    (array[10000000, null, 79, 159, 244, 349])[k.class] as least_days, (array[10000000, null, 119, 199, 289, 379])[k.class] as most_days,
    case when (select co.facts_as_of from companies co where co.id = p.company_id) <= a.as_of then s.id end as series_id,
    case when k.class is null and a.unit is not null then array(` + unitsUsedAsOf + `
      order by 1
    ) end as units,
    case when k.class is not null then
      least(s.points, greatest(least(r.last_on, s.last_on) - greatest(r.first_on, s.first_on) + 1, 0))
    end as points` + pairsAsOf + `
  cross join lateral (select ($8::date[])[a.n] as first_on, ($9::date[])[a.n] as last_on) r` + unitAsOf + endAsOf + latestAsOf + `
    and cardinality(a.classes) > 1` + latestAsOfEnd + `
  cross join lateral (
    select case when cardinality(a.classes) > 1 then l.class when e.period_end is not null then a.classes[1] end as class
  ) k
  left join definitions d on d.name = a.name and d.unit = u.unit and d.period = k.class
  left join lateral (
    select s.id, s.points, s.first_on, s.last_on from series s
    where s.company_id = p.company_id and s.definition_id = d.id and s.security_id is null
    limit 1
  ) s on true
  where k.class is not null or a.unit is not null
), size as materialized (
  select coalesce(sum(points), 0) as points from found
)
select c.company_id, c.n, c.class is not null, c.units, coalesce(c.definition_id, 0), coalesce(c.class, 0), size.points,
  m.dates, m.values, m.filed, m.accessions
from found c
cross join size
cross join lateral (
  select array_agg(f.period_end) as dates, array_agg(f.value) as values, array_agg(f.filed_on) as filed, array_agg(f.accession) as accessions
  from (
    (select distinct on (f.period_end) f.period_end, f.value, f.filed_on, f.accession
    from facts f
    where f.company_id = c.company_id and f.concept_id = c.concept_id and f.unit = c.unit
      and f.period_end between c.first_on - 7 and c.last_on + 7
      and coalesce(f.period_end - f.period_start, 10000000) between c.least_days and c.most_days
      and f.filed_on <= c.as_of and f.filed_on >= f.period_end and c.series_id is null and size.points <= $10
    order by f.period_end, f.filed_on desc, f.accession desc, f.period_start desc)
    union all
    (select m.date, m.value, c.as_of, 0
    from metrics m
    where m.series_id = c.series_id and m.date between c.first_on and c.last_on and size.points <= $10
    order by m.date)
  ) f
) m`

// SeriesAsOf is Series with points for asks that say FromFacts: each as it was known at the end of that
// day. What was not reported by then may be absent from the map.
func (b *Batch) SeriesAsOf(keys []SeriesKey) map[SeriesKey]Reported[Series] {
	answers := make(map[SeriesKey]Reported[Series], len(keys))
	args, list := asOfArgs(keys, func(k SeriesKey) (int64, *SeriesAsk, *MetricAsk) { return k.Company, k.Ask, &k.Ask.MetricAsk })
	from, to := make([]edgar.Date, len(list)), make([]edgar.Date, len(list))
	for i, a := range list {
		// A week more does not leave the dates that there are.
		from[i], to[i] = max(a.From, edgar.MinDate+nearEnds), min(a.To, edgar.MaxDate-nearEnds)
	}
	b.add(query{sql: seriesPointsAsOf, args: append(args, from, to, int64(MaxPoints)), scan: func(rows pgx.Rows) error {
		clear(answers)
		for rows.Next() {
			var (
				company  int64
				n, size  int
				isThere  bool
				class    edgar.Period
				reported Reported[Series]
				s        = new(Series)
				facts    candidates
			)
			if err := rows.Scan(&company, &n, &isThere, &reported.Units, &s.DefinitionID, &class, &size, nil, nil, nil, nil); err != nil {
				return err
			}
			if err := facts.scan(rows, 7); err != nil {
				return err
			}
			ask := list[n-1]
			s.setPoints(facts.choose(class, ask.From, ask.To))
			reported.settle(isThere, s, size)
			answers[SeriesKey{company, ask}] = reported
		}
		return rows.Err()
	}})
	return answers
}

// nearEnds is within how many days quarters, and years, end that are the same one.
const nearEnds = 7

// candidates are the facts of a series that its points are chosen from, one for each end, oldest first.
type candidates struct {
	dates      []edgar.Date
	values     []float64
	filed      []edgar.Date
	accessions []int
}

// scan reads the four columns from i.
func (c *candidates) scan(rows pgx.Rows, i int) error {
	if err := scanColumns(rows, i, &c.dates, &c.values); err != nil {
		return err
	}
	if fields := rows.FieldDescriptions(); fields[i].Format != pgtype.BinaryFormatCode {
		targets := make([]any, len(fields))
		targets[i+2], targets[i+3] = &c.filed, &c.accessions
		return rows.Scan(targets...)
	}
	var err error
	if c.filed, err = decodeArray(rows.RawValues()[i+2], 4, decodeDate); err != nil {
		return err
	}
	c.accessions, err = decodeArray(rows.RawValues()[i+3], 8, decodeInt)
	return err
}

// choose returns the points from one day to another, chosen as pointsAsOf chooses them.
func (c *candidates) choose(class edgar.Period, from, to edgar.Date) (dates []edgar.Date, values []float64) {
	dates, values = make([]edgar.Date, 0, len(c.dates)), make([]float64, 0, len(c.dates))
	merged := class == edgar.PeriodQuarter || class == edgar.PeriodYear
	for i, date := range c.dates {
		if date < from || date > to || merged && c.dropped(i) {
			continue
		}
		dates, values = append(dates, date), append(values, c.values[i])
	}
	return dates, values
}

// rank compares the filings of two facts.
func (c *candidates) rank(i, k int) int {
	return cmp.Or(cmp.Compare(c.filed[i], c.filed[k]), cmp.Compare(c.accessions[i], c.accessions[k]))
}

// dropped says whether another one that ends near the one at i has the greater rank; of equals the later end stays.
func (c *candidates) dropped(i int) bool {
	for k := i - 1; k >= 0 && c.dates[i]-c.dates[k] <= nearEnds; k-- {
		if c.rank(k, i) > 0 {
			return true
		}
	}
	for k := i + 1; k < len(c.dates) && c.dates[k]-c.dates[i] <= nearEnds; k++ {
		if c.rank(k, i) >= 0 {
			return true
		}
	}
	return false
}

// setPoints gives a series its points.
func (s *Series) setPoints(dates []edgar.Date, values []float64) {
	s.Dates, s.Values = dates, values
	if len(dates) > 0 {
		s.From, s.To = &dates[0], &dates[len(dates)-1]
	}
}
