package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
)

// registry is a database of clients, and a server that asks for their keys.
type registry struct {
	store   *store.Store
	clients *clients.Registry
	usage   *clients.Usage
	handler http.Handler
	url     string
	log     *syncBuffer
}

// newRegistry starts a server over r for the clients that prepare makes.
func newRegistry(t testing.TB, r *resolvers, prepare func(*registry), change ...func(*web.Options)) *registry {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.New(t), store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	reg := &registry{store: s}
	prepare(reg)
	reg.clients, err = clients.Open(t.Context(), clients.Options{Store: s, Now: time.Now, Logger: logger(&syncBuffer{})})
	if err != nil {
		t.Fatal(err)
	}
	reg.usage = clients.NewUsage(clients.UsageOptions{Store: s, Now: time.Now, Logger: logger(&syncBuffer{})})
	options := func(o *web.Options) {
		o.Clients, o.Usage, o.AuthRequired = reg.clients, reg.usage, true
		o.APQ = &lockedMap{texts: map[string]string{}}
	}
	h, log := newHandler(r, append([]func(*web.Options){options}, change...)...)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	reg.handler, reg.url, reg.log = h, server.URL, log
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log:\n%.9000s", log)
		}
	})
	return reg
}

// create makes a client and returns its key.
func (r *registry) create(t testing.TB, name string, role auth.Role, mode auth.Mode, budget *int64) string {
	t.Helper()
	key, err := auth.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	err = r.store.CreateClient(t.Context(), &store.Client{Name: name, Role: string(role), Mode: string(mode), Budget: budget},
		&store.ClientKey{Prefix: key.Prefix, Hash: key.Hash})
	if err != nil {
		t.Fatal(err)
	}
	return key.Text
}

