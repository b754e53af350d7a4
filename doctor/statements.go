package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// grantMonitor is what a role needs to see what all sessions do.
const grantMonitor = "Grant pg_monitor to this role, which has pg_read_all_stats."

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

const statementsSchema = `-- name: StatementsSchema
select quote_ident(n.nspname)
from pg_extension e
join pg_namespace n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'`

// The extension may be in any schema.
const slowestOf = `-- name: SlowestOf
select query, calls, total_exec_time as total, mean_exec_time as mean, max_exec_time as max, rows,
  (100 * total_exec_time / greatest(sum(total_exec_time) over (), 1e-9))::float8 as share
from %s.pg_stat_statements
where dbid = (select oid from pg_database where datname = current_database())
order by total_exec_time desc
limit 20`

// timed is a statement with what it took, in milliseconds.
type timed struct {
	Query                   string
	Calls, Rows             int64
	Total, Mean, Max, Share float64
}

// absent says how pg_stat_statements is had.
const absent = "Set shared_preload_libraries = 'pg_stat_statements', restart PostgreSQL, and in the database, as a superuser: create extension pg_stat_statements."

// slowest tells which statements took the most time in all.
func slowest(ctx context.Context, p *patient) ([]Finding, error) {
	schema, why, err := findStatements(ctx, p.tx)
	if err != nil {
		return nil, err
	}
	if why != "" {
		return []Finding{{Status: Warn, What: why, Advice: absent}}, nil
	}
	rows, _ := p.tx.Query(ctx, fmt.Sprintf(slowestOf, schema)) // CollectRows reports the error
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[timed])
	if err != nil {
		return nil, err
	}
	findings := make([]Finding, 0, len(all)+1)
	hidden := 0
	for _, s := range all {
		if s.Query == "<insufficient privilege>" {
			hidden++
		}
		findings = append(findings, Finding{Status: OK, What: fmt.Sprintf("%s: %.1f %% of the time, %d calls of %.2f ms (at most %.1f), %d rows",
			title(s.Query), s.Share, s.Calls, s.Mean, s.Max, s.Rows)})
	}
	if hidden > 0 {
		findings = append(findings, Finding{Status: Warn, What: count(hidden, "statement") + " of other roles not shown", Advice: grantMonitor})
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{Status: OK, What: "no statement was counted yet"})
	}
	return findings, nil
}

// findStatements returns the schema of pg_stat_statements, or why it is of no use.
func findStatements(ctx context.Context, tx pgx.Tx) (schema, why string, err error) {
	err = tx.QueryRow(ctx, statementsSchema).Scan(&schema)
	if isNoRows(err) {
		return "", "the extension pg_stat_statements is not in this database", nil
	}
	return schema, "", err
}

// titleLength is how much of a statement without a name is shown.
const titleLength = 100

// title returns the name of one of our statements, or the beginning of another.
func title(sql string) string {
	first, _, _ := strings.Cut(sql, "\n")
	if name, ours := strings.CutPrefix(first, "-- name: "); ours {
		return name
	}
	line := []rune(strings.Join(strings.Fields(sql), " "))
	if len(line) > titleLength {
		return string(line[:titleLength]) + " ..."
	}
	return string(line)
}

// ErrNoStatements says that pg_stat_statements is not there.
var ErrNoStatements = errors.New("pg_stat_statements is not to be had")

const resetStatements = `-- name: ResetStatements
select %s.pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database()`

// ResetStatements forgets what pg_stat_statements has counted of this database. Errors: ErrNoStatements, those of the
// database.
func ResetStatements(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		schema, why, err := findStatements(ctx, tx)
		if err != nil {
			return fmt.Errorf("reset pg_stat_statements: %w", err)
		}
		if why != "" {
			return fmt.Errorf("%w: %s", ErrNoStatements, why)
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(resetStatements, schema)); err != nil {
			return fmt.Errorf("reset pg_stat_statements (it takes the right to execute pg_stat_statements_reset): %w", err)
		}
		return nil
	})
}
