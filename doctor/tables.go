package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	largeRows    = 100_000 // from so many on a table is not to be read as a whole
	manyScans    = 20      // imports and new indexes make a few
	deadShare    = 0.2     // of all rows, from where on vacuum is late: as it is set by default
	oldestVacuum = 30 * 24 * time.Hour
)

// Chunks of a hypertable are tables of another schema.
const scansOf = `-- name: ScansOf
select relname as table, seq_scan as scans, seq_tup_read as read, n_live_tup as rows, coalesce(idx_scan, 0) as by_index
from pg_stat_user_tables
where schemaname = current_schema and n_live_tup >= $1 and seq_scan >= $2 and seq_tup_read >= n_live_tup * seq_scan / 2
order by seq_tup_read desc
limit 20`

// scans looks for large tables that were read as a whole again and again.
func scans(ctx context.Context, p *patient) ([]Finding, error) {
	rows, _ := p.tx.Query(ctx, scansOf, largeRows, manyScans) // CollectRows reports the error
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		Table                       string
		Scans, Read, Rows, By_Index int64 //nolint:revive // pgx finds the column by it
	}])
	if err != nil {
		return nil, err
	}
	findings := []Finding{{Status: OK, What: "no large table was read as a whole more than a few times"}}
	for i, t := range found {
		f := Finding{
			Status: Warn,
			What:   fmt.Sprintf("%s, of about %d rows, was read as a whole %d times, and %d times by an index", t.Table, t.Rows, t.Scans, t.By_Index),
			Advice: "A statement has no index to go by: see indexes above, and find it with corpintel doctor --slowest or the header Corpintel-Explain.",
		}
		if i == 0 {
			findings[0] = f
			continue
		}
		findings = append(findings, f)
	}
	return findings, nil
}

const vacuumOf = `-- name: VacuumOf
select relname as table, n_live_tup as live, n_dead_tup as dead,
  (pg_table_size(relid) * (n_dead_tup::float8 / greatest(n_live_tup + n_dead_tup, 1)))::bigint as waste,
  greatest(last_vacuum, last_autovacuum) as vacuumed, greatest(last_analyze, last_autoanalyze) as analyzed,
  n_mod_since_analyze as changed
from pg_stat_user_tables
where schemaname = current_schema and n_live_tup + n_dead_tup >= $1
order by waste desc, relname`

// upkeep is what statistics tell of a table.
type upkeep struct {
	Table                      string
	Live, Dead, Waste, Changed int64
	Vacuumed, Analyzed         *time.Time
}

const autovacuum = `-- name: Autovacuum
select current_setting('autovacuum')::boolean`

// vacuum looks whether dead rows are cleared away, and whether the planner knows what tables hold.
func vacuum(ctx context.Context, p *patient) ([]Finding, error) {
	var on bool
	if err := p.tx.QueryRow(ctx, autovacuum).Scan(&on); err != nil {
		return nil, err
	}
	rows, _ := p.tx.Query(ctx, vacuumOf, largeRows) // CollectRows reports the error
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[upkeep])
	if err != nil {
		return nil, err
	}
	var findings []Finding
	if !on {
		findings = append(findings, Finding{
			Status: Warn, What: "autovacuum is switched off: dead rows stay, and the planner does not learn what tables hold",
			Advice: "Switch it on: alter system set autovacuum = on, then select pg_reload_conf().",
		})
	}
	for _, t := range tables {
		if f := t.judge(p.now); f.Status != OK {
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{Status: OK, What: fmt.Sprintf("of %s none waits for vacuum or analyze", count(len(tables), "large table"))})
	}
	return findings, nil
}

func (t upkeep) judge(now time.Time) Finding {
	switch all := t.Live + t.Dead; {
	case float64(t.Dead) > deadShare*float64(all):
		return Finding{
			Status: Warn, What: fmt.Sprintf("%d of %d rows of %s are dead, about %s", t.Dead, all, t.Table, bytes(t.Waste)),
			Advice: "Run vacuum (analyze) " + t.Table + "; a transaction that was left open keeps rows from being cleared: see pg_stat_activity.",
		}
	case t.Analyzed == nil || float64(t.Changed) > deadShare*float64(all):
		return Finding{
			Status: Warn, What: fmt.Sprintf("the planner does not know what %s holds: %d of %d rows changed since it was analyzed, %s", t.Table, t.Changed, all, ago(t.Analyzed, now)),
			Advice: "Run analyze " + t.Table + ".",
		}
	case t.Dead > 0 && t.Vacuumed != nil && now.Sub(*t.Vacuumed) > oldestVacuum && t.Dead > largeRows:
		return Finding{
			Status: Warn, What: fmt.Sprintf("%s was vacuumed %s, and has %d dead rows", t.Table, ago(t.Vacuumed, now), t.Dead),
			Advice: "Run vacuum " + t.Table + ".",
		}
	default:
		return Finding{Status: OK}
	}
}

// ago says how long ago something was.
func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "never"
	}
	return fmt.Sprintf("%s ago", max(0, now.Sub(*t)).Round(time.Minute))
}
