package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const modeOf = `-- name: ModeOf
select current_setting('server_version'),
  (select extversion from pg_extension where extname = 'timescaledb'),
  metrics_are_hypertable(), why_not_timescale(),
  exists (select from pg_available_extensions where name = 'timescaledb')`

// mode tells what the database runs on.
func mode(ctx context.Context, p *patient) ([]Finding, error) {
	var (
		server                string
		extension, whyNot     *string
		hypertable, available bool
	)
	if err := p.tx.QueryRow(ctx, modeOf).Scan(&server, &extension, &hypertable, &whyNot, &available); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "plain PostgreSQL " + server}
	switch {
	case hypertable && whyNot != nil:
		f.Status, f.What = Fail, "metrics is a hypertable, but "+*whyNot
		f.Advice = "Bring the extension back as it was when the metrics became a hypertable."
	case hypertable:
		f.What = fmt.Sprintf("PostgreSQL %s with TimescaleDB %s", server, *extension)
	case whyNot == nil:
		f.Status = Warn
		f.What = fmt.Sprintf("PostgreSQL %s has TimescaleDB %s, but metrics is an ordinary table: the extension came after the migrations",
			server, *extension)
		f.Advice = "Run corpintel migrate timescale when nobody needs the database: it copies all points and keeps everybody away meanwhile."
	case extension != nil:
		f.Status, f.What = Warn, fmt.Sprintf("plain PostgreSQL %s: %s", server, *whyNot)
		f.Advice = "Remedy that and run corpintel migrate timescale, or drop the extension: nothing uses it."
	case available:
		f.What += "; TimescaleDB could be installed, which keeps long histories of prices in a fraction of the room"
	}
	return []Finding{f}, nil
}

const chunksOf = `-- name: ChunksOf
select count(*), count(*) filter (where is_compressed),
  coalesce((min(range_start) at time zone 'UTC')::date::text, ''), coalesce((max(range_end) at time zone 'UTC')::date::text, ''),
  coalesce(hypertable_size('metrics'), 0)
from timescaledb_information.chunks
where hypertable_schema = current_schema and hypertable_name = 'metrics'`

// chunks tells what metrics consists of.
func chunks(ctx context.Context, p *patient) ([]Finding, error) {
	var (
		all, compressed int
		first, last     string
		size            int64
	)
	if err := p.tx.QueryRow(ctx, chunksOf).Scan(&all, &compressed, &first, &last, &size); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "no chunks: there are no points yet"}
	if all > 0 {
		f.What = fmt.Sprintf("%s from %s to %s, %d compressed, %s in all", count(all, "chunk"), first, last, compressed, bytes(size))
	}
	return []Finding{f}, nil
}

const compressionOf = `-- name: CompressionOf
select coalesce(sum(before_compression_total_bytes), 0)::bigint, coalesce(sum(after_compression_total_bytes), 0)::bigint,
  (
    select count(*)
    from timescaledb_information.chunks c
    join timescaledb_information.jobs j on j.hypertable_schema = c.hypertable_schema and j.hypertable_name = c.hypertable_name
    where c.hypertable_schema = current_schema and c.hypertable_name = 'metrics' and not c.is_compressed
      and j.proc_name = 'policy_compression' and c.range_end < $1::timestamptz - (j.config->>'compress_after')::interval
  )
from hypertable_compression_stats('metrics')`

// compression tells what it saves, and what should be compressed and is not.
func compression(ctx context.Context, p *patient) ([]Finding, error) {
	var before, after int64
	var overdue int
	if err := p.tx.QueryRow(ctx, compressionOf, p.now).Scan(&before, &after, &overdue); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "nothing is compressed yet"}
	if after > 0 {
		f.What = fmt.Sprintf("%.1f times smaller: %s became %s", float64(before)/float64(after), bytes(before), bytes(after))
	}
	if overdue > 0 {
		f.Status = Warn
		f.What += fmt.Sprintf("; %s older than the policy says not compressed", count(overdue, "chunk"))
		f.Advice = "The job policy_compression compresses them when it comes by, twice a day; if it does not, see policies."
	}
	return []Finding{f}, nil
}