// publish registers a text for a client under its SHA-256, which it returns.
func (r *registry) publish(t testing.TB, client, text string) string {
	t.Helper()
	hash := persisted.Hash(text)
	shape, err := persisted.Shape(text)
	if err != nil {
		t.Fatal(err)
	}
	id := hex.EncodeToString(hash[:])
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{`insert into document_texts values ($1, $2, $3) on conflict do nothing`, []any{hash[:], shape[:], text}},
		{
			`insert into documents (client_id, id, hash, operations) select id, $2, $3, '{""}' from clients where name = $1`,
			[]any{client, id, hash[:]},
		},
		{`update registry_version set version = version + 1`, nil},
	} {
		if _, err := r.store.Pool().Exec(t.Context(), statement.sql, statement.args...); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// ask makes a request with a key, and with header names and values by turns.
func (r *registry) ask(t *testing.T, key, method, target string, body any, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	var from io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		from = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, r.url+target, from)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	for pair := range slices.Chunk(header, 2) {
		request.Header.Add(pair[0], pair[1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	w := httptest.NewRecorder()
	w.Code = response.StatusCode
	maps.Copy(w.Header(), response.Header)
	if _, err := io.Copy(w.Body, response.Body); err != nil {
		t.Fatal(err)
	}
	return w
}

// lockedMap keeps texts of APQ.
type lockedMap struct {
	mu    sync.Mutex
	texts map[string]string
}

var _ graphql.Cache[string] = (*lockedMap)(nil)

func (m *lockedMap) Get(_ context.Context, hash string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.texts[hash]
	return text, ok
}

func (m *lockedMap) Add(_ context.Context, hash, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.texts[hash] = text
}

const (
	registeredText  = `query A($t: String) { company(ticker: $t) { name } }`
	reformattedText = "query A ( $t : String ) {\n  company( ticker: $t ), { # of a symbol\n    name\n  }\n}\n"
	foreignText     = `query B { company(ticker: "B") { name } }`
	freeText        = `query C { company(ticker: "C") { name } }`
)

// transports are the ways to ask by an id, and to ask by a text.
func transports(id, text string) (byID, byText map[string]request) {
	get := func(path string, pairs ...string) request {
		values := url.Values{}
		for pair := range slices.Chunk(pairs, 2) {
			values.Set(pair[0], pair[1])
		}
		return request{"GET", path + "?" + values.Encode(), nil}
	}
	hash := map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": id}}
	hashText, err := json.Marshal(hash)
	if err != nil {
		panic(err) // it holds strings and numbers only
	}
	byID = map[string]request{
		"POST documentId":            {"POST", "/graphql", map[string]any{"documentId": id}},
		"POST documentId sha256:":    {"POST", "/graphql", map[string]any{"documentId": "sha256:" + id}},
		"POST id":                    {"POST", "/graphql", map[string]any{"id": id}},
		"POST persistedQuery":        {"POST", "/graphql", map[string]any{"extensions": hash}},
		"GET documentId":             get("/graphql", "documentId", id),
		"GET documentId sha256:":     get("/graphql", "documentId", "sha256:"+id),
		"GET id":                     get("/graphql", "id", id),
		"GET persistedQuery":         get("/graphql", "extensions", string(hashText)),
		"GET path":                   get("/graphql/d/" + id),
		"GET path sha256:":           get("/graphql/d/sha256:" + id),
		"POST documentId, also hash": {"POST", "/graphql", map[string]any{"documentId": id, "extensions": hash}},
	}
	byText = map[string]request{
		"POST query": {"POST", "/graphql", map[string]any{"query": text}},
		"GET query":  get("/graphql", "query", text),
	}
	return byID, byText
}

type request struct {
	method, target string
	body           any
}

// verdict is how a request ends: with data, or with a status and a code.
type verdict struct {
	status int
	code   string // "" for data
}

var (
	answered      = verdict{200, ""}
	notFound      = verdict{404, "DOCUMENT_NOT_FOUND"}
	notRegistered = verdict{403, "DOCUMENT_NOT_REGISTERED"}
	sendText      = verdict{200, "PERSISTED_QUERY_NOT_FOUND"}
	wrong         = verdict{400, "BAD_REQUEST"}
)

// TestWhoMayRunWhat asks for every role and mode, over every transport, for documents that the client registered, that
// another one did, and that nobody did.
func TestWhoMayRunWhat(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	var own, foreign string
	reg := newRegistry(t, answering(), func(r *registry) {
		r.create(t, "other", auth.RolePartner, auth.ModeIDOnly, nil)
		foreign = r.publish(t, "other", foreignText)
		for _, role := range auth.Roles() {
			for _, mode := range auth.Modes() {
				name := string(role) + "-" + string(mode)
				keys[name] = r.create(t, name, role, mode, nil)
				own = r.publish(t, name, registeredText)
			}
		}
	})
	hash := persisted.Hash(freeText)
	unknown := hex.EncodeToString(hash[:])
	for _, role := range auth.Roles() {
		for _, mode := range auth.Modes() {
			name := string(role) + "-" + string(mode)
			check := func(what, transport string, q request, want verdict) {
				t.Run(name+"/"+what+"/"+transport, func(t *testing.T) {
					t.Parallel()
					reg.checkVerdict(t, keys[name], q, want)
				})
			}
			mayText := map[auth.Mode]verdict{
				auth.ModeOpen: answered, auth.ModeLogOnly: answered, auth.ModeMatchText: answered, auth.ModeIDOnly: notRegistered,
			}[mode]
			mayFree := map[auth.Mode]verdict{
				auth.ModeOpen: answered, auth.ModeLogOnly: answered, auth.ModeMatchText: notRegistered, auth.ModeIDOnly: notRegistered,
			}[mode]
			strangeHash := map[auth.Mode]verdict{
				auth.ModeOpen: sendText, auth.ModeLogOnly: sendText, auth.ModeMatchText: sendText, auth.ModeIDOnly: notFound,
			}[mode]
			byID, _ := transports(own, "")
			for transport, q := range byID {
				check("registered", transport, q, answered)
			}
			for what, id := range map[string]string{"foreign": foreign, "unknown": unknown} {
				byID, _ := transports(id, "")
				for transport, q := range byID {
					want := notFound
					if transport == "POST persistedQuery" || transport == "GET persistedQuery" {
						want = strangeHash
					}
					check(what, transport, q, want)
				}
			}
			for what, text := range map[string]string{"text": registeredText, "reformatted text": reformattedText} {
				_, byText := transports("", text)
				for transport, q := range byText {
					check(what, transport, q, mayText)
				}
			}
			for what, text := range map[string]string{"free text": freeText, "foreign text": foreignText} {
				_, byText := transports("", text)
				for transport, q := range byText {
					check(what, transport, q, mayFree)
				}
			}
			for what, text := range map[string]string{"id with its text": registeredText, "id with its text reformatted": reformattedText} {
				check(what, "POST", request{"POST", "/graphql", map[string]any{"documentId": own, "query": text}}, answered)
			}
			check("id with another text", "POST", request{"POST", "/graphql", map[string]any{"documentId": own, "query": freeText}}, wrong)
			check("two ids", "POST", request{"POST", "/graphql", map[string]any{"documentId": own, "id": unknown}}, wrong)
			check("id and another hash", "POST", request{"POST", "/graphql", map[string]any{
				"documentId": own, "extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": unknown}},
			}}, wrong)
		}
	}
}

// checkVerdict asks and compares what comes with what must.
func (r *registry) checkVerdict(t *testing.T, key string, q request, want verdict) {
	t.Helper()
	w := r.ask(t, key, q.method, q.target, q.body)
	if want.code != "" {
		wantFault(t, w, want.status, want.code)
		return
	}
	if w.Code != want.status || w.Body.String() != `{"data":{"company":{"name":"Apple Inc."}}}` {
		t.Errorf("%d %s, want data", w.Code, w.Body)
	}
}
