package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ExecMode says how statements are sent to PostgreSQL.
type ExecMode string

// The modes. In all of them parameters and results are binary, and a statement that was sent before takes one round trip.
const (
	// ExecAuto prepares statements unless a connection pooler stands in between that cannot keep them apart.
	ExecAuto ExecMode = "auto"
	// ExecPrepare prepares each statement once per connection: PostgreSQL parses and plans it once. A pooler that gives each
	// transaction another server connection must know of prepared statements, as PgBouncer does from 1.21 on.
	ExecPrepare ExecMode = "prepare"
	// ExecDescribe asks once per connection for the types of each statement, and has it parsed and planned each time: nothing is
	// kept on a server connection, so every pooler will do.
	ExecDescribe ExecMode = "describe"
)

// query returns pgx's name for a mode that is not ExecAuto.
func (m ExecMode) query() pgx.QueryExecMode {
	if m == ExecDescribe {
		return pgx.QueryExecModeCacheDescribe
	}
	return pgx.QueryExecModeCacheStatement
}

// Pooler is what stands between a Store and PostgreSQL, as Open has found it.
type Pooler struct {
	There bool // a connection pooler such as PgBouncer, in whatever mode
	// Tracks says that the pooler knows of prepared statements and has them on each server connection that it gives. One that
	// does not may still give each client one server connection for as long as it stays.
	Tracks bool
	// Unset are the settings that server connections should have and do not, as "jit = off". A Store cannot set them: it does
	// not know which server connection its next statement gets. They are those of the role, or of the pooler.
	Unset []string
	Role  string // that the Store connects as
}

// Mode returns the mode that ExecAuto stands for.
func (p Pooler) Mode() ExecMode {
	if p.There && !p.Tracks {
		return ExecDescribe
	}
	return ExecPrepare
}

// Advice returns the statements that make Unset true of all later connections of the role to this database, "" if nothing is
// unset.
func (p Pooler) Advice(database string) string {
	statements := make([]string, len(p.Unset))
	for i, setting := range p.Unset {
		statements[i] = fmt.Sprintf("alter role %s in database %s set %s",
			pgx.Identifier{p.Role}.Sanitize(), pgx.Identifier{database}.Sanitize(), setting)
	}
	return strings.Join(statements, "; ")
}

// sessionSettings are those of every server connection. The just-in-time compiler takes seconds for statements that run for
// milliseconds; planning one anew for its values takes longer than running it by the plan for all values, which a
// test keeps good; and our laterals look each key up once, so that remembering the answers costs a third more.
func sessionSettings() [][2]string {
	return [][2]string{{"jit", "off"}, {"plan_cache_mode", "force_generic_plan"}, {"enable_memoize", "off"}}
}

const poolerSettings = `-- name: PoolerSettings
select pg_backend_pid(), current_user, current_setting('jit'), current_setting('plan_cache_mode'), current_setting('enable_memoize')`

// FindPooler looks what stands between the program and the database at url. Error: ErrUnavailable; the message does not contain
// the password.
func FindPooler(ctx context.Context, url string) (Pooler, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return Pooler{}, fmt.Errorf("database URL: %w", err)
	}
	config.ConnConfig.ConnectTimeout = connectTimeout
	return findPooler(ctx, config)
}

// findPooler looks at what a connection with the settings of config leads to. Error: ErrUnavailable.
func findPooler(ctx context.Context, config *pgxpool.Config) (Pooler, error) {
	own := config.ConnConfig.Copy()
	own.Tracer = nil
	own.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // which every pooler takes
	conn, err := pgx.ConnectConfig(ctx, own)
	if err != nil {
		return Pooler{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer closeSoon(ctx, conn)
	p, err := lookAtPooler(ctx, conn)
	if err != nil {
		return Pooler{}, fmt.Errorf("look for a connection pooler: %w", away(err))
	}
	return p, nil
}

func lookAtPooler(ctx context.Context, conn *pgx.Conn) (p Pooler, err error) {
	var pid uint32
	values := make([]string, len(sessionSettings()))
	targets := []any{&pid, &p.Role}
	for i := range values {
		targets = append(targets, &values[i])
	}
	if err := conn.QueryRow(ctx, poolerSettings).Scan(targets...); err != nil {
		return p, err
	}
	if p.There = pid != conn.PgConn().PID(); !p.There { // a pooler tells a number of its own
		return p, nil
	}
	for i, s := range sessionSettings() {
		if values[i] != s[1] {
			p.Unset = append(p.Unset, s[0]+" = "+s[1])
		}
	}
	p.Tracks, err = tracksStatements(ctx, conn)
	return p, err
}

const statementKept = `-- name: StatementKept
select exists (select from pg_prepared_statements where name = '%s')`

// tracksStatements looks, within a transaction and so on one server connection, whether that has a prepared statement by the
// name that we gave it: a pooler that knows of statements gives them names of its own.
func tracksStatements(ctx context.Context, conn *pgx.Conn) (tracks bool, err error) {
	name := "corpintel_" + strings.ToLower(rand.Text())
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Conn().PgConn().Prepare(ctx, name, "select 1", nil); err != nil {
			return err
		}
		var kept bool
		if err := tx.QueryRow(ctx, fmt.Sprintf(statementKept, name)).Scan(&kept); err != nil {
			return err
		}
		tracks = !kept
		return tx.Conn().PgConn().Deallocate(ctx, name)
	})
	return tracks, err
}

// closeSoon closes a connection on which nothing is open.
func closeSoon(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// setUp returns the statements that make a server connection what it should be; "" where a pooler stands in between.
func (p Pooler) setUp(timeout time.Duration) string {
	if p.There {
		return ""
	}
	settings := sessionSettings()
	if timeout > 0 {
		settings = append(slices.Clip(settings), [2]string{"statement_timeout", strconv.FormatInt(timeout.Milliseconds(), 10)})
	}
	statements := make([]string, len(settings))
	for i, s := range settings {
		statements[i] = "set " + s[0] + " = " + s[1]
	}
	return strings.Join(statements, "; ")
}
