package store

// seriesPointsAsOf has the columns of SeriesPoints. A point was in its series from known_from on, and is still if it stands
// in metrics; until the day before known_to if it stands in point_versions. A series was there when it had a point, and the
// class that is meant where none is given is the one that had the latest.
//
// Of each company the series of all asks are read as one range of an index, and chosen from with one sort. How many points
// there may be is told by today's catalogue, which does not count those that were dropped since.
const seriesPointsAsOf = `-- name: SeriesPointsAsOf
` + asksAsOf + `, meant as materialized (
  select a.n, a.as_of, d.id as definition_id, d.unit, (array[3, 1, 4, 6, 5, 2])[d.period] as rank
  from asks a
  cross join lateral (
    select * from definitions d
    where d.name = a.name and (a.unit is null or d.unit = a.unit) and (a.period is null or d.period = a.period)
    offset 0
  ) d
)
select f.company_id, f.n, f.id is not null, f.units, f.definition_id, null::text, f.size, m.dates, m.values
from (
  select p.company_id, a.n, a.as_of, r.first_on, r.last_on, s.id, coalesce(s.definition_id, 0) as definition_id,
    case when s.id is null and a.unit is not null then ` + unitsUsedAsOf + ` end as units,
    sum(least(coalesce(s.points, 0), greatest(least(r.last_on, s.last_on) - greatest(r.first_on, s.first_on) + 1, 0))) over () as size` +
	pairsAsOf + `
  cross join lateral (select ($8::date[])[a.n] as first_on, ($9::date[])[a.n] as last_on) r
  left join (
    select distinct on (s.company_id, m.n, m.unit)
      s.company_id, m.n, m.unit, s.id, s.definition_id, s.points, s.first_on, s.last_on
    from (select distinct id from unnest((select $1::bigint[])) as c(id)) c
    cross join lateral (
      select * from series s
      where s.company_id = c.id and s.security_id is null and s.definition_id = any(array(select definition_id from meant))
      offset 0
    ) s
    join meant m on m.definition_id = s.definition_id
    cross join lateral (` + latestPointAsOf + `) k
    order by s.company_id, m.n, m.unit, k.date desc, m.rank
  ) s on s.company_id = p.company_id and s.n = a.n and s.unit = u.unit` + found + `
) f
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (
    select m.date, m.value
    from metrics m
    where m.series_id = f.id and m.date between f.first_on and f.last_on and m.known_from <= f.as_of and f.size <= $10
    union all
    select v.date, v.value
    from point_versions v
    where v.series_id = f.id and v.date between f.first_on and f.last_on and v.known_from <= f.as_of and v.known_to > f.as_of
      and f.size <= $10
    order by date
  ) m
) m`

// latestPointAsOf finds the day of the latest point that a series s had as of the day of m, if it had any.
const latestPointAsOf = `
      select k.date
      from (
        (select p.date
        from metrics p
        where p.series_id = s.id and p.date <= m.as_of and p.known_from <= m.as_of
        order by p.date desc
        limit 1)
        union all
        (select v.date
        from point_versions v
        where v.series_id = s.id and v.date <= m.as_of and v.known_from <= m.as_of and v.known_to > m.as_of
        order by v.date desc
        limit 1)
      ) k
      order by k.date desc
      limit 1`

// SeriesAsOf is Series with points for asks that say FromFacts: each as it was known at the end of that day. What was not
// reported by then may be absent from the map.
func (b *Batch) SeriesAsOf(keys []SeriesKey) map[SeriesKey]Reported[Series] {
	return b.series(seriesPointsAsOf, keys, true)
}
