package scalar_test

import (
	"bytes"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/graph/scalar"
)

// FuzzAppendString compares with the marshaler of gqlgen, bytes that are no UTF-8 included.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", `"\` + "\t\r\n\b\f\x00\x1f\x7f", "é\u2028😀", "a\xff\xc3", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&want)
		if got := scalar.AppendString([]byte("x"), s); string(got) != "x"+want.String() {
			t.Errorf("%q: got %s, want %s", s, got[1:], want.String())
		}
	})
}
