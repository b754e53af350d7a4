package doctor

import (
	"context"
	"fmt"
)

// sampled is the number of daily series whose roll-up is computed anew.
const sampled = 20

// A month is wrong when it contradicts its points, and does not say that it is stale.
const rollupSampleOf = `-- name: RollupSampleOf
with sample as materialized (
  select s.id
  from series s
  join definitions d on d.id = s.definition_id
  where d.period = 2
  order by random()
  limit $1
), counted as (
  select m.series_id, date_trunc('month', m.date::timestamp)::date as bucket, count(*) as n, sum(m.value) as sum,
    min(m.value) as min, max(m.value) as max,
    (array_agg(m.value order by m.date))[1] as first, (array_agg(m.value order by m.date desc))[1] as last
  from sample
  cross join lateral (select m.series_id, m.date, m.value from metrics m where m.series_id = sample.id and m.fact_id is null) m
  group by m.series_id, bucket
), kept as (
  select r.series_id, r.bucket, r.n, r.sum, r.min, r.max, r.first, r.last
  from sample
  cross join lateral (
    select r.series_id, r.bucket, r.n, r.sum, r.min, r.max, r.first, r.last from metrics_month r where r.series_id = sample.id
  ) r
), compared as (
  select series_id, bucket,
    (c.n, c.min, c.max, c.first, c.last) is distinct from (k.n, k.min, k.max, k.first, k.last)
      or abs(c.sum - k.sum) > 1e-12 * abs(c.sum) as differs
  from counted c
  full join kept k using (series_id, bucket)
), wrong as (
  select c.series_id, c.bucket
  from compared c
  where c.differs and not exists (select from metrics_stale t where t.series_id = c.series_id and t.month = c.bucket)
)
select (select count(*) from sample), (select count(*) from compared), (select count(*) from wrong),
  coalesce((select format('series %s, %s', series_id, to_char(bucket, 'YYYY-MM')) from wrong order by series_id, bucket limit 1), '')`

// rollupSample compares the roll-up of some series with their points.
func rollupSample(ctx context.Context, p *patient) ([]Finding, error) {
	var series, months, wrong int
	var first string
	if err := p.tx.QueryRow(ctx, rollupSampleOf, sampled).Scan(&series, &months, &wrong, &first); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "there are no daily series yet"}
	switch {
	case wrong > 0:
		f.Status = Fail
		f.What = fmt.Sprintf("%d of %s of %d series contradict their points, the first: %s", wrong, count(months, "month"), series, first)
		f.Advice = "Somebody wrote to metrics by hand: select rebuild_metrics_month(), then call refresh_metrics_month()."
	case series > 0:
		f.What = fmt.Sprintf("%s of %d daily series agree with their points", count(months, "month"), series)
	}
	return []Finding{f}, nil
}
