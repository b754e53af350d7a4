package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// contents tells what a database holds.
type contents struct {
	companies, filings, values size
	ticker                     string // of the greatest company, empty if none has one
}

// size is a number of rows.
type size struct {
	rows      int64
	estimated bool // by PostgreSQL, since counting would take long
}

// String writes 1234567 as "1,234,567", an estimate as "about 1,230,000".
func (s size) String() string {
	if !s.estimated {
		return grouped(s.rows)
	}
	unit := int64(1)
	for s.rows/unit >= 1000 {
		unit *= 10
	}
	return "about " + grouped(s.rows/unit*unit)
}

// grouped writes a number with commas.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

const isEmpty = `-- name: IsEmpty
select not exists (select from companies) and not exists (select from filings)`

// holdsNothing reports whether nothing was ever loaded into the database.
func holdsNothing(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	var empty bool
	if err := pool.QueryRow(ctx, isEmpty).Scan(&empty); err != nil {
		return false, fmt.Errorf("look whether the database is empty: %w", err)
	}
	return empty, nil
}

// Small tables are counted: what autovacuum knows of them may be old. Of the others the number of rows that the last
// vacuum or analyze saw is scaled to the present size, as the planner does.
const tableSizes = `-- name: TableSizes
select
  case when pg_relation_size('companies') < 8388608 then (select count(*) from companies) end,
  case when pg_relation_size('filings') < 8388608 then (select count(*) from filings) end,
  case when pg_relation_size('metrics') < 8388608 then (select count(*) from metrics) end,
  array(
    select coalesce((reltuples / nullif(relpages, 0) * (pg_relation_size(oid) / 8192))::bigint, 0)
    from unnest(array['companies', 'filings', 'metrics']::regclass[]) with ordinality as t (oid, n)
    join pg_class using (oid)
    order by n
  )`

const greatestTicker = `-- name: GreatestTicker
select ticker
from companies
where ticker is not null
order by market_cap desc nulls last
limit 1`

// readContents looks at the database.
func readContents(ctx context.Context, pool *pgxpool.Pool) (contents, error) {
	var counted [3]*int64
	var estimated []int64
	err := pool.QueryRow(ctx, tableSizes).Scan(&counted[0], &counted[1], &counted[2], &estimated)
	if err != nil {
		return contents{}, fmt.Errorf("sizes of the tables: %w", err)
	}
	var c contents
	for i, to := range []*size{&c.companies, &c.filings, &c.values} {
		if counted[i] != nil {
			*to = size{rows: *counted[i]}
		} else {
			*to = size{rows: estimated[i], estimated: true}
		}
	}
	err = pool.QueryRow(ctx, greatestTicker).Scan(&c.ticker)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return contents{}, fmt.Errorf("a ticker for the example: %w", err)
	}
	return c, nil
}
