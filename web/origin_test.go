package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/web"
)

const getCompany = "/graphql?query=%7B+company%28ticker%3A+%22A%22%29+%7B+name+%7D+%7D"

// TestPages checks which pages of a browser are answered.
func TestPages(t *testing.T) {
	t.Parallel()
	closed, _ := newHandler(answering())
	open, _ := newHandler(answering(), func(o *web.Options) { o.Access.Origins = []string{"https://app.example", "http://localhost:3000"} })
	all, _ := newHandler(answering(), func(o *web.Options) { o.Access.Origins = []string{"*"} })
	for name, test := range map[string]struct {
		h       http.Handler
		header  []string
		status  int
		allowed string // Access-Control-Allow-Origin

		byOrigin bool // the answer depends on the origin
	}{
		"no browser":             {closed, nil, 200, "", false},
		"own page":               {closed, []string{"Sec-Fetch-Site", "same-origin"}, 200, "", false},
		"typed in":               {closed, []string{"Sec-Fetch-Site", "none"}, 200, "", false},
		"image on another site":  {closed, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image"}, 403, "", false},
		"page of the same site":  {closed, []string{"Sec-Fetch-Site", "same-site"}, 403, "", false},
		"another page's fetch":   {closed, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"}, 403, "", false},
		"after a preflight":      {closed, []string{"Sec-Fetch-Site", "cross-site", "X-Requested-With", "x"}, 200, "", false},
		"Apollo's header":        {closed, []string{"Sec-Fetch-Site", "cross-site", "Apollo-Require-Preflight", "true"}, 200, "", false},
		"old browser":            {closed, []string{"Origin", "https://evil.example"}, 403, "", false},
		"old browser, own page":  {closed, []string{"Origin", "http://example.com"}, 200, "", false},
		"sandboxed page":         {closed, []string{"Origin", "null"}, 403, "", false},
		"listed":                 {open, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"}, 200, "https://app.example", true},
		"listed, with a port":    {open, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:3000"}, 200, "http://localhost:3000", true},
		"not listed":             {open, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.evil"}, 403, "", true},
		"listed, another scheme": {open, []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://app.example"}, 403, "", true},
		"all":                    {all, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://any.example"}, 200, "*", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := send(t, test.h, "GET", getCompany, "", test.header...)
			if w.Code != test.status {
				t.Errorf("status %d, want %d: %s", w.Code, test.status, w.Body)
			}
			if test.status == http.StatusForbidden {
				wantFault(t, w, http.StatusForbidden, "FORBIDDEN")
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.allowed {
				t.Errorf("allowed %q, want %q", got, test.allowed)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
			if got := strings.Contains(w.Header().Get("Vary"), "Origin"); got != test.byOrigin {
				t.Errorf("Vary %q", w.Header().Get("Vary"))
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	open, _ := newHandler(answering(), func(o *web.Options) { o.Access.Origins = []string{"https://app.example"} })
	closed, _ := newHandler(answering())
	for name, test := range map[string]struct {
		h       http.Handler
		origin  string
		allowed bool
	}{
		"listed":     {open, "https://app.example", true},
		"not listed": {open, "https://evil.example", false},
		"none are":   {closed, "https://app.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := send(t, test.h, "OPTIONS", "/graphql", "", "Origin", test.origin, "Access-Control-Request-Method", "POST",
				"Access-Control-Request-Headers", "content-type")
			if w.Code != http.StatusNoContent || w.Body.Len() != 0 || w.Header().Get("Allow") == "" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			for _, header := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"} {
				if got := w.Header().Get(header); (got != "") != test.allowed {
					t.Errorf("%s: %q", header, got)
				}
			}
			if test.allowed && !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Content-Type") {
				t.Error("no page can send JSON")
			}
		})
	}
}

// TestOptions checks that OPTIONS tells of each path what it is served with, and no more.
func TestOptions(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering(), func(o *web.Options) { o.Access.Origins = []string{"*"} })
	for path, want := range map[string][2]string{
		"/graphql":       {"GET, HEAD, POST, OPTIONS", "GET, POST"},
		"/graphql/d/abc": {"GET, HEAD, OPTIONS", "GET"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := send(t, h, "OPTIONS", path, "", "Origin", "https://app.example", "Access-Control-Request-Method", "GET")
			got := [2]string{w.Header().Get("Allow"), w.Header().Get("Access-Control-Allow-Methods")}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("methods (-want +got):\n%s", diff)
			}
			for method := range strings.SplitSeq("GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS", ", ") {
				refused := send(t, h, method, path, "").Code == http.StatusMethodNotAllowed
				if listed := strings.Contains(want[0], method); refused == listed {
					t.Errorf("%s is refused: %t, and listed: %t", method, refused, listed)
				}
			}
		})
	}
}

// TestLocalOnly checks that a server on the loopback is not reached under the name of a page (DNS rebinding).
func TestLocalOnly(t *testing.T) {
	t.Parallel()
	local, _ := newHandler(answering(), func(o *web.Options) {
		o.Access = web.Access{LocalOnly: true, Hosts: []string{"api.example.com"}}
	})
	for host, status := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST:8080": 200, "localhost.:8080": 200, "a.localhost": 200, "127.0.0.1:8080": 200,
		"127.1.2.3": 200, "[::1]:8080": 200, "[::1]": 200, "api.example.com": 200, "API.example.com:443": 200,
		"evil.example": 421, "evil.example:8080": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421,
		"0.0.0.0:8080": 421, "[::]:8080": 421, "evillocalhost": 421,
	} {
		for _, target := range []string{getCompany, "/graphiql"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
			r.Host = host
			w := httptest.NewRecorder()
			local.ServeHTTP(w, r)
			if w.Code != status {
				t.Errorf("%s%s: status %d, want %d", host, target, w.Code, status)
			}
			if status == http.StatusMisdirectedRequest {
				wantFault(t, w, status, "FORBIDDEN")
			}
		}
	}
	public, _ := newHandler(answering())
	if w := send(t, public, "GET", "http://any.example"+getCompany, ""); w.Code != http.StatusOK {
		t.Errorf("another server: status %d", w.Code)
	}
}
