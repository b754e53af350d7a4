package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrNotFound says that what was asked for by its key does not exist.
var ErrNotFound = errors.New("not found")

// ErrUnavailable says that PostgreSQL could not be asked: it is away, or all connections stayed busy for too long. The
// same question may be answered later.
var ErrUnavailable = errors.New("database unavailable")

// Options are the settings of a Store. The zero value of each means its default.
type Options struct {
	MaxConns       int32         // connections, all of them kept open; default 10
	AcquireTimeout time.Duration // longest wait for a connection; default 5 s
	ExecMode       ExecMode      // default ExecAuto
	RetryFor       time.Duration // how long a read is tried again while PostgreSQL is away; default 3 s
	// StatementTimeout is when PostgreSQL itself ends a statement, which is for those that nobody waits for any more: a cancel
	// can get lost. Through a connection pooler it has no effect, and neither beside one in the URL. Default: none.
	StatementTimeout time.Duration
	Tracer           pgx.QueryTracer // sees every statement; a pgx.BatchTracer sees those of batches
	Observer         Observer        // is told of every round trip of reads; default: nobody is
	Logger           *slog.Logger    // default: none
}

// Store asks PostgreSQL. It is safe for concurrent use.
type Store struct {
	pool           *pgxpool.Pool
	places         places
	pooler         Pooler
	acquireTimeout time.Duration
	observer       Observer
	retryFor       time.Duration
	held           atomic.Int32 // reads that are tried again, or wait for a connection to be opened
	log            *slog.Logger
	texts          texts
}

