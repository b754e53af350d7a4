package store_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// number runs a statement that returns one number.
func number(ctx context.Context, s *store.Store, sql string) (n int, err error) {
	err = s.RunQuery(ctx, sql, func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return n, err
}

func mustNumber(t *testing.T, s *store.Store, sql string) int {
	t.Helper()
	n, err := number(t.Context(), s, sql)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestConnections looks at what a connection is set to, with and without a name in the URL.
func TestConnections(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	for url, name := range map[string]string{database: "corpintel", withParameter(t, database, "application_name", "mine"): "mine"} {
		s := open(t, url, store.Options{MaxConns: 1})
		var got, jit string
		row := s.Pool().QueryRow(t.Context(), "select current_setting('application_name'), current_setting('jit')")
		if err := row.Scan(&got, &jit); err != nil || got != name || jit != "off" {
			t.Errorf("application %q, want %q; jit %s, want off (%v)", got, name, jit, err)
		}
	}
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url         string
		unavailable bool
	}{
		"nobody listens":  {"postgres://user:secret%21word@127.0.0.1:1/x", true},
		"no such socket":  {"postgres://user:secret%21word@/x?host=" + t.TempDir(), true},
		"not a port":      {"postgres://user:secret%21word@localhost:port/x", false},
		"not a parameter": {"postgres://user:secret%21word@localhost/x?sslmode=perhaps", false},
		"not a URL":       {"postgres://user:secret%21word@local host/%zz", false},
	} {
		s, err := store.Open(t.Context(), test.url, store.Options{})
		if err == nil {
			s.Close()
		}
		if err == nil || errors.Is(err, store.ErrUnavailable) != test.unavailable {
			t.Errorf("%s: error %v; ErrUnavailable: want %t", name, err, test.unavailable)
		}
		if err != nil && (strings.Contains(err.Error(), "secret%21word") || strings.Contains(err.Error(), "secret!word")) {
			t.Errorf("%s: the password is in %v", name, err)
		}
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 1, AcquireTimeout: 50 * time.Millisecond, RetryFor: time.Hour})
	err := s.WithTx(t.Context(), func(*store.Tx) error {
		if _, err := number(t.Context(), s, "select 1"); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "busy") {
			t.Errorf("all connections are busy: error %v, want ErrUnavailable", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := number(ctx, s, "select 1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the request ends before: error %v, want DeadlineExceeded", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := mustNumber(t, s, "select 1"); n != 1 {
		t.Errorf("got %d, want 1", n)
	}
}

const sleep = "-- name: Sleep\nselect 1 from pg_sleep(600)"

// awaitSleep returns when another connection to the database of s runs the statement.
func awaitSleep(ctx context.Context, s *store.Store) error {
	for {
		n, err := number(ctx, s, `select count(*) from pg_stat_activity
			where datname = current_database() and state = 'active' and query like '-- name: Sleep%'`)
		if n > 0 || err != nil {
			return err
		}
	}
}

// TestCancel ends statements by the context: the server stops working on them, and the connection stays.
func TestCancel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(ctx context.Context, other *store.Store) (context.Context, context.CancelFunc)
		want error
	}{
		"deadline": {func(ctx context.Context, _ *store.Store) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}, context.DeadlineExceeded},
		"cancel": {func(ctx context.Context, other *store.Store) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				defer cancel()
				_ = awaitSleep(ctx, other) // the test waits for the end, come what may
			}()
			return ctx, cancel
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := storetest.New(t)
			s, other := open(t, database, store.Options{MaxConns: 1}), open(t, database, store.Options{MaxConns: 1})
			pid := mustNumber(t, s, "select pg_backend_pid()")
			for range 3 {
				ctx, cancel := test.end(t.Context(), other)
				_, err := number(ctx, s, sleep)
				cancel()
				if !errors.Is(err, test.want) || errors.Is(err, store.ErrUnavailable) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if again := mustNumber(t, s, "select pg_backend_pid()"); again != pid {
					t.Errorf("backend %d after %d: the statement cost its connection", again, pid)
				}
			}
		})
	}
}

