package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// DataSet tells how much a database holds, and of which day it is.
type DataSet struct {
	Companies int
	Filings   int
	Values    float64 // a whole number: it can be greater than a GraphQL Int
	Estimated bool    // the numbers are PostgreSQL's estimates, at least in part

	NewestFiling *edgar.Date // nil when there is none
	NewestPrice  *edgar.Date // nil when there is none
}

// counted is up to how many rows of a table DataSet counts; it stands in the statement too. From there on it takes what the
// last vacuum or analyze saw, which is never far off in a table of that size.
const counted = 100_000

// A hypertable's rows are in its chunks, which inherit from it. The number of values is added up from the series, each
// of which knows how many points it has.
const dataSet = `-- name: DataSet
select
  (select count(*) from (select from companies order by id limit 100001) c),
  (select reltuples::float8 from pg_class where oid = 'companies'::regclass),
  (select count(*) from (select from filings order by id limit 100001) f),
  (select reltuples::float8 from pg_class where oid = 'filings'::regclass),
  s.n,
  s.points,
  (select reltuples::float8 from pg_class where oid = 'metrics'::regclass),
  (
    select coalesce(sum(greatest(c.reltuples, 0)), 0)::float8
    from pg_inherits i
    cross join lateral (select reltuples from pg_class where oid = i.inhrelid) c
    where i.inhparent = 'metrics'::regclass
  ),
  (select filed_on from filings order by filed_on desc, id desc limit 1),
  (
    select max(p.last_on)
    from (select id from definitions where name = 'price:close' order by name, unit, period limit 100) d
    cross join lateral (select max(last_on) as last_on from series where definition_id = d.id) p
  )
from (
  select count(*) as n, coalesce(sum(points), 0)::float8 as points
  from (select points from series order by id limit 100001) s
) s`

// DataSet returns how much there is. It reads a bounded number of rows, but some thousands: it is not for every
// operation. Error: ErrUnavailable.
func (s *Store) DataSet(ctx context.Context) (*DataSet, error) {
	var d *DataSet
	err := s.run(ctx, query{sql: dataSet, scan: func(rows pgx.Rows) error {
		for rows.Next() {
			var companies, filings, series size
			var points, chunks float64
			d = &DataSet{}
			err := rows.Scan(&companies.rows, &companies.estimate, &filings.rows, &filings.estimate,
				&series.rows, &points, &series.estimate, &chunks, &d.NewestFiling, &d.NewestPrice)
			if err != nil {
				return err
			}
			d.Companies, d.Filings = int(companies.best()), int(filings.best())
			d.Values = points
			if series.beyond() {
				d.Values = max(points, series.estimate+chunks)
			}
			d.Estimated = companies.beyond() || filings.beyond() || series.beyond()
		}
		return rows.Err()
	}})
	if err != nil {
		return nil, fmt.Errorf("data set: %w", err)
	}
	return d, nil
}

// size is how many rows a table has: counted to just beyond counted, and as PostgreSQL estimates, negative when it does not.
type size struct {
	rows     int64
	estimate float64
}

func (s size) beyond() bool { return s.rows > counted }

func (s size) best() float64 {
	if s.beyond() {
		return max(float64(s.rows), s.estimate)
	}
	return float64(s.rows)
}
