package answers

import (
	"strings"
	"testing"
	"time"
	"unsafe"
)

// TestNoRestIsKept checks that an answer does not keep the request alive whose document it has: only the document is counted.
func TestNoRestIsKept(t *testing.T) {
	t.Parallel()
	c := New(Options{Bytes: 1 << 20, Fresh: func() bool { return true }, Now: time.Now})
	request := strings.Repeat("x", 1000)
	k := Key{Text: request[:10], Operation: request[10:20]}
	c.Put(t.Context(), k, &Answer{Body: []byte("{}")}, []string{"tag"}, c.Mark())
	n := 0
	for kept := range c.entries.Keys() {
		n++
		if unsafe.StringData(kept.Text) == unsafe.StringData(k.Text) || unsafe.StringData(kept.Operation) == unsafe.StringData(k.Operation) { //nolint:gosec // addresses are compared
			t.Error("the request is kept with the answer")
		}
	}
	if _, ok := c.Get(k); !ok || n != 1 {
		t.Errorf("%d answers are kept", n)
	}
}
