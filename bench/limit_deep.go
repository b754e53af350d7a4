package bench

import "context"

// limitDashboard has rows of three kinds, company by company: the company, its filings, its latest values.
const limitDashboard = `-- name: LimitDashboard
with c as materialized (
  select row_number() over ()::int as n, c.*
  from (
    select c.id, c.ticker, c.name, c.market_cap
    from companies c
    where c.sector = $1 and c.exchange = $2
    order by c.market_cap desc nulls last, c.name desc, c.cik_key desc, c.id desc
    limit 50
  ) c
)
select n, 0 as kind, 0 as ord, id, ticker as a, name as t, null::date as d, market_cap as v from c
union all
select c.n, 1, f.ord::int, f.id, f.form, f.title, f.filed_on, null
from c
cross join lateral (
  select fc.filing_id as id, fc.form, fc.title, fc.filed_on, row_number() over (order by fc.filed_on desc, fc.filing_id desc) as ord
  from filing_companies fc
  where fc.company_id = c.id
  order by fc.filed_on desc, fc.filing_id desc
  limit 5
) f
union all
select c.n, 2, x.ord::int, 0, x.name, null, s.last_on, s.last_value
from c
cross join unnest($3::text[]) with ordinality as x(name, ord)
left join lateral (
  select s.last_on, s.last_value
  from series s
  join definitions d on d.id = s.definition_id
  left join securities y on y.id = s.security_id
  where s.company_id = c.id and s.definition_id = any(array(select d.id from definitions d where d.name = x.name))
    and s.default_unit and (y.id is null or y.is_primary)
  order by s.last_on desc, (array[3, 1, 4, 6, 5, 2])[d.period]
  limit 1
) s on true
order by 1, 2, 3`

const (
	dashboardFilings = `,"filings":{"nodes":[`
	dashboardMetrics = `]},"metrics":[`
)

func (l *limit) dashboard(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	last := int32(-1)
	closed := func(b []byte) []byte {
		if last < 2 {
			b = append(b, dashboardMetrics...)
		}
		return append(b, `]}`...)
	}
	b, err := l.each(ctx, append(b, `{"data":{"companies":{"nodes":[`...), func(b []byte, n int, raw [][]byte) []byte {
		kind := int32Of(raw[1])
		switch kind {
		case 0:
			if n > 0 {
				b = append(closed(b), ',')
			}
			b = appendID(append(b, `{"id":`...), "Company", raw[3])
			b = appendText(append(b, `,"ticker":`...), raw[4])
			b = appendText(append(b, `,"name":`...), raw[5])
			b = appendFloat(append(b, `,"marketCap":`...), raw[7])
			b = append(b, dashboardFilings...)
		case 1:
			if last == 1 {
				b = append(b, ',')
			}
			b = appendFiling(b, raw[3], raw[4], raw[6], raw[5])
		default:
			if last == 2 {
				b = append(b, ',')
			} else {
				b = append(b, dashboardMetrics...)
			}
			b = appendValue(b, raw[4], raw[6], raw[7])
		}
		last = kind
		return b
	}, ``, limitDashboard, v.Sector, v.Exchange, v.Names)
	if last >= 0 {
		b = closed(b)
	}
	return append(b, `]}}}`...), err
}

func appendValue(b, name, date, value []byte) []byte {
	if value == nil {
		return append(b, "null"...)
	}
	b = appendText(append(b, `{"name":`...), name)
	b = appendDate(append(b, `,"date":`...), date)
	return append(appendFloat(append(b, `,"value":`...), value), '}')
}

func appendFiling(b, id, form, filedOn, title []byte) []byte {
	b = appendID(append(b, `{"id":`...), "Filing", id)
	b = appendText(append(b, `,"form":`...), form)
	b = appendDate(append(b, `,"filedOn":`...), filedOn)
	return append(appendText(append(b, `,"title":`...), title), '}')
}

const limitFilings = `-- name: LimitFilings
select f.id, f.form, f.filed_on, f.title, c.id, c.ticker, c.name, c.sector, g.id, g.form, g.filed_on, g.title
from (select * from filings f where f.filed_on = $1 order by f.id desc limit 20) f
cross join lateral (
  select c.*
  from filing_companies fc
  cross join lateral (select * from companies c where c.id = fc.company_id limit 1) c
  where fc.filing_id = f.id
  order by (select true from securities s where s.company_id = c.id and s.valid_to is null limit 1), c.sic is null, c.cik_key, c.id
  limit 1
) c
cross join lateral (
  select fc.filing_id as id, fc.form, fc.filed_on, fc.title
  from filing_companies fc
  where fc.company_id = c.id
  order by fc.filed_on desc, fc.filing_id desc
  limit 3
) g
order by f.id desc, g.filed_on desc, g.id desc`

func (l *limit) filings(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	last := int64(-1)
	b, err := l.each(ctx, append(b, `{"data":{"filings":{"nodes":[`...), func(b []byte, n int, raw [][]byte) []byte {
		if id := int64Of(raw[0]); id == last {
			b = append(b, ',')
		} else {
			if n > 0 {
				b = append(b, `]}}},`...)
			}
			last = id
			b = appendFiling(b, raw[0], raw[1], raw[2], raw[3])
			b = appendID(append(b[:len(b)-1], `,"company":{"id":`...), "Company", raw[4])
			b = appendText(append(b, `,"ticker":`...), raw[5])
			b = appendText(append(b, `,"name":`...), raw[6])
			b = appendText(append(b, `,"sector":`...), raw[7])
			b = append(b, `,"filings":{"nodes":[`...)
		}
		return appendFiling(b, raw[8], raw[9], raw[10], raw[11])
	}, ``, limitFilings, v.Date)
	if last >= 0 {
		b = append(b, `]}}}`...)
	}
	return append(b, `]}}}`...), err
}
