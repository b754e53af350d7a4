package explain_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
)

// server is the whole read path over a database of its own, with a client of each role.
type server struct {
	handler http.Handler
	url     string
	store   *store.Store
	keys    map[auth.Role]string
}

// options change how a server is started.
type options struct {
	timeout  time.Duration
	entities *loaders.Entities
}

// start starts a server over the rows of the resolvers' tests.
func start(t testing.TB, o options) *server {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.New(t), store.Options{MaxConns: 2, Observer: store.Observers{explain.Observer{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	seed, err := os.ReadFile("../resolvers/testdata/seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pool().Exec(t.Context(), string(seed)); err != nil {
		t.Fatal(err)
	}
	keys := map[auth.Role]string{}
	for _, role := range auth.Roles() {
		key, err := auth.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		err = s.CreateClient(t.Context(), &store.Client{Name: string(role), Role: string(role), Mode: string(auth.ModeOpen)},
			&store.ClientKey{Prefix: key.Prefix, Hash: key.Hash})
		if err != nil {
			t.Fatal(err)
		}
		keys[role] = key.Text
	}
	logger := slog.New(slog.DiscardHandler)
	registry, err := clients.Open(t.Context(), clients.Options{Store: s, Now: time.Now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	today := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	handler := web.New(web.Options{
		Resolvers:      resolvers.New(s),
		Attach:         loaders.New(s, func() time.Time { return today }, loaders.WithEntities(o.entities)).Attach,
		Extensions:     []graphql.HandlerExtension{resolvers.NewRenderer()},
		RequestTimeout: cmp.Or(o.timeout, time.Minute),
		Clients:        registry, AuthRequired: true,
		Usage: clients.NewUsage(clients.UsageOptions{Store: s, Now: time.Now, Logger: logger}),
		Plan:  s.Plan, Logger: logger, Now: time.Now,
	})
	h := httptest.NewServer(handler)
	t.Cleanup(h.Close)
	return &server{handler: handler, url: h.URL + "/graphql", store: s, keys: keys}
}

func requestBody(t testing.TB, query string, variables any) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// response is an answer.
type response struct {
	Data       json.RawMessage
	Errors     []struct{ Extensions struct{ Code string } }
	Extensions struct{ Explain *explain.Report }
}

// ask runs an operation as a client of a role, with header names and values by turns.
func (s *server) ask(t *testing.T, role auth.Role, query string, variables any, header ...string) response {
	t.Helper()
	body := bytes.NewReader(requestBody(t, query, variables))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Api-Key", s.keys[role])
	for pair := range slices.Chunk(header, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	var out response
	if err := json.NewDecoder(got.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if cached := got.Header.Get("Cache-Control"); cached != "no-store" || got.Header.Get("Etag") != "" {
		t.Errorf("caches are told %q", cached)
	}
	return out
}

// explain runs an operation as an analyst, and returns how it was executed.
func (s *server) explain(t *testing.T, query string, variables any) *explain.Report {
	t.Helper()
	return reportOf(t, s.ask(t, auth.RoleAnalyst, query, variables, "Corpintel-Explain", "1"))
}

func reportOf(t *testing.T, r response) *explain.Report {
	t.Helper()
	if r.Extensions.Explain == nil {
		t.Fatalf("not explained: %.300s %v", r.Data, r.Errors)
	}
	return r.Extensions.Explain
}

// mask takes out what is another one each time, after checking that it can be.
func mask(t *testing.T, r *explain.Report) {
	t.Helper()
	if r.DurationMs <= 0 || r.WaitedMs < 0 {
		t.Errorf("took %v ms, waited %v ms", r.DurationMs, r.WaitedMs)
	}
	inOrder(t, r)
	whole := r.DurationMs
	r.DurationMs, r.WaitedMs = 0, 0
	for i := range r.Statements {
		if took := r.Statements[i].DurationMs; took < 0 || took > whole {
			t.Errorf("%s took %v ms of %v", r.Statements[i].Name, took, whole)
		}
		r.Statements[i].DurationMs = 0
	}
	for i := range r.Fields {
		maskField(t, &r.Fields[i], whole)
	}
}

func maskField(t *testing.T, f *explain.Field, above float64) {
	t.Helper()
	if f.DurationMs < 0 || f.DurationMs > above {
		t.Errorf("%v took %v ms of %v", f.Path, f.DurationMs, above)
	}
	for i := range f.Children {
		maskField(t, &f.Children[i], f.DurationMs)
	}
	f.DurationMs = 0
}

// inOrder numbers statements and round trips in the order in which fields name them: those of fields of the root are sent in any.
func inOrder(t *testing.T, r *explain.Report) {
	t.Helper()
	statements, numbers, trips := []explain.Statement{}, map[int]int{}, map[int]int{}
	for _, f := range r.Fields {
		each(f, func(f explain.Field) {
			for _, l := range f.Loaders {
				for i, of := range l.Statements {
					number, known := numbers[of]
					if !known {
						number = len(statements)
						s := r.Statements[of]
						if _, known := trips[s.RoundTrip]; !known {
							trips[s.RoundTrip] = len(trips)
						}
						s.RoundTrip = trips[s.RoundTrip]
						numbers[of], statements = number, append(statements, s)
					}
					l.Statements[i] = number
				}
			}
		})
	}
	if len(statements) != len(r.Statements) || len(trips) != r.RoundTrips {
		t.Errorf("%d statements in %d round trips, fields name %d in %d", len(r.Statements), r.RoundTrips, len(statements), len(trips))
	}
	r.Statements = statements
}

// disconnect ends the server's connections.
func (s *server) disconnect(t *testing.T) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), s.store.Pool().Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	const end = `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
	if _, err := conn.Exec(t.Context(), end); err != nil {
		t.Fatal(err)
	}
}

// lock keeps everybody from a table until the function that it returns is called.
func (s *server) lock(t *testing.T, table string) (release func()) {
	t.Helper()
	tx, err := s.store.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "lock table "+table+" in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }
}

func writeFile(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