// Open returns a Store on the database at url and connects once. Error: ErrUnavailable when that fails; the message
// does not contain the password.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 10
	}
	config.MaxConns = o.MaxConns
	config.MinConns = o.MaxConns
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 5 * time.Minute
	config.ConnConfig.ConnectTimeout = connectTimeout
	config.ConnConfig.Tracer = o.Tracer
	s := &Store{acquireTimeout: o.AcquireTimeout, retryFor: o.RetryFor, observer: o.Observer, log: o.Logger}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "corpintel"
	}
	config.PingTimeout = pingTimeout
	config.ConnConfig.BuildContextWatcherHandler = newCanceller
	if s.pooler, err = findPooler(ctx, config); err != nil {
		return nil, err
	}
	if o.ExecMode == "" || o.ExecMode == ExecAuto {
		o.ExecMode = s.pooler.Mode()
	}
	config.ConnConfig.DefaultQueryExecMode = o.ExecMode.query()
	if config.ConnConfig.RuntimeParams["statement_timeout"] != "" {
		o.StatementTimeout = 0
	}
	s.places.init(config, s.pooler.setUp(o.StatementTimeout))
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database pool: %w", err)
	}
	s.pool = pool
	if s.acquireTimeout <= 0 {
		s.acquireTimeout = 5 * time.Second
	}
	if s.retryFor <= 0 {
		s.retryFor = 3 * time.Second
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

const connectTimeout = 10 * time.Second

// pingTimeout is how long a connection that was idle may take to show that it is alive.
const pingTimeout = 2 * time.Second

// Pooler returns what stands between the Store and PostgreSQL.
func (s *Store) Pooler() Pooler { return s.pooler }

// Close closes all connections; it waits for those in use.
func (s *Store) Close() {
	s.pool.Close()
	s.places.watch.close()
}

// Pool returns the connections, for importers.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// IsAway reports whether PostgreSQL is away, or has just come back, as far as reads have found: some are tried again, or wait for a
// connection in the place of one that was lost. It takes no lock.
func (s *Store) IsAway() bool { return s.held.Load() > 0 }

// Ping asks whether PostgreSQL answers. Error: ErrUnavailable.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// query is one statement and what is done with its rows. scan may be called again when the statement is tried again:
// it starts from nothing.
type query struct {
	sql  string
	args []any
	scan func(pgx.Rows) error

	rows int           // that came, once it has run
	took time.Duration // until the last of them
}

// Batch collects statements that are sent together in one round trip by Run. What its methods return is filled by Run.
// It is not safe for concurrent use.
type Batch struct {
	store   *Store
	queries []query
}

// Batch returns an empty batch.
func (s *Store) Batch() *Batch { return &Batch{store: s} }

func (b *Batch) add(q query) { b.queries = append(b.queries, q) }

// Run sends the statements. Error: ErrUnavailable, an error of ctx (both when ctx ended while PostgreSQL was away), or a
// fault of ours; then no result is valid.
func (b *Batch) Run(ctx context.Context) error {
	if len(b.queries) == 0 {
		return nil
	}
	return b.store.run(ctx, b.queries...)
}

const (
	firstPause = 10 * time.Millisecond
	maxPause   = 200 * time.Millisecond
)

// run executes reads: again while PostgreSQL is restarting, within the deadline of ctx.
func (s *Store) run(ctx context.Context, queries ...query) error {
	again := false
	return s.repeat(ctx, func() error {
		err := s.try(ctx, queries, again)
		again = true
		return err
	})
}

// repeat does what has no effect when it fails, and again after a pause while PostgreSQL is restarting, within the deadline
// of ctx.
func (s *Store) repeat(ctx context.Context, do func() error) error {
	var away time.Time // since when PostgreSQL is
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := do()
		switch cause := ctx.Err(); {
		case err == nil:
			return nil
		case cause != nil && away.IsZero():
			return fmt.Errorf("%w: %w", cause, err)
		case cause != nil:
			return fmt.Errorf("%w: %w: %w", ErrUnavailable, cause, err)
		case !isAway(err):
			return err
		case away.IsZero():
			away = time.Now()
			s.held.Add(1)
			defer s.held.Add(-1)
		case time.Since(away) > s.retryFor:
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w: %w", ErrUnavailable, ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// try makes one round trip; again says that it was made before, and failed.
func (s *Store) try(ctx context.Context, queries []query, again bool) error {
	clock := clock{on: s.observer != nil}
	start := clock.now()
	conn, err := s.acquire(ctx)
	acquired := clock.now()
	ended := acquired
	if err == nil {
		ended, err = send(ctx, conn, queries, acquired, clock)
	}
	if s.observer != nil {
		s.observer.Observe(ctx, RoundTrip{
			Start: start, Waited: acquired.Sub(start), Took: ended.Sub(acquired), Again: again, Err: err, queries: queries,
		})
	}
	return err
}

// send sends queries over a connection that was acquired, and releases it. It returns when the last of them ended.
func send(ctx context.Context, conn connection, queries []query, start time.Time, c clock) (ended time.Time, err error) {
	defer conn.Release()
	watched := watchedOf(conn.Conn.Conn())
	ctx = watched.begin(ctx)
	defer watched.end()
	if len(queries) == 1 {
		q := &queries[0]
		rows, err := conn.Query(ctx, q.sql, q.args...)
		if err == nil {
			err = collect(rows, q)
		}
		return q.ended(start, c), err
	}
	batch := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(queries))}
	for i := range queries {
		batch.Queue(queries[i].sql, queries[i].args...)
	}
	results := conn.SendBatch(ctx, batch)
	for i := range queries {
		rows, err := results.Query()
		if err == nil {
			err = collect(rows, &queries[i])
		}
		start = queries[i].ended(start, c)
		if err != nil {
			_ = results.Close() // reports the same error
			return start, err
		}
	}
	return start, results.Close()
}

func collect(rows pgx.Rows, q *query) error {
	defer rows.Close()
	if err := q.scan(rows); err != nil {
		return fmt.Errorf("%s: %w", statementName(q.sql), err)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", statementName(q.sql), err)
	}
	q.rows = int(rows.CommandTag().RowsAffected())
	return nil
}

// statementName returns the name in the first line of a statement.
func statementName(sql string) string {
	line, _, _ := strings.Cut(sql, "\n")
	name, _ := strings.CutPrefix(line, "-- name: ")
	return name
}

// tooManyConnections is what PostgreSQL says at connecting when it has no place left.
const tooManyConnections = "53300"

// isAway says whether err means that PostgreSQL is stopping, starting, full, or cannot be reached: the statement had no
// effect or was a read, and may be sent again.
func isAway(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pgErr.Code, "57P") || strings.HasPrefix(pgErr.Code, "08") || pgErr.Code == tooManyConnections
	}
	var connectErr *pgconn.ConnectError
	var netErr net.Error
	return errors.As(err, &connectErr) || errors.As(err, &netErr) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err)
}
