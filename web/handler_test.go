package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for name, test := range map[string]struct {
		method, target string
		status         int
		header, want   string // a header of the answer
	}{
		"landing page":       {"GET", "/", 200, "Content-Type", "text/html; charset=utf-8"},
		"explorer":           {"GET", "/graphiql", 200, "Content-Type", "text/html; charset=utf-8"},
		"licences":           {"GET", "/licences.txt", 200, "Content-Type", "text/plain; charset=utf-8"},
		"no such file":       {"GET", "/assets/none.js", 404, "", ""},
		"climbing":           {"GET", "/assets/..%2fgraphiql.html", 404, "", ""},
		"packed file":        {"GET", "/assets/graphiql.html.gz", 404, "", ""},
		"unknown":            {"GET", "/nowhere", 404, "", ""},
		"explorer by POST":   {"POST", "/graphiql", 405, "Allow", "GET, HEAD"},
		"health is internal": {"GET", "/readyz", 404, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := send(t, h, test.method, test.target, "")
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			if got := w.Header().Get(test.header); got != test.want {
				t.Errorf("%s %q, want %q", test.header, got, test.want)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Request-Id"} {
				if w.Header().Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	var inside string
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		inside = web.RequestID(ctx)
		return nil, nil
	}
	h, _ := newHandler(r)
	for given, kept := range map[string]bool{
		"":                        false,
		"abc-1.2_Z":               true,
		"with space":              false,
		"new\nline":               false,
		strings.Repeat("a", 65):   false,
		strings.Repeat("a", 64):   true,
		`"><script>alert(1)</scr`: false,
	} {
		w := send(t, h, "POST", "/graphql", `{"query": "{ company(ticker: \"A\") { name } }"}`,
			"Content-Type", "application/json", "X-Request-Id", given)
		got := w.Header().Get("X-Request-Id")
		if got == "" || got != inside || (got == given) != kept {
			t.Errorf("given %q, answered %q, inside %q", given, got, inside)
		}
	}
	if id := web.RequestID(t.Context()); id != "" {
		t.Errorf("outside of requests: %q", id)
	}
}

// TestPanicOutsideResolvers checks a panic that no resolver's recovery sees.
func TestPanicOutsideResolvers(t *testing.T) {
	t.Parallel()
	h, log := newHandler(answering(), func(o *web.Options) {
		o.Attach = func(context.Context) context.Context { panic("SECRET") }
	})
	w := get(t, h, companyQuery)
	wantFault(t, w, http.StatusInternalServerError, "INTERNAL")
	if strings.Contains(w.Body.String(), "SECRET") || !strings.Contains(log.String(), "SECRET") {
		t.Errorf("answer %s, log %s", w.Body, log)
	}
	if !strings.Contains(log.String(), "status=500") {
		t.Errorf("the request is not logged: %s", log)
	}
}

// TestAttach checks that every request gets a context of its own.
func TestAttach(t *testing.T) {
	t.Parallel()
	type key struct{}
	n := 0
	var seen []any
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		seen = append(seen, ctx.Value(key{}))
		return nil, nil
	}
	h, _ := newHandler(r, func(o *web.Options) {
		o.Attach = func(ctx context.Context) context.Context {
			n++
			return context.WithValue(ctx, key{}, n)
		}
	})
	get(t, h, companyQuery)
	get(t, h, companyQuery)
	if fmt.Sprint(seen) != "[1 2]" {
		t.Errorf("seen %v, want [1 2]", seen)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	_, log := newHandler(answering())
	s := web.NewServer(t.Context(), http.NotFoundHandler(), 30*time.Second, logger(log))
	if s.WriteTimeout <= s.ReadTimeout+30*time.Second {
		t.Errorf("an operation that takes all its time is cut off: %v", s.WriteTimeout)
	}
	if s.ReadHeaderTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Errorf("unbounded: %+v", s)
	}
	if s.BaseContext(nil) != t.Context() {
		t.Error("requests do not run under the base context")
	}
}

// FuzzBody checks that no body does more than fail. Most resolvers are missing, so a panic inside them is no fault.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"query": "{ company(ticker: \"A\") { name } }"}`, `{"query": 1}`, `[]`, `{`, `{"query":"{__typename}","variables":{"a":1e999}}`,
		`{"query":"query($a:[CIK!]){companies(filter:{ciks:$a}){totalCount}}","variables":{"a":[1,"x",null]}}`,
		`{"query":"{company(cik:99999999999999999999){name}}"}`, "{\"query\":\"{ \xff }\"}",
	} {
		f.Add(seed)
	}
	h, _ := newHandler(answering())
	f.Fuzz(func(t *testing.T, body string) {
		w := send(t, h, "POST", "/graphql", body, "Content-Type", "application/json")
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %s", w.Body)
		}
	})
}

// BenchmarkSmallAnswer is one operation from the request to the answer, without a database.
func BenchmarkSmallAnswer(b *testing.B) {
	h, _ := newHandler(answering())
	const body = `{"query": "{ company(ticker: \"AAPL\") { name } }"}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Body.String() != `{"data":{"company":{"name":"Apple Inc."}}}` {
			b.Fatal(w.Body)
		}
	}
}
