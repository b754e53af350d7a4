package consistency_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	random "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/demo"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
)

// demoCompanies are few enough that reads and writes meet.
const demoCompanies = 7

// world is a database, a Redis, the servers that keep things, and the model, which keeps nothing.
type world struct {
	t        testing.TB
	database string
	pool     *pgxpool.Pool // of writers
	redis    *cachetest.Server
	servers  [2]*server
	model    string // URL
	mistakes mistakes
	patient  bool // servers that are started wait for Redis as long as it takes
	keys     map[auth.Role]string
	ids      map[string]string // of operations that are registered, by text
	random   *random.Rand
	known    *known

	phase   phase
	asked   []asking     // lately
	mark    int          // that was written last
	open    []*openWrite // transactions that have told of their changes, and are not committed
	files   []importFile // that were not imported yet
	written int          // steps that wrote
	lags    []time.Duration

	isBroken bool  // on purpose: what is wrong does not fail the test
	wrong    error // that was found by faults
}

// newWorld returns a world whose servers make mistakes. It has a PostgreSQL of its own: a transaction that is open anywhere in it
// keeps answers from being shared that depend on what was changed since that began, and other tests have such transactions.
func newWorld(t testing.TB, seed uint64, wrong mistakes) *world {
	t.Helper()
	return newWorldOn(t, storetest.NewCluster(t).URL(), seed, wrong)
}

func newWorldOn(t testing.TB, database string, seed uint64, wrong mistakes) *world {
	t.Helper()
	w := &world{
		t: t, database: database, redis: cachetest.Start(t), mistakes: wrong, keys: map[auth.Role]string{}, ids: map[string]string{},
		random: random.New(random.NewPCG(seed, 29)), //nolint:gosec // the same each time
	}
	var err error
	if w.pool, err = pgxpool.New(t.Context(), named(t, w.database, "writer")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	t.Cleanup(w.rollBack)
	if _, err := demo.Load(t.Context(), w.pool, demo.Options{Companies: demoCompanies}); err != nil {
		t.Fatal(err)
	}
	w.execute("insert into companies (id, name, search_text) values ($1, $2, 'mark')", markCompany, markName(0))
	w.known, w.files = readKnown(w), importFiles(w)
	w.advance()
	w.serveModel()
	for i := range w.servers {
		w.servers[i] = &server{name: fmt.Sprint("server-", i), link: newLink(t, w.database)}
		w.servers[i].start(t, w)
		t.Cleanup(w.servers[i].stop)
	}
	return w
}

// execute runs a statement that must succeed.
func (w *world) execute(sql string, args ...any) int64 {
	w.t.Helper()
	tag, err := w.pool.Exec(w.t.Context(), sql, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return tag.RowsAffected()
}

// serveModel starts the model, where everybody is an analyst, and registers clients and operations.
func (w *world) serveModel() {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), named(w.t, w.database, "model"), store.Options{MaxConns: 4})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	h := httptest.NewServer(web.New(web.Options{
		Resolvers: resolvers.New(s), Attach: loaders.New(s, time.Now).Attach, RequestTimeout: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()},
	}))
	w.t.Cleanup(h.Close)
	w.model = h.URL
	for _, role := range auth.Roles() {
		w.keys[role] = w.createClient(s, string(role), role)
		for _, o := range operations() {
			w.ids[o.text] = w.publish(string(role), o.text)
		}
	}
}

func (w *world) createClient(s *store.Store, name string, role auth.Role) (key string) {
	w.t.Helper()
	generated, err := auth.GenerateKey(rand.Reader)
	if err == nil {
		err = s.CreateClient(w.t.Context(), &store.Client{Name: name, Role: string(role), Mode: string(role.DefaultMode())},
			&store.ClientKey{Prefix: generated.Prefix, Hash: generated.Hash})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return generated.Text
}

// publish registers a text for a client, and returns its id.
func (w *world) publish(client, text string) string {
	w.t.Helper()
	hash := persisted.Hash(text)
	shape, err := persisted.Shape(text)
	if err != nil {
		w.t.Fatal(err)
	}
	id := hex.EncodeToString(hash[:])
	w.execute(`insert into document_texts values ($1, $2, $3) on conflict do nothing`, hash[:], shape[:], text)
	w.execute(`insert into documents (client_id, id, hash, operations) select id, $2, $3, '{""}' from clients where name = $1`,
		client, id, hash[:])
	w.execute(`update registry_version set version = version + 1`)
	return id
}

// question is an operation with its variables.
type question struct {
	text      string
	variables map[string]any
}

func (q question) String() string {
	variables, _ := json.Marshal(q.variables) // for people
	return fmt.Sprintf("%s with %s", q.text, variables)
}

// ask asks the model.
func (w *world) ask(q question) ([]byte, error) {
	return post(w.t.Context(), w.model, map[string]any{"query": q.text, "variables": q.variables}, "", "identity")
}

// askAs asks a server as the client of a role does: with a text, or by an id if texts of its own are refused.
func (w *world) askAs(s *server, role auth.Role, q question, coding string) ([]byte, error) {
	body := map[string]any{"query": q.text, "variables": q.variables}
	if !role.DefaultMode().FreeText() {
		body = map[string]any{"documentId": w.ids[q.text], "variables": q.variables}
	}
	return post(w.t.Context(), s.url, body, w.keys[role], coding)
}

// post returns the answer to a request. An answer that is not OK is returned too.
func post(ctx context.Context, server string, body any, key, coding string) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/graphql", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept-Encoding", coding)
	if key != "" {
		request.Header.Set("X-Api-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	from := io.Reader(response.Body)
	if response.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(response.Body); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(from)
}
