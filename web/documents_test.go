package web_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/web"
)

// TestAPQ checks the exchange of a client that sends hashes first: unknown, text with hash, known.
func TestAPQ(t *testing.T) {
	t.Parallel()
	var key string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RoleAnalyst, auth.ModeOpen, nil)
	})
	hash := persisted.Hash(freeText)
	extensions := map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(hash[:])}}
	byHash := map[string]any{"extensions": extensions}
	wantFault(t, reg.ask(t, key, "POST", "/graphql", byHash), 200, "PERSISTED_QUERY_NOT_FOUND")
	wantFault(t, reg.ask(t, key, "POST", "/graphql", byHash, "Accept", "application/graphql-response+json"), 400, "PERSISTED_QUERY_NOT_FOUND")
	wantFault(t, reg.ask(t, key, "POST", "/graphql", map[string]any{"query": registeredText, "extensions": extensions}), 400, "BAD_REQUEST")
	wantFault(t, reg.ask(t, key, "POST", "/graphql", byHash), 200, "PERSISTED_QUERY_NOT_FOUND")
	if w := reg.ask(t, key, "POST", "/graphql", map[string]any{"query": freeText, "extensions": extensions}); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	upper := map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": strings.ToUpper(hex.EncodeToString(hash[:]))}}
	for _, body := range []map[string]any{byHash, {"extensions": upper}, {"query": freeText, "extensions": upper}} {
		w := reg.ask(t, key, "POST", "/graphql", body)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "Apple") {
			t.Errorf("%v: %d %s", body, w.Code, w.Body)
		}
	}
	for _, wrong := range []any{"x", 5, map[string]any{}, map[string]any{"sha256Hash": "abc", "version": 1}, map[string]any{"sha256Hash": 5}} {
		body := map[string]any{"query": freeText, "extensions": map[string]any{"persistedQuery": wrong}}
		wantFault(t, reg.ask(t, key, "POST", "/graphql", body), 400, "BAD_REQUEST")
	}
	version := map[string]any{"persistedQuery": map[string]any{"version": 2, "sha256Hash": hex.EncodeToString(hash[:])}}
	wantFault(t, reg.ask(t, key, "POST", "/graphql", map[string]any{"query": freeText, "extensions": version}), 400, "BAD_REQUEST")
}

// TestDocumentEnds checks documents that retire or were revoked, by their id and by their text.
func TestDocumentEnds(t *testing.T) {
	t.Parallel()
	var id, other, dashboard, partner, logged string
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	reg := newRegistry(t, answering(), func(r *registry) {
		partner = r.create(t, "acme", auth.RolePartner, auth.ModeIDOnly, nil)
		dashboard = r.create(t, "board", auth.RoleDashboard, auth.ModeMatchText, nil)
		id = r.publish(t, "acme", registeredText)
		r.publish(t, "board", registeredText)
		logged = r.create(t, "logged", auth.RoleAnalyst, auth.ModeLogOnly, nil)
		r.publish(t, "logged", registeredText)
		other = r.publish(t, "acme", freeText)
		if _, err := r.store.Pool().Exec(t.Context(), `update documents set retire_on = '2026-12-01' where id = $1`, id); err != nil {
			t.Fatal(err)
		}
		if _, err := r.store.Pool().Exec(t.Context(), `update documents set revoked_at = now() where id = $1`, other); err != nil {
			t.Fatal(err)
		}
	}, func(o *web.Options) { o.Now = func() time.Time { return now } })
	w := reg.ask(t, partner, "GET", "/graphql/d/"+id, nil)
	if w.Code != 200 || w.Header().Get("Sunset") != "Tue, 01 Dec 2026 00:00:00 GMT" {
		t.Errorf("%d, Sunset %q", w.Code, w.Header().Get("Sunset"))
	}
	wantFault(t, reg.ask(t, partner, "GET", "/graphql/d/"+other, nil), 410, "DOCUMENT_RETIRED")
	now = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	wantFault(t, reg.ask(t, partner, "GET", "/graphql/d/"+id, nil), 410, "DOCUMENT_RETIRED")
	wantFault(t, reg.ask(t, dashboard, "POST", "/graphql", map[string]any{"query": registeredText}), 410, "DOCUMENT_RETIRED")
	wantFault(t, reg.ask(t, logged, "POST", "/graphql", map[string]any{"documentId": id}), 410, "DOCUMENT_RETIRED")
	if w := reg.ask(t, logged, "POST", "/graphql", map[string]any{"query": registeredText}); w.Code != 200 ||
		!strings.Contains(reg.log.String(), "a document that is not registered") {
		t.Errorf("the text of a client that may send any: %d %s", w.Code, w.Body)
	}
}

