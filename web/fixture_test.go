package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/graph/model"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
)

// resolvers stands in for the root of the resolvers: what a test does not set must not be asked for.
type resolvers struct {
	graph.ResolverRoot

	query query
}

func (r *resolvers) Query() graph.QueryResolver { return &r.query }

type query struct {
	graph.QueryResolver

	company   func(ctx context.Context, cik *edgar.CIK, ticker *string) (*store.Company, error)
	companies func(ctx context.Context) (*connection.CompanyConnection, error)
}

func (q *query) Company(ctx context.Context, _ *string, cik *edgar.CIK, ticker *string) (*store.Company, error) {
	return q.company(ctx, cik, ticker)
}

func (q *query) Companies(
	ctx context.Context, _ *store.CompanyFilter, _ *model.CompanyOrder, _ *int, _ *string, _ *int, _ *string,
) (*connection.CompanyConnection, error) {
	return q.companies(ctx)
}

// Filing and Node resolve to null.
func (*query) Filing(context.Context, edgar.AccessionNumber) (*store.Filing, error) { return nil, nil }

func (*query) Node(context.Context, string) (model.Node, error) { return nil, nil }

// answering resolves company with a fixed row.
func answering() *resolvers {
	return failing(nil)
}

// failing resolves company with an error, with a fixed row if it is nil.
func failing(err error) *resolvers {
	return &resolvers{query: query{
		company: func(context.Context, *edgar.CIK, *string) (*store.Company, error) {
			if err != nil {
				return nil, err
			}
			return &store.Company{ID: 1, Name: "Apple Inc."}, nil
		},
		companies: func(context.Context) (*connection.CompanyConnection, error) { return nil, err },
	}}
}

// newHandler returns the handler over r, and its log.
func newHandler(r *resolvers, change ...func(*web.Options)) (http.Handler, *syncBuffer) {
	log := &syncBuffer{}
	o := web.Options{
		Resolvers:      r,
		RequestTimeout: time.Minute,
		Logger:         logger(log),
		Now:            time.Now,
	}
	for _, f := range change {
		f(&o)
	}
	return web.New(o), log
}

// post sends a query with variables as JSON.
func post(t *testing.T, h http.Handler, query string, variables map[string]any) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return send(t, h, http.MethodPost, "/graphql", string(body), "Content-Type", "application/json")
}

// get sends a query in the URL.
func get(t *testing.T, h http.Handler, query string) *httptest.ResponseRecorder {
	t.Helper()
	return send(t, h, http.MethodGet, "/graphql?query="+url.QueryEscape(query), "")
}

// send makes a request with header names and values by turns.
func send(t *testing.T, h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type fault struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// faults returns the errors of an answer.
func faults(t *testing.T, w *httptest.ResponseRecorder) []fault {
	t.Helper()
	var answer struct {
		Errors []fault `json:"errors"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return answer.Errors
}

// wantFault checks the status and the first error's code, and that there is an error of the code.
func wantFault(t *testing.T, w *httptest.ResponseRecorder, status int, code string) fault {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	list := faults(t, w)
	if len(list) == 0 || list[0].Extensions["code"] != code {
		t.Fatalf("want an error with code %s: %s", code, w.Body)
	}
	return list[0]
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

var _ io.Writer = (*syncBuffer)(nil)

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