const policiesOf = `-- name: PoliciesOf
select n.name as proc, j.job_id as id, coalesce(j.scheduled, false) as scheduled, s.last_run_status as last,
  nullif(s.last_successful_finish, '-infinity') as succeeded,
  coalesce(s.total_failures, 0) as failures, coalesce(s.total_runs, 0) as runs, nullif(j.next_start, '-infinity') as next
from unnest(array['policy_compression', 'refresh_metrics_month']) with ordinality as n(name, n)
left join timescaledb_information.jobs j on j.proc_name = n.name
  and (j.hypertable_name is null or j.hypertable_schema = current_schema and j.hypertable_name = 'metrics')
left join timescaledb_information.job_stats s on s.job_id = j.job_id
order by n.n`

// policy is a job of TimescaleDB's scheduler.
type policy struct {
	Proc      string
	ID        *int
	Scheduled bool
	Last      *string    // Success or Failed
	Succeeded *time.Time // null if it never has
	Failures  int64
	Runs      int64
	Next      *time.Time
}

// policies tells whether the jobs are there and run.
func policies(ctx context.Context, p *patient) ([]Finding, error) {
	rows, _ := p.tx.Query(ctx, policiesOf) // CollectRows reports the error
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[policy])
	if err != nil {
		return nil, err
	}
	findings := make([]Finding, len(all))
	for i, job := range all {
		findings[i] = job.judge(p.now)
	}
	return findings, nil
}

// late is how much later than planned a job may start before its scheduler is suspected.
const late = time.Hour

func (j policy) judge(now time.Time) Finding {
	f := Finding{Status: OK}
	switch {
	case j.ID == nil:
		f.Status, f.What = Fail, j.Proc+" is not there"
		f.Advice = "Somebody has deleted the job: add it again, as the migration 0003 does it."
	case !j.Scheduled:
		f.Status, f.What = Warn, fmt.Sprintf("%s (job %d) is switched off", j.Proc, *j.ID)
		f.Advice = fmt.Sprintf("Switch it on: select alter_job(%d, scheduled => true).", *j.ID)
	case j.Last != nil && *j.Last == "Failed":
		f.Status = Warn
		f.What = fmt.Sprintf("%s (job %d) failed when it ran last; %d of %d runs failed", j.Proc, *j.ID, j.Failures, j.Runs)
		f.Advice = fmt.Sprintf("The reason stands in timescaledb_information.job_errors; try it: call run_job(%d).", *j.ID)
	case j.Next != nil && now.Sub(*j.Next) > late:
		f.Status = Warn
		f.What = fmt.Sprintf("%s (job %d) should have run at %s", j.Proc, *j.ID, j.Next.UTC().Format(time.RFC3339))
		f.Advice = "The scheduler does not come by: see timescaledb.max_background_workers and max_worker_processes, then the server's log."
	case j.Succeeded == nil:
		f.What = fmt.Sprintf("%s (job %d) has not run yet", j.Proc, *j.ID)
	default:
		f.What = fmt.Sprintf("%s (job %d) succeeded at %s; %d of %d runs failed",
			j.Proc, *j.ID, j.Succeeded.UTC().Format(time.RFC3339), j.Failures, j.Runs)
	}
	return f
}

const rollupLagOf = `-- name: RollupLagOf
select (select count(distinct (series_id, month)) from metrics_stale),
  (select count(distinct series_id) from metrics_stale),
  coalesce((
    select nullif(_timescaledb_functions.to_date(_timescaledb_functions.cagg_watermark(mat_hypertable_id)), '-infinity')::text
    from _timescaledb_catalog.continuous_agg
    where user_view_schema = current_schema and user_view_name = 'metrics_month'
  ), '')`

// rollupLag tells how far the continuous aggregate is behind.
func rollupLag(ctx context.Context, p *patient) ([]Finding, error) {
	var stale, series int
	var watermark string
	if err := p.tx.QueryRow(ctx, rollupLagOf).Scan(&stale, &series, &watermark); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "no month is stale"}
	if watermark != "" {
		f.What += ", rolled up to " + watermark
	}
	if stale > 0 {
		f.Status = Warn
		f.What = fmt.Sprintf("%s stale, of %d series: they are answered from the points, which is right but slower", count(stale, "month"), series)
		f.Advice = "An import was ended before its refresh. The job refresh_metrics_month comes by every hour; to have it now: call refresh_metrics_month()."
	}
	return []Finding{f}, nil
}

// bytes writes a size for people.
func bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, i := float64(n)/unit, 0
	for ; size >= unit && i < 4; i++ {
		size /= unit
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTP"[i])
}