// TestRegisteredVariables checks that the variables of a registered document are checked as those of any other.
func TestRegisteredVariables(t *testing.T) {
	t.Parallel()
	var id, key string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RolePartner, auth.ModeIDOnly, nil)
		id = r.publish(t, "acme", registeredText)
	})
	for _, variables := range []string{`{"t": true}`, `{"t": {"a": 1}}`} {
		w := reg.ask(t, key, "GET", "/graphql/d/"+id+"?variables="+url.QueryEscape(variables), nil, "Accept", "application/graphql-response+json")
		wantFault(t, w, 400, "GRAPHQL_VALIDATION_FAILED")
	}
	wantFault(t, reg.ask(t, key, "GET", "/graphql/d/"+id+"?variables=5", nil), 400, "BAD_REQUEST")
	wantFault(t, reg.ask(t, key, "POST", "/graphql/d/"+id, map[string]any{}), 405, "BAD_REQUEST")
	wantFault(t, reg.ask(t, key, "POST", "/graphql", map[string]any{"documentId": id, "operationName": "Z"}), 200, "GRAPHQL_VALIDATION_FAILED")
}

// TestLogOnly checks that what a client has not registered is logged once, and executed.
func TestLogOnly(t *testing.T) {
	t.Parallel()
	var key string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RolePartner, auth.ModeLogOnly, nil)
		r.publish(t, "acme", registeredText)
	})
	for range 3 {
		for _, text := range []string{registeredText, reformattedText, freeText} {
			if w := reg.ask(t, key, "POST", "/graphql", map[string]any{"query": text}); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
	}
	if n := strings.Count(reg.log.String(), "a document that is not registered"); n != 1 {
		t.Errorf("logged %d times, want once: %s", n, reg.log)
	}
}

// TestUsage checks that documents that were executed are counted, and those that were refused are not.
func TestUsage(t *testing.T) {
	t.Parallel()
	var key, id string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RoleDashboard, auth.ModeMatchText, nil)
		id = r.publish(t, "acme", registeredText)
	})
	for range 3 {
		reg.ask(t, key, "POST", "/graphql", map[string]any{"query": reformattedText})
		reg.ask(t, key, "GET", "/graphql/d/"+id, nil)
		reg.ask(t, key, "GET", "/graphql/d/"+id+"?variables=5", nil)
	}
	if err := reg.usage.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var count int
	if err := reg.store.Pool().QueryRow(t.Context(), `select count from document_usage where document_id = $1`, id).Scan(&count); err != nil || count != 6 {
		t.Errorf("used %d times (%v), want 6", count, err)
	}
}

// TestRegisteredList checks what the explorer lists.
func TestRegisteredList(t *testing.T) {
	t.Parallel()
	var key, id string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RolePartner, auth.ModeIDOnly, nil)
		r.create(t, "other", auth.RolePartner, auth.ModeIDOnly, nil)
		id = r.publish(t, "acme", registeredText)
		r.publish(t, "other", foreignText)
	})
	var list struct {
		Client    string
		Documents []struct{ ID, State, Text string }
	}
	w := reg.ask(t, key, http.MethodGet, "/graphql/documents", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if list.Client != "acme" || len(list.Documents) != 1 || list.Documents[0].ID != id || list.Documents[0].Text != registeredText ||
		list.Documents[0].State != "active" {
		t.Errorf("%s", w.Body)
	}
	wantFault(t, reg.ask(t, "", http.MethodGet, "/graphql/documents", nil), 401, "UNAUTHENTICATED")
	wantFault(t, reg.ask(t, key, http.MethodGet, "/graphql/documents", nil, "Sec-Fetch-Site", "cross-site"), 403, "FORBIDDEN")
}

// TestRegisteredListIsBounded checks that a list of large documents ends at a number of bytes, and says how many are left out.
func TestRegisteredListIsBounded(t *testing.T) {
	t.Parallel()
	const documents, bytes = 90, 99_000
	var key string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "acme", auth.RolePartner, auth.ModeIDOnly, nil)
		for i := range documents {
			r.publish(t, "acme", "{ __typename } #"+strings.Repeat("x", bytes)+strconv.Itoa(i))
		}
	})
	var list struct {
		Documents []struct{ Text string }
		More      int
	}
	w := reg.ask(t, key, http.MethodGet, "/graphql/documents", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%v: %.100s", err, w.Body)
	}
	if want := 8<<20/bytes + 1; len(list.Documents) != want || list.More != documents-want {
		t.Errorf("%d documents and %d more, want %d and %d", len(list.Documents), list.More, want, documents-want)
	}
}
