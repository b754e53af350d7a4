package web_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
)

// cachedBy starts a server with a client of a role that has registered texts, and returns its key and their ids.
func cachedBy(t *testing.T, r *resolvers, role auth.Role, texts ...string) (reg *registry, key string, ids []string) {
	t.Helper()
	reg = newRegistry(t, r, func(r *registry) {
		key = r.create(t, "acme", role, role.DefaultMode(), nil)
		for _, text := range texts {
			ids = append(ids, r.publish(t, "acme", text))
		}
	}, func(o *web.Options) {
		cik := edgar.CIK(320193)
		o.Companies = func(context.Context) []*store.Company { return []*store.Company{{ID: 1, CIK: &cik}} }
	})
	return reg, key, ids
}

// TestCacheControl checks who may keep an answer, and for how long.
func TestCacheControl(t *testing.T) {
	t.Parallel()
	const (
		company     = `{ company(ticker: "A") { name } }`
		two         = `{ filing(accessionNumber: "0000320193-23-000106") { form } company(ticker: "A") { name } }`
		schemaless  = `{ __typename }`
		viaFragment = `{ ...f } fragment f on Query { filing(accessionNumber: "0000320193-23-000106") { form } }`
	)
	for name, test := range map[string]struct {
		role auth.Role
		text string
		want string
	}{
		"company":                    {auth.RolePartner, company, "private, max-age=60"},
		"the least of several":       {auth.RoleAnalyst, two, "private, max-age=60"},
		"the dashboard always asks":  {auth.RoleDashboard, company, "private, no-cache"},
		"nothing is said":            {auth.RolePartner, schemaless, "private, no-cache"},
		"through a fragment":         {auth.RolePartner, viaFragment, "private, max-age=300"},
		"an interface and its types": {auth.RolePartner, `{ node(id: "x") { ... on MetricDefinition { label } } }`, "private, max-age=3600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg, key, ids := cachedBy(t, answering(), test.role, test.text)
			w := reg.ask(t, key, http.MethodGet, "/graphql/d/"+ids[0], nil)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != test.want {
				t.Errorf("%d, Cache-Control %q, want %q: %s", w.Code, w.Header().Get("Cache-Control"), test.want, w.Body)
			}
			if w.Header().Get("Etag") == "" {
				t.Error("no ETag")
			}
			vary := strings.Split(w.Header().Get("Vary"), ", ")
			for _, name := range []string{"Accept", "Accept-Encoding", "Authorization", "X-API-Key"} {
				if !slices.Contains(vary, name) {
					t.Errorf("Vary %q has no %s", vary, name)
				}
			}
		})
	}
}

// TestNotKept checks answers that no cache may keep.
func TestNotKept(t *testing.T) {
	t.Parallel()
	failed := failing(store.ErrNotFound)
	for name, test := range map[string]struct {
		resolvers *resolvers
		ask       func(reg *registry, key, id string) (http.Header, int)
	}{
		"by POST": {answering(), func(reg *registry, key, id string) (http.Header, int) {
			w := reg.ask(t, key, http.MethodPost, "/graphql", map[string]any{"documentId": id})
			return w.Header(), w.Code
		}},
		"with errors": {failed, func(reg *registry, key, id string) (http.Header, int) {
			w := reg.ask(t, key, http.MethodGet, "/graphql/d/"+id, nil)
			return w.Header(), w.Code
		}},
		"with its cost": {answering(), func(reg *registry, key, id string) (http.Header, int) {
			w := reg.ask(t, key, http.MethodGet, "/graphql/d/"+id, nil, "Corpintel-Cost", "1")
			return w.Header(), w.Code
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg, key, ids := cachedBy(t, test.resolvers, auth.RoleAnalyst, registeredText)
			header, status := test.ask(reg, key, ids[0])
			if header.Get("Cache-Control") != "no-store" || header.Get("Etag") != "" || status != http.StatusOK {
				t.Errorf("%d %v", status, header)
			}
		})
	}
}

// TestNotModified checks that an answer that the client has is not sent again, in the coding that it has it in.
func TestNotModified(t *testing.T) {
	t.Parallel()
	r := answering()
	name := strings.Repeat("a long name ", 1000)
	r.query.company = func(context.Context, *edgar.CIK, *string) (*store.Company, error) {
		return &store.Company{ID: 1, Name: name}, nil
	}
	reg, key, ids := cachedBy(t, r, auth.RolePartner, registeredText)
	target := "/graphql/d/" + ids[0] + "?variables=%7B%22t%22%3A%22A%22%7D"
	tags := map[string]string{}
	for _, coding := range []string{"identity", "gzip", "zstd"} {
		w := reg.ask(t, key, http.MethodGet, target, nil, "Accept-Encoding", coding)
		tags[coding] = w.Header().Get("Etag")
		if w.Header().Get("Surrogate-Key") != "company company-0000320193" {
			t.Errorf("Surrogate-Key %q", w.Header().Get("Surrogate-Key"))
		}
		for _, given := range []string{tags[coding], "W/" + tags[coding], `"x", ` + tags[coding], "*"} {
			w := reg.ask(t, key, http.MethodGet, target, nil, "Accept-Encoding", coding, "If-None-Match", given)
			if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("Etag") != tags[coding] {
				t.Errorf("%s, If-None-Match %s: %d with %d bytes, ETag %s", coding, given, w.Code, w.Body.Len(), w.Header().Get("Etag"))
			}
		}
		if w := reg.ask(t, key, http.MethodHead, target, nil, "Accept-Encoding", coding); w.Code != 200 || w.Header().Get("Etag") != tags[coding] {
			t.Errorf("HEAD: %d, ETag %s", w.Code, w.Header().Get("Etag"))
		}
	}
	if tags["identity"] == tags["gzip"] || tags["gzip"] == tags["zstd"] {
		t.Errorf("one tag for different bytes: %v", tags)
	}
	if w := reg.ask(t, key, http.MethodGet, target, nil, "Accept-Encoding", "gzip", "If-None-Match", tags["zstd"]); w.Code != http.StatusOK {
		t.Errorf("the tag of another coding: %d", w.Code)
	}
	name = "another"
	if w := reg.ask(t, key, http.MethodGet, target, nil, "If-None-Match", tags["identity"]); w.Code != http.StatusOK ||
		!strings.Contains(w.Body.String(), "another") {
		t.Errorf("a changed answer: %d %s", w.Code, w.Body)
	}
}
