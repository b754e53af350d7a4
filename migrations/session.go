package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

const (
	// oldestServer is the major version of PostgreSQL the schema needs at least (unique nulls not distinct).
	oldestServer = 15
	// lockID is the advisory lock that goose's own command takes too.
	lockID = 4097083626
	// firstLockWait and longestLockWait bound the pauses between attempts to take a lock somebody else holds.
	firstLockWait, longestLockWait = 10 * time.Millisecond, 250 * time.Millisecond

	undefinedTable = "42P01"
)

// session is one connection with what it needs to migrate.
type session struct {
	db       *sql.DB // at most one connection
	provider *goose.Provider
}

func open(ctx context.Context, databaseURL string, fsys fs.FS) (*session, error) {
	config, err := configOf(databaseURL)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(prepare))
	// The session lock must hold for the connection the steps run on: with one connection there is no other.
	db.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, fsys, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		_ = db.Close() // nothing was sent
		return nil, fmt.Errorf("migrations: %w", err)
	}
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close() // the first error tells more
		return nil, fmt.Errorf("migrations: connect: %w", err)
	}
	return &session{db: db, provider: provider}, nil
}

// connectTimeout is how long connecting may take where the URL does not say: what stands at its address may never answer.
const connectTimeout = 10 * time.Second

// configOf returns how to connect to the database at a URL.
func configOf(databaseURL string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	return config, nil
}

// prepare refuses servers that are too old, lifts the statement timeout that a role may carry for its requests, and sets
// the time zone that goose's times, which have none, are written and read in.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	version := conn.PgConn().ParameterStatus("server_version")
	if major := majorVersion(version); major != 0 && major < oldestServer {
		return fmt.Errorf("the server is PostgreSQL %s, needed is %d or later", version, oldestServer)
	}
	_, err := conn.Exec(ctx, "set statement_timeout = 0; set timezone = 'UTC'")
	return err
}

// majorVersion returns the number a version begins with, 0 if it begins with none.
func majorVersion(version string) int {
	digits := len(version) - len(strings.TrimLeft(version, "0123456789"))
	major, _ := strconv.Atoi(version[:digits]) // zero says unknown
	return major
}

// close releases the connection; an error at this point changes nothing.
func (s *session) close() { _ = s.db.Close() }

// locked runs do while this session, and no other of this database, holds the lock.
//
// It asks again and again instead of waiting in the server: a waiting statement holds a snapshot, and a step that
// creates an index concurrently would wait for it forever.
func (s *session) locked(ctx context.Context, do func() error) (err error) {
	for pause := firstLockWait; ; pause = min(2*pause, longestLockWait) {
		var got bool
		if err := s.db.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", lockID).Scan(&got); err != nil {
			return fmt.Errorf("migrations: lock: %w", err)
		}
		if got {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("migrations: lock held by another server: %w", context.Cause(ctx))
		case <-time.After(pause):
		}
	}
	// Closing the connection, which always follows, releases the lock.
	return do()
}

// known is all, or ErrNewerDatabase if one of them is not this program's.
func (s *session) known(ctx context.Context) ([]Migration, error) {
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Name == "" {
			return nil, fmt.Errorf("migration %d: %w", m.Version, ErrNewerDatabase)
		}
	}
	return all, nil
}

// all returns the migrations of program and database, by version.
func (s *session) all(ctx context.Context) ([]Migration, error) {
	applied, err := s.applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrations: applied versions: %w", err)
	}
	return merge(s.provider.ListSources(), applied), nil
}

const appliedMigrations = `-- name: AppliedMigrations
select version_id, tstamp at time zone 'UTC'
from goose_db_version
where is_applied and version_id > 0`

// applied returns the applied versions with their times; none, if the table is not there yet.
func (s *session) applied(ctx context.Context) (map[int64]time.Time, error) {
	rows, err := s.db.QueryContext(ctx, appliedMigrations)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == undefinedTable {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	applied := make(map[int64]time.Time)
	for rows.Next() {
		var version int64
		var at time.Time
		if err := rows.Scan(&version, &at); err != nil {
			return nil, err
		}
		applied[version] = at.UTC()
	}
	return applied, rows.Err()
}
