package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/auth"
)

// TestWants checks which values of our headers ask for something.
func TestWants(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	for header, told := range map[string]string{
		"Corpintel-Cache": `"cache":{`, "Corpintel-Cost": `"cost":{`, "Corpintel-Explain": `"explain":{`, "Corpintel-Timing": "read;dur=",
	} {
		for value, want := range map[string]bool{
			"1": true, "true": true, "yes": true, "00": true, "0": false, "false": false, "False": false, "FALSE": false, "": false,
		} {
			w := k.ask(t, k.keys[auth.RoleAdmin], http.MethodPost, "/graphql", map[string]any{"documentId": k.id}, header, value)
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %s: %d %s", header, value, w.Code, w.Body)
			}
			if got := strings.Contains(w.Body.String()+w.Header().Get("Server-Timing"), told); got != want {
				t.Errorf("%s: %q: told %t, want %t: %v", header, value, got, want, w.Header())
			}
		}
	}
}

// TestWantsNot checks that an answer is kept, and may be by caches, for who says of all our headers that they do not count.
func TestWantsNot(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	ask := func(header ...string) (body, tag string) {
		w := k.ask(t, k.keys[auth.RoleAdmin], http.MethodGet, "/graphql/d/"+k.id, nil, append(header, "Accept-Encoding", "gzip")...)
		return w.Body.String(), w.Header().Get("Etag")
	}
	body, tag := ask()
	again, same := ask("Corpintel-Cache", "0", "Corpintel-Cost", "false", "Corpintel-Explain", "0", "Corpintel-Timing", "False")
	if again != body || same != tag || tag == "" || k.asked.Load() != 1 {
		t.Errorf("asked %d times, ETags %q and %q", k.asked.Load(), tag, same)
	}
}
