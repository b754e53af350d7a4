package consistency_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/auth"
)

// TestScopes asks as an analyst first, on both servers and until it is kept, and then as those who may not see it: they are told so,
// and nothing of what is kept.
func TestScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, *seed, mistakes{alwaysFresh: true, patient: true}) // however slow the machine is
	const secret = `{ companies(first: 3) { nodes { name } } }`
	for _, text := range []string{secret, `{ __schema { queryType { name } } }`, `{ __typename companies(first: 1) { nodes { name } } __type(name: "Query") { name } }`} {
		q := question{text: text}
		w.ids[text] = w.publish("dashboard", text) // it is not the partner's
		for _, s := range w.servers {
			for range 2 {
				if body, err := w.askAs(s, auth.RoleAnalyst, q, "identity"); err != nil || !bytes.HasPrefix(body, []byte(`{"data":`)) {
					t.Fatalf("%s: %s, %v", text, body, err)
				}
				s.kept.Close() // waits for Redis
			}
			for what, body := range map[string]map[string]any{
				"text": {"query": text}, "id of another client": {"documentId": w.ids[text]},
			} {
				got, err := post(t.Context(), s.url, body, w.keys[auth.RolePartner], "identity")
				if err != nil || !strings.HasPrefix(string(got), `{"errors":`) || strings.Contains(string(got), `"data":{`) {
					t.Errorf("%s as %s by a partner on %s: %s, %v", text, what, s.name, got, err)
				}
			}
			for _, key := range []string{"", "ci_none"} {
				if got, err := post(t.Context(), s.url, map[string]any{"query": text}, key, "identity"); err != nil || strings.Contains(string(got), `"data":{`) {
					t.Errorf("%s with key %q: %s, %v", text, key, got, err)
				}
			}
		}
	}
	if c := w.counts(); c.hits < 2 {
		t.Errorf("%+v: the test proves nothing", c)
	}
	q := question{text: `{ __type(name: "Query") { name } }`}
	w.ids[q.text] = w.publish("partner", q.text)
	if err := eventually(t.Context(), func() bool { // it is known to the server
		body, err := w.askAs(w.servers[0], auth.RolePartner, q, "identity")
		return err == nil && !bytes.Contains(body, []byte("PERSISTED_QUERY_NOT_FOUND"))
	}); err != nil {
		t.Fatal(err)
	}
	for _, role := range []auth.Role{auth.RoleAnalyst, auth.RolePartner} {
		body, err := w.askAs(w.servers[0], role, q, "identity")
		if err != nil || strings.Contains(string(body), `"name":"Query"`) != role.Permissions().Introspection {
			t.Errorf("introspection by %s: %s, %v", role, body, err)
		}
	}
}
