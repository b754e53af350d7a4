package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
)

// server is the whole read path over a database of its own: HTTP, executor, resolvers, loaders, store.
type server struct {
	url        string
	store      *store.Store
	loaders    *loaders.Loaders
	statements *statements
}

// today is the day of every operation of these tests.
var today = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// newServer starts a server on a database with the rows of the files.
func newServer(t testing.TB, files ...string) *server {
	t.Helper()
	return serveDatabase(t, newDatabase(t, files...))
}

func newDatabase(t testing.TB, files ...string) string {
	t.Helper()
	database := storetest.New(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, file := range files {
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), string(sql)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return database
}

func serveDatabase(t testing.TB, database string) *server {
	t.Helper()
	return serveWith(t, database, resolvers.NewRenderer())
}

// serveWith starts a server whose executor has the extensions.
func serveWith(t testing.TB, database string, extensions ...graphql.HandlerExtension) *server {
	t.Helper()
	counter := &statements{}
	if storetest.PgBouncerRequired() {
		database = storetest.StartPgBouncer(t, database).URL(database)
	}
	s, err := store.Open(t.Context(), database, store.Options{Tracer: counter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	l := loaders.New(s, func() time.Time { return today })
	h := httptest.NewServer(web.New(web.Options{
		Resolvers: resolvers.New(s), Attach: l.Attach, RequestTimeout: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Extensions: extensions,
	}))
	t.Cleanup(h.Close)
	return &server{url: h.URL + "/graphql", store: s, loaders: l, statements: counter}
}

// post runs an operation and returns the body of the answer.
func (s *server) post(t testing.TB, query string, variables any) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept-Encoding", "identity") // what compressing costs is no business of these tests and benchmarks
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := bytes.NewBuffer(make([]byte, 0, bytes.MinRead+int(max(0, response.ContentLength)))) // as large as it gets
	if _, err := answer.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return answer.Bytes()
}

// answer runs an operation that must succeed and decodes its data.
func answer[T any](t *testing.T, s *server, query string, variables any) T {
	t.Helper()
	var out struct {
		Data   T
		Errors []struct{ Message string }
	}
	body := s.post(t, query, variables)
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if len(out.Errors) > 0 {
		t.Fatalf("errors in %s", body)
	}
	return out.Data
}

// statements sees the statements of a store. What is not one of ours, such as setting up a connection, has no name.
type statements struct {
	mu    sync.Mutex
	names []string
	seen  []pgx.TraceQueryStartData
}

func (s *statements) add(sql string, args []any) {
	line, _, _ := strings.Cut(sql, "\n")
	if name, ok := strings.CutPrefix(line, "-- name: "); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, name)
		s.seen = append(s.seen, pgx.TraceQueryStartData{SQL: sql, Args: args})
	}
}

// take returns the names of the statements since the last call, sorted: fields of the root run at the same time.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names = nil
	slices.Sort(names)
	return names
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL, d.Args)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL, d.Args)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