// TestFaults are errors that do not go away: they are not tried again, and name the statement.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := open(t, withParameter(t, storetest.New(t), "statement_timeout", "100"), store.Options{MaxConns: 1})
	execute(t, s, "create sequence tries")
	tries := mustNumber(t, s, "select nextval('tries')")
	for name, test := range map[string]struct{ sql, code string }{
		"division by zero":  {"-- name: Broken\nselect nextval('tries') / 0", "22012"},
		"statement timeout": {"-- name: Broken\nselect nextval('tries') from pg_sleep(600 * nextval('tries'))", "57014"},
	} {
		_, err := number(t.Context(), s, test.sql)
		var fault *pgconn.PgError
		if !errors.As(err, &fault) || fault.Code != test.code || errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "Broken: ") {
			t.Errorf("%s: error %v, want code %s", name, err, test.code)
		}
		if now := mustNumber(t, s, "select nextval('tries')"); now != tries+2 {
			t.Errorf("%s: the statement was sent %d times, want once", name, now-tries-1)
		}
		tries += 2
	}
}

// TestTriedAgain loses the connection in the middle of a statement: it is sent again, and its rows are read from the
// beginning.
func TestTriedAgain(t *testing.T) {
	t.Parallel()
	s := openNew(t, "create sequence tries")
	const sql = `-- name: Suicide
		select n, case when n = 2 and nextval('tries') < 3 then pg_terminate_backend(pg_backend_pid()) end from generate_series(1, 3) n`
	var read []int
	err := s.RunQuery(t.Context(), sql, func(rows pgx.Rows) error {
		read = nil
		for rows.Next() {
			var n int
			if err := rows.Scan(&n, nil); err != nil {
				return err
			}
			read = append(read, n)
		}
		return rows.Err()
	})
	if err != nil || len(read) != 3 {
		t.Errorf("read %v, error %v", read, err)
	}
	if n := mustNumber(t, s, "select nextval('tries')"); n != 4 {
		t.Errorf("the statement was sent %d times, want 3", n-1)
	}
}

// TestRestart asks all the time while the server is stopped, killed and started: no question fails.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := storetest.NewCluster(t)
	s := open(t, server.URL(), store.Options{MaxConns: 4, RetryFor: time.Minute})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var (
		asking   sync.WaitGroup
		answered atomic.Int64
	)
	for i := range 8 {
		asking.Go(func() {
			for ctx.Err() == nil {
				if err := ask(ctx, s, i%2 == 0); err != nil && ctx.Err() == nil {
					t.Errorf("after %d answers: %v", answered.Load(), err)
				}
				answered.Add(1)
			}
		})
	}
	for _, end := range []func(){func() { server.Stop(embedded.Fast) }, server.Kill, func() { server.Stop(embedded.Immediate) }} {
		awaitMore(&answered)
		end()
		server.Start()
	}
	awaitMore(&answered)
	stop()
	asking.Wait()
}

// TestAway asks while the server is stopped for longer than a question can wait.
func TestAway(t *testing.T) {
	t.Parallel()
	server := storetest.NewCluster(t)
	patient := open(t, server.URL(), store.Options{MaxConns: 1, RetryFor: time.Hour})
	hasty := open(t, server.URL(), store.Options{MaxConns: 1, RetryFor: 50 * time.Millisecond})
	server.Stop(embedded.Fast)

	if _, err := number(t.Context(), hasty, "select 1"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("away for longer than it is tried: error %v, want ErrUnavailable", err)
	}
	if err := hasty.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("ping: error %v, want ErrUnavailable", err)
	}
	for want, end := range map[error]func(context.Context) (context.Context, context.CancelFunc){
		context.DeadlineExceeded: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 300*time.Millisecond)
		},
		context.Canceled: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(300*time.Millisecond, cancel)
			return ctx, cancel
		},
	} {
		ctx, cancel := end(t.Context())
		if _, err := number(ctx, patient, "select 1"); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, want) {
			t.Errorf("the request ends before: error %v, want ErrUnavailable and %v", err, want)
		}
		cancel()
	}
	server.Start()
	for _, s := range []*store.Store{patient, hasty} {
		if n := mustNumber(t, s, "select 1"); n != 1 {
			t.Errorf("got %d, want 1", n)
		}
	}
}

// ask asks one question or several together.
func ask(ctx context.Context, s *store.Store, together bool) error {
	if !together {
		_, err := number(ctx, s, "select 1")
		return err
	}
	b := s.Batch()
	b.CompaniesByID([]int64{1})
	b.FilingSummaries([]int64{1})
	return b.Run(ctx)
}

// awaitMore returns when many more questions have been answered.
func awaitMore(answered *atomic.Int64) {
	for enough := answered.Load() + 100; answered.Load() < enough; {
		runtime.Gosched()
	}
}
