package bench

import "context"

// priceSeries finds the primary security's series s of a metric of the companies c that hold the tickers $1.
const priceSeries = `
from securities t
cross join lateral (select * from companies c where c.id = t.company_id limit 1) c
cross join unnest($2::text[]) with ordinality as x(name, ord)
cross join lateral (
  select s.id
  from series s
  cross join lateral (select * from securities y where y.id = s.security_id limit 1) y
  where s.company_id = c.id and s.definition_id = any(array(select d.id from definitions d where d.name = x.name)) and y.is_primary
  limit 1
) s`

const limitBuckets = `-- name: LimitBuckets
select c.ticker, m.*` + priceSeries + `
cross join lateral (
  select date_trunc('month', m.date::timestamp)::date as start, avg(m.value), min(m.value), max(m.value)
  from metrics m
  where m.series_id = s.id and m.date between $3 and $4
  group by 1
) m
where t.symbol = any($1::text[]) and t.valid_to is null
order by c.name, c.cik_key, c.id, m.start`

func (l *limit) buckets(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	var last []byte
	b, err := l.each(ctx, append(b, `{"data":{"companies":{"nodes":[`...), func(b []byte, n int, raw [][]byte) []byte {
		if string(raw[0]) == string(last) {
			b = append(b, ',')
		} else {
			if n > 0 {
				b = append(b, `]}},`...)
			}
			last = append(last[:0], raw[0]...)
			b = append(appendText(append(b, `{"ticker":`...), raw[0]), `,"series":{"buckets":[`...)
		}
		b = appendDate(append(b, `{"start":`...), raw[1])
		b = appendFloat(append(b, `,"avg":`...), raw[2])
		b = appendFloat(append(b, `,"min":`...), raw[3])
		return append(appendFloat(append(b, `,"max":`...), raw[4]), '}')
	}, ``, limitBuckets, v.Tickers, []string{v.Metric}, v.From, v.To)
	if last != nil {
		b = append(b, `]}}`...)
	}
	return append(b, `]}}}`...), err
}

// limitChart has a row for each series: the points are two arrays.
const limitChart = `-- name: LimitChart
select c.ticker, x.ord, m.dates, m.values` + priceSeries + `
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (select m.date, m.value from metrics m where m.series_id = s.id and m.date between $3 and $4 order by m.date) m
) m
where t.symbol = any($1::text[]) and t.valid_to is null
order by c.name, c.cik_key, c.id, x.ord`

// chartKeys are the aliases of the chart's series, and their metrics.
func chartKeys() (aliases, metrics []string) {
	return []string{"open", "high", "close", "volume"}, []string{"price:open", "price:high", "price:close", "price:volume"}
}

func (l *limit) chart(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	const header, date, value = 20, 8, 12 // bytes of the wire: dimensions and the like, then each element behind its length
	aliases, metrics := chartKeys()
	b, err := l.each(ctx, append(b, `{"data":{"companies":{"nodes":[`...), func(b []byte, n int, raw [][]byte) []byte {
		k := int64Of(raw[1])
		if k == 1 {
			if n > 0 {
				b = append(b, `},`...)
			}
			b = appendText(append(b, `{"ticker":`...), raw[0])
		}
		b = append(append(append(b, `,"`...), aliases[k-1]...), `":{"points":[`...)
		if len(raw[2]) > header {
			dates, values := raw[2][header:], raw[3][header:]
			for len(dates) > 0 {
				b = appendDate(append(b, `{"date":`...), dates[4:date])
				b = append(appendFloat(append(b, `,"value":`...), values[4:value]), `},`...)
				dates, values = dates[date:], values[value:]
			}
			b = b[:len(b)-1]
		}
		return append(b, `]}`...)
	}, `}]}}}`, limitChart, v.Tickers, metrics, v.From, v.To)
	return b, err
}
