package store

import (
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// MetricAsk says which series of a company is meant. Without Unit it is the one in which the company has reported the
// metric most often; without Period, of that unit's classes, the one with the latest point (on a tie DAILY, YEAR,
// INSTANT, QUARTER, NINE_MONTHS, HALF). Ticker counts for prices only; without it the primary security is meant.
type MetricAsk struct {
	Name   string
	Unit   string       // "" for none given
	Period edgar.Period // PeriodOther for none given
	Ticker string       // "" for none given; normalised
}

// SeriesAsk is a series and the range of its points that is meant, both days included.
type SeriesAsk struct {
	MetricAsk
	From, To edgar.Date
}

// asks is the part of a statement that finds a series for each of some companies ($1) and asks ($2 to $5). The
// definitions of an ask are looked up once; joined before the companies' series they would be read for all companies.
const asks = `with asks as materialized (
  select a.n::int as n, a.unit is null as any_unit, a.ticker,
    array(
      select d.id from definitions d
      where d.name = a.name and (a.unit is null or d.unit = a.unit) and (a.period is null or d.period = a.period)
    ) as definitions
  from unnest($2::text[], $3::text[], $4::smallint[], $5::text[]) with ordinality as a(name, unit, period, ticker, n)
)`

const seriesOfAsk = `
from unnest($1::bigint[]) as p(company_id)
cross join asks a
cross join lateral (
  select s.id, s.definition_id, s.last_on, d.name, d.unit, y.symbol
  from series s
  cross join lateral (select * from definitions d where d.id = s.definition_id limit 1) d
  left join lateral (select * from securities y where y.id = s.security_id limit 1) y on true
  where s.company_id = p.company_id and s.definition_id = any(a.definitions)
    and (s.default_unit or not a.any_unit)
    and (s.security_id is null or case when a.ticker is null then y.is_primary else y.symbol = a.ticker end)
  order by s.last_on desc, (array[3, 1, 4, 6, 5, 2])[d.period]
  limit 1
) s`

// askArgs are the parameters $1 to $5 of asks.
func askArgs[A any](ids []int64, list []A, ask func(A) *MetricAsk) []any {
	names := make([]string, len(list))
	units := make([]*string, len(list))
	periods := make([]*edgar.Period, len(list))
	tickers := make([]*string, len(list))
	for i, a := range list {
		m := ask(a)
		names[i] = m.Name
		if m.Unit != "" {
			units[i] = &m.Unit
		}
		if m.Period != edgar.PeriodOther {
			periods[i] = &m.Period
		}
		if m.Ticker != "" {
			tickers[i] = &m.Ticker
		}
	}
	return []any{ids, names, units, periods, tickers}
}

// LatestKey is a company and an ask; asks are compared by their address.
type LatestKey struct {
	Company int64
	Ask     *MetricAsk
}

const latestValues = `-- name: LatestValues
` + asks + `
select p.company_id, a.n, s.definition_id, s.name, s.unit, s.symbol, m.date, m.value,
  f.period_start, f.fiscal_year, f.fiscal_period, f.filed_on, f.form, f.accession` + seriesOfAsk + `
cross join lateral (
  select m.date, m.value, m.fact_id from metrics m where m.series_id = s.id and m.date = s.last_on limit 1
) m
left join lateral (select * from facts f where f.id = m.fact_id limit 1) f on true`

// LatestValues asks for the latest value of each ask for each company. What a company never reported will be absent from
// the map.
func (b *Batch) LatestValues(ids []int64, list []*MetricAsk) map[LatestKey]*MetricValue {
	found := make(map[LatestKey]*MetricValue, len(ids)*len(list))
	args := askArgs(ids, list, func(a *MetricAsk) *MetricAsk { return a })
	b.add(query{sql: latestValues, args: args, scan: func(rows pgx.Rows) error {
		for rows.Next() {
			var (
				company int64
				n       int
				v       = new(MetricValue)
			)
			if err := rows.Scan(&company, &n, &v.DefinitionID, &v.Name, &v.Unit, &v.Ticker, &v.Date, &v.Value,
				&v.Start, &v.FiscalYear, &v.FiscalPeriod, &v.FiledOn, &v.Form, &v.AccessionNumber); err != nil {
				return err
			}
			found[LatestKey{company, list[n-1]}] = v
		}
		return rows.Err()
	}})
	return found
}

// SeriesKey is a company and an ask; asks are compared by their address.
type SeriesKey struct {
	Company int64
	Ask     *SeriesAsk
}

const (
	// One row a series: the arrays are decoded from the wire.
	seriesPoints = `-- name: SeriesPoints
` + asks + `
select p.company_id, a.n, s.definition_id, s.symbol, m.dates, m.values` + seriesOfAsk + `
cross join unnest($6::date[], $7::date[]) with ordinality as r(first_on, last_on, n)
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (
    select m.date, m.value from metrics m
    where m.series_id = s.id and m.date between r.first_on and r.last_on
    order by m.date
  ) m
) m
where r.n = a.n`

	seriesBounds = `-- name: SeriesBounds
` + asks + `
select p.company_id, a.n, s.definition_id, s.symbol,
  (select m.date from metrics m where m.series_id = s.id and m.date between r.first_on and r.last_on order by m.date limit 1),
  (select m.date from metrics m where m.series_id = s.id and m.date between r.first_on and r.last_on order by m.date desc limit 1)` + seriesOfAsk + `
cross join unnest($6::date[], $7::date[]) with ordinality as r(first_on, last_on, n)
where r.n = a.n`
)

// Series asks for the series of each ask for each company, with or without points (the same for all asks). What a
// company never reported will be absent from the map.
func (b *Batch) Series(ids []int64, list []*SeriesAsk, points bool) map[SeriesKey]*Series {
	found := make(map[SeriesKey]*Series, len(ids)*len(list))
	args := askArgs(ids, list, func(a *SeriesAsk) *MetricAsk { return &a.MetricAsk })
	from, to := make([]edgar.Date, len(list)), make([]edgar.Date, len(list))
	for i, a := range list {
		from[i], to[i] = a.From, a.To
	}
	sql := seriesBounds
	if points {
		sql = seriesPoints
	}
	b.add(query{sql: sql, args: append(args, from, to), scan: func(rows pgx.Rows) error {
		for rows.Next() {
			var (
				company int64
				n       int
				s       = new(Series)
			)
			if err := scanSeries(rows, &company, &n, s, points); err != nil {
				return err
			}
			found[SeriesKey{company, list[n-1]}] = s
		}
		return rows.Err()
	}})
	return found
}

func scanSeries(rows pgx.Rows, company *int64, n *int, s *Series, points bool) error {
	if !points {
		return rows.Scan(company, n, &s.DefinitionID, &s.Ticker, &s.From, &s.To)
	}
	if err := rows.Scan(company, n, &s.DefinitionID, &s.Ticker, nil, nil); err != nil {
		return err
	}
	if err := scanColumns(rows, 4, &s.Dates, &s.Values); err != nil {
		return err
	}
	if len(s.Dates) > 0 {
		s.From, s.To = &s.Dates[0], &s.Dates[len(s.Dates)-1]
	}
	return nil
}

// UnitsKey is a company and a metric name.
type UnitsKey struct {
	Company int64
	Name    string
}

const unitsUsed = `-- name: UnitsUsed
select p.company_id, n.name, u.unit
from unnest($1::bigint[]) as p(company_id)
cross join unnest($2::text[]) as n(name)
cross join lateral (
  select cu.unit
  from concept_units cu
  where cu.company_id = p.company_id and cu.concept_id = any(array(select k.id from concepts k where k.name = n.name))
  union
  select d.unit
  from definitions d
  where d.name = n.name
    and exists (select from series s where s.company_id = p.company_id and s.definition_id = d.id)
) u
order by p.company_id, n.name, u.unit`

// UnitsUsed asks for the units in which companies have reported metrics, in alphabetical order; of prices, those of
// their series. What a company never reported will be absent from the map.
func (b *Batch) UnitsUsed(ids []int64, names []string) map[UnitsKey][]string {
	found := map[UnitsKey][]string{}
	b.add(query{sql: unitsUsed, args: []any{ids, names}, scan: func(rows pgx.Rows) error {
		clear(found)
		for rows.Next() {
			var key UnitsKey
			var unit string
			if err := rows.Scan(&key.Company, &key.Name, &unit); err != nil {
				return err
			}
			found[key] = append(found[key], unit)
		}
		return rows.Err()
	}})
	return found
}
