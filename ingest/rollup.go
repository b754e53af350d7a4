package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// The monthly roll-up of daily series.
//
// On plain PostgreSQL metrics_month is a table, and the transaction that changes daily points computes the months anew
// that it has touched. On TimescaleDB it is a continuous aggregate; there the transaction marks these months as stale,
// and readers take them from metrics until refreshRollup has come by. Either way every snapshot of the database is right.

// A compressed chunk is decompressed for the rows that are written, as many as these may be. Where there is no TimescaleDB
// the setting has no meaning.
const prepareRollup = `-- name: prepareRollup
set timescaledb.max_tuples_decompressed_per_dml_transaction = 0;

-- The months of daily series in which this transaction has changed points; points may be gone where fewer is set.
create temporary table changed_months (series_id bigint, month date, fewer boolean) on commit delete rows;

-- The series of a price file that have changed, and the first and the last day on which they have.
create temporary table changed_days (series_id bigint, first_on date, last_on date) on commit delete rows;`

const metricsAreHypertable = `-- name: metricsAreHypertable
select metrics_are_hypertable()`

// rollUp makes the roll-up agree with the daily points that this transaction has changed. It comes after all changes: as
// metrics was written, nobody can turn it into a hypertable between the question and the answer's use.
func (t *transaction) rollUp(ctx context.Context) error {
	if !t.monthsChanged {
		return nil
	}
	var hypertable bool
	if err := t.tx.QueryRow(ctx, metricsAreHypertable).Scan(&hypertable); err != nil {
		return fmt.Errorf("metricsAreHypertable: %w", err)
	}
	statements := []string{dropMonths, computeMonths}
	if hypertable {
		statements = []string{markMonths}
	}
	for _, sql := range statements {
		if _, err := t.exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

const markMonths = `-- name: markMonths
insert into metrics_stale (series_id, month)
select distinct series_id, month
from changed_months
order by series_id, month
on conflict do nothing`

// dropMonths finds each month by the index: planned as a join with a table of which nothing is known, it may read all months.
const dropMonths = `-- name: dropMonths
delete from metrics_month
where ctid = any(array(
  select r.ctid
  from changed_months c
  cross join lateral (
    select r.ctid from metrics_month r where r.series_id = c.series_id and r.bucket = c.month limit 1
  ) r
  where c.fewer and not exists (
    select from metrics m
    where m.series_id = c.series_id and m.date >= c.month and m.date < (c.month + interval '1 month')::date
  )
))`

// computeMonths reads each month as one range of the index, in the order of its days.
const computeMonths = `-- name: computeMonths
insert into metrics_month (series_id, bucket, n, sum, min, max, first, last)
select c.series_id, c.month, a.n, a.sum, a.min, a.max, a.first, a.last
from (select distinct series_id, month from changed_months) c
cross join lateral (
  select count(*) as n, sum(m.value) as sum, min(m.value) as min, max(m.value) as max,
    (array_agg(m.value))[1] as first, (array_agg(m.value))[count(*)] as last
  from (
    select m.value
    from metrics m
    where m.series_id = c.series_id and m.date >= c.month and m.date < (c.month + interval '1 month')::date
    order by m.date
  ) m
) a
where a.n > 0
order by c.series_id, c.month
on conflict (series_id, bucket) do update
set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first, last = excluded.last
where (metrics_month.n, metrics_month.sum, metrics_month.min, metrics_month.max, metrics_month.first, metrics_month.last)
  <> (excluded.n, excluded.sum, excluded.min, excluded.max, excluded.first, excluded.last)`

// noteChangedPrices notes the days of prices that got another value.
const noteChangedPrices = `-- name: noteChangedPrices
insert into changed_days (series_id, first_on, last_on)
select series_id, min(date), max(date)
from known_prices
where wins and not same
group by series_id`

// notePriceMonths notes the months of the file that lie between the first and the last changed day of each series: of a
// file that adds a day to many years, one. The months are taken from the file's rows, which are a sixth of their values.
const notePriceMonths = `-- name: notePriceMonths
with placed as materialized (
  select distinct security_id, date_trunc('month', date::timestamp)::date as month
  from placed_rows
)
insert into changed_months (series_id, month, fewer)
select d.series_id, p.month, false
from changed_days d
join price_series s on s.series_id = d.series_id
join placed p on p.security_id = s.security_id
where p.month between date_trunc('month', d.first_on::timestamp)::date and d.last_on`

// noteMovedMonths notes the months of prices that move from one series to another.
const noteMovedMonths = `-- name: noteMovedMonths
insert into changed_months (series_id, month, fewer)
select distinct series_id, date_trunc('month', date::timestamp)::date, true
from moved_prices
union all
select distinct p.id, date_trunc('month', m.date::timestamp)::date, false
from moved_prices m
join ` + movedTo + `
join series p on p.security_id = y.id and p.definition_id = m.definition_id`

const anyStale = `-- name: anyStale
select exists (select from metrics_stale)`

// Why a refresh is left to others.
const (
	lockNotAvailable      = "55P03"
	insufficientPrivilege = "42501"
)

const refreshMonths = `-- name: refreshMonths
call refresh_metrics_month()`

// refreshRollup brings the continuous aggregate of TimescaleDB up to date. Answers do not depend on it, only how long they take:
// when somebody else is refreshing, or this role may not, the marks stay until TimescaleDB's scheduler comes by.
func (s *session) refreshRollup(ctx context.Context) error {
	err := s.persist(ctx, func(bool) error {
		var stale bool
		if err := s.conn.QueryRow(ctx, anyStale).Scan(&stale); err != nil || !stale {
			return err
		}
		_, err := s.conn.Exec(ctx, refreshMonths)
		return err
	})
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && (pgErr.Code == lockNotAvailable || pgErr.Code == insufficientPrivilege) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("refresh the roll-up: %w", err)
	}
	return nil
}
