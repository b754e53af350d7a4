package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/ratelimit"
	"github.com/corpintel/corpintel/web"
)

// TestKeys checks in which ways a key can be given, and what those are told who have none.
func TestKeys(t *testing.T) {
	t.Parallel()
	var key, other, revoked string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RoleAnalyst, auth.ModeOpen, nil)
		other = r.create(t, "other", auth.RoleAnalyst, auth.ModeOpen, nil)
		revoked = r.create(t, "gone", auth.RoleAnalyst, auth.ModeOpen, nil)
		if _, _, err := r.store.RevokeClient(t.Context(), "gone"); err != nil {
			t.Fatal(err)
		}
	})
	target := "/graphql?query=" + url.QueryEscape(freeText)
	for name, test := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"bearer":                               {[]string{"Authorization", "Bearer " + key}, 200, ""},
		"scheme in lower case":                 {[]string{"Authorization", "bearer " + key}, 200, ""},
		"X-API-Key":                            {[]string{"X-API-Key", key}, 200, ""},
		"both":                                 {[]string{"X-API-Key", key, "Authorization", "Bearer " + key}, 200, ""},
		"two keys":                             {[]string{"X-API-Key", key, "Authorization", "Bearer " + other}, 400, "BAD_REQUEST"},
		"two of one header":                    {[]string{"X-API-Key", key, "X-API-Key", other}, 400, "BAD_REQUEST"},
		"two bearers":                          {[]string{"Authorization", "Bearer " + key, "Authorization", "Bearer " + other}, 400, "BAD_REQUEST"},
		"none":                                 {nil, 401, "UNAUTHENTICATED"},
		"another scheme":                       {[]string{"Authorization", "Basic " + key}, 401, "UNAUTHENTICATED"},
		"a proxy's credentials beside the key": {[]string{"X-API-Key", key, "Authorization", "Basic dTpw"}, 200, ""},
		"empty bearer":                         {[]string{"Authorization", "Bearer "}, 401, "UNAUTHENTICATED"},
		"malformed":                            {[]string{"X-API-Key", "SECRET"}, 401, "UNAUTHENTICATED"},
		"one character off":                    {[]string{"X-API-Key", key[:len(key)-1] + "_"}, 401, "UNAUTHENTICATED"},
		"revoked":                              {[]string{"X-API-Key", revoked}, 401, "UNAUTHENTICATED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := reg.ask(t, "", http.MethodGet, target, nil, test.header...)
			if test.code == "" {
				if w.Code != 200 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			wantFault(t, w, test.status, test.code)
			if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("%d with WWW-Authenticate %q", w.Code, w.Header().Get("WWW-Authenticate"))
			}
			if strings.Contains(w.Body.String(), "SECRET") {
				t.Errorf("the answer repeats the key: %s", w.Body)
			}
		})
	}
}

// TestWithoutKey checks a server that requires no key: who has none is an analyst, who gives one must give a right one.
func TestWithoutKey(t *testing.T) {
	t.Parallel()
	var partner string
	reg := newRegistry(t, answering(), func(r *registry) {
		partner = r.create(t, "acme", auth.RolePartner, auth.ModeIDOnly, nil)
	}, func(o *web.Options) { o.AuthRequired = false })
	target := "/graphql?query=" + url.QueryEscape(freeText)
	if w := reg.ask(t, "", http.MethodGet, target, nil); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wantFault(t, reg.ask(t, partner, http.MethodGet, target, nil), 403, "DOCUMENT_NOT_REGISTERED")
	wantFault(t, reg.ask(t, "SECRET", http.MethodGet, target, nil), 401, "UNAUTHENTICATED")
}

// TestManyWrongKeys checks that wrong keys are refused more cheaply from some number on, and right ones never.
func TestManyWrongKeys(t *testing.T) {
	t.Parallel()
	var key string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RoleAnalyst, auth.ModeOpen, nil)
	})
	target := "/graphql?query=" + url.QueryEscape(freeText)
	limited := 0
	for i := range 100 {
		w := reg.ask(t, "wrong"+strconv.Itoa(i), http.MethodGet, target, nil)
		if w.Code == http.StatusTooManyRequests {
			limited++
			if f := wantFault(t, w, 429, "RATE_LIMITED"); f.Extensions["retryAfter"] == nil || w.Header().Get("Retry-After") == "" {
				t.Errorf("it does not say when to try again: %s", w.Body)
			}
		}
	}
	if limited < 50 {
		t.Errorf("%d of 100 wrong keys were limited", limited)
	}
	if w := reg.ask(t, key, http.MethodGet, target, nil); w.Code != 200 {
		t.Errorf("a right key: %d %s", w.Code, w.Body)
	}
}

