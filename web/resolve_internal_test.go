package web

import "testing"

// TestLoggedOnce checks that a text of a client is new once, and again when so many others came that it was forgotten: one
// client with ever new texts must not silence what is told of the others.
func TestLoggedOnce(t *testing.T) {
	t.Parallel()
	r := &resolver{logged: make(map[unregistered]struct{})}
	text := unregistered{client: 1}
	if !r.isNew(text) || r.isNew(text) || !r.isNew(unregistered{client: 2}) {
		t.Error("a text is not new once for each client")
	}
	for i := range maxLogged {
		if !r.isNew(unregistered{client: 3, hash: [32]byte{byte(i), byte(i >> 8)}}) {
			t.Fatalf("text %d is not logged", i)
		}
	}
	if !r.isNew(text) {
		t.Error("a text is never logged again")
	}
	if n := len(r.logged); n > maxLogged {
		t.Errorf("%d texts are remembered, want %d at most", n, maxLogged)
	}
}
