package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/bench"
	"github.com/corpintel/corpintel/demo"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/shed"
)

// companies is how many the demo data have: enough for pages of 50 of a sector and an exchange.
const companies = 1000

// load fills a database.
func load(ctx context.Context, database string) error {
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := demo.Load(ctx, pool, demo.Options{Companies: companies}); err != nil {
		return err
	}
	for _, sql := range []string{"select rebuild_metrics_month()", "vacuum analyze metrics_month"} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// contest is the server and the handlers that it is compared with, over one database.
type contest struct {
	server, limit http.Handler
	database      string // URL
	store         *store.Store
	statements    *statements
	workloads     []bench.Workload
}

func newContest(t testing.TB) *contest {
	t.Helper()
	database := storetest.New(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	loading := exec.CommandContext(t.Context(), program)
	loading.Env = append(os.Environ(), loadVariable+"="+database)
	if out, err := loading.CombinedOutput(); err != nil {
		t.Fatalf("load the data: %v\n%s", err, out)
	}
	pool := openPool(t, database)
	rows, err := pool.Query(t.Context(), `select symbol from securities where is_primary and valid_to is null order by company_id limit 60`)
	if err != nil {
		t.Fatal(err)
	}
	tickers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}

	counter := &statements{}
	traced := tracedNothing(t)
	s, err := store.Open(t.Context(), database, store.Options{Tracer: counter, Observer: observer{traced}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &contest{
		server: web.New(web.Options{
			Resolvers: resolvers.New(s), Attach: loaders.New(s, time.Now).Attach, Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()},
			RequestTimeout: time.Minute, Telemetry: traced, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
			Work: shed.New(shed.Options{Places: 20, MaxWait: time.Second, Now: time.Now}),
		}),
		database: database, store: s, limit: bench.Limit(pool), statements: counter, workloads: bench.Workloads(tickers),
	}
}

// openPool has the settings of store.Open.
func openPool(t testing.TB, database string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns, config.MinConns = 10, 10
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set jit = off")
		return err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// bodies returns the requests of a workload.
func bodies(t testing.TB, w bench.Workload) [][]byte {
	t.Helper()
	var out [][]byte
	for _, v := range w.Variables {
		body, err := json.Marshal(map[string]any{"query": strings.Join(strings.Fields(w.Query), " "), "variables": v})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, body)
	}
	return out
}

// post asks a handler without a network between.
func post(t testing.TB, h http.Handler, path string, body []byte) *bytes.Buffer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
	}
	return answer.Body
}

// statements counts those of a store that have a name.
type statements struct{ n atomic.Int64 }

func (s *statements) count(sql string) {
	if strings.HasPrefix(sql, "-- name: ") {
		s.n.Add(1)
	}
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.count(d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.count(d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// discard answers nothing: what asking a handler costs.
var discard = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