// TestRoleDecides checks what roles may see of the schema.
func TestRoleDecides(t *testing.T) {
	t.Parallel()
	keys := map[auth.Role]string{}
	reg := newRegistry(t, answering(), func(r *registry) {
		for _, role := range auth.Roles() {
			keys[role] = r.create(t, string(role), role, auth.ModeOpen, nil)
		}
	})
	for _, role := range auth.Roles() {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			may := role == auth.RoleAnalyst || role == auth.RoleAdmin
			for _, text := range []string{
				`{ __schema { queryType { name } } }`,
				`{ ... { a: __type(name: "Company") { name } } }`,
				`{ ...f } fragment f on Query { __schema { queryType { name } } }`,
			} {
				w := reg.ask(t, keys[role], "POST", "/graphql", map[string]any{"query": text})
				if may && w.Code != 200 {
					t.Errorf("%s: %d %s", text, w.Code, w.Body)
				}
				if !may {
					wantFault(t, w, 403, "FORBIDDEN")
				}
			}
			for _, text := range []string{`{ company(ticker: "A") { nam } }`, `{ company(tickr: "A") { name } }`} {
				w := reg.ask(t, keys[role], "POST", "/graphql", map[string]any{"query": text})
				f := wantFault(t, w, 200, "GRAPHQL_VALIDATION_FAILED")
				if suggests := strings.Contains(f.Message, "Did you mean"); suggests != may {
					t.Errorf("%s: %s", text, f.Message)
				}
			}
			if w := reg.ask(t, keys[role], "POST", "/graphql", map[string]any{"query": `{ __typename }`}); w.Code != 200 {
				t.Errorf("__typename: %d %s", w.Code, w.Body)
			}
		})
	}
}

// TestBudget checks that a client spends its budget by cost, and is told how much is left.
func TestBudget(t *testing.T) {
	t.Parallel()
	var poor, rich string
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	reg := newRegistry(t, answering(), func(r *registry) {
		budget := int64(20)
		poor = r.create(t, "poor", auth.RoleAnalyst, auth.ModeOpen, &budget)
		rich = r.create(t, "rich", auth.RoleAdmin, auth.ModeOpen, nil)
	}, func(o *web.Options) {
		o.Limiter = ratelimit.New(ratelimit.Options{Now: clock, Logger: o.Logger})
	})
	body := map[string]any{"query": freeText}
	w := reg.ask(t, poor, "POST", "/graphql", body, "Corpintel-Cost", "1")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("RateLimit"), `"cost";r=`) || w.Header().Get("RateLimit-Policy") != `"cost";q=20;w=60` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if !strings.Contains(w.Body.String(), `"extensions":{"cost":{"budget":{"limit":20,"remaining":`) {
		t.Errorf("%s", w.Body)
	}
	dear := map[string]any{"query": `{ companies(first: 100) { nodes { name } } }`}
	w = reg.ask(t, poor, "POST", "/graphql", dear)
	if f := wantFault(t, w, 429, "RATE_LIMITED"); f.Extensions["retryAfter"] != nil || w.Header().Get("Retry-After") != "" ||
		!strings.Contains(f.Message, "more than the client's whole budget of 20") {
		t.Errorf("an operation that the whole budget is too small for: %s %v", w.Body, w.Header())
	}
	var refused bool
	for range 30 {
		w := reg.ask(t, poor, "POST", "/graphql", body)
		if w.Code != 200 {
			refused = true
			f := wantFault(t, w, 429, "RATE_LIMITED")
			if f.Extensions["retryAfter"] == nil || w.Header().Get("Retry-After") == "" {
				t.Errorf("it does not say when to try again: %s %v", w.Body, w.Header())
			}
			break
		}
	}
	if !refused {
		t.Error("a budget of 20 was not spent by 31 requests")
	}
	wantFault(t, reg.ask(t, poor, "POST", "/graphql", map[string]any{"query": "{ nothing }"}), 429, "RATE_LIMITED")
	now = now.Add(time.Minute)
	if w := reg.ask(t, poor, "POST", "/graphql", body); w.Code != 200 {
		t.Errorf("after a minute: %d %s", w.Code, w.Body)
	}
	for range 40 {
		if w := reg.ask(t, rich, "POST", "/graphql", body); w.Code != 200 || w.Header().Get("RateLimit") != "" {
			t.Fatalf("an admin: %d %s", w.Code, w.Body)
		}
	}
}
