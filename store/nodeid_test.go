package store_test

import (
	"encoding/base64"
	"errors"
	"math"
	"testing"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

func TestNodeID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind store.NodeKind
		id   int64
		want string
	}{
		{store.NodeCompany, 0, "Q29tcGFueTow"},
		{store.NodeCompany, 42, "Q29tcGFueTo0Mg"},
		{store.NodeFiling, 32019323000106, "RmlsaW5nOjMyMDE5MzIzMDAwMTA2"},
		{store.NodeMetricDefinition, math.MaxInt32, "TWV0cmljRGVmaW5pdGlvbjoyMTQ3NDgzNjQ3"},
		{store.NodeFiling, math.MaxInt64, "RmlsaW5nOjkyMjMzNzIwMzY4NTQ3NzU4MDc"},
	} {
		got := store.NodeID(test.kind, test.id)
		if got != test.want {
			t.Errorf("%s %d: got %s, want %s", test.kind, test.id, got, test.want)
		}
		kind, id, err := store.ParseNodeID(got)
		if kind != test.kind || id != test.id || err != nil {
			t.Errorf("%s: got %s %d, %v", got, kind, id, err)
		}
	}
	for kind, node := range map[store.NodeKind]interface{ NodeID() string }{
		store.NodeCompany:          &store.Company{ID: 42},
		store.NodeFiling:           &store.Filing{AccessionNumber: 42},
		store.NodeMetricDefinition: &store.MetricDefinition{ID: 42},
	} {
		if got := node.NodeID(); got != store.NodeID(kind, 42) {
			t.Errorf("%s: got %s", kind, got)
		}
	}
}

// FuzzParseNodeID reads any text, and the base64 form of any text. Whatever is taken is what NodeID returns.
func FuzzParseNodeID(f *testing.F) {
	for _, text := range []string{
		"", "Company:", "Company:42", "Company:+42", "Company:042", "Company:-1", "Company:-0", "Company: 42", "Company:4_2", "company:42",
		"Company42", "Company:42:1", "Ticker:1", ":1", "Filing:9223372036854775808", "Q29tcGFueTo0Mg", "Q29tcGFueTo0Mg==", "Q29tcGFueTo0Mh",
		"Q29tcGFu\neTo0Mg", "Q29tcGFueTo0Mg\r", "RmlsaW5nOjMyMDE5MzIzMDAwMTA2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, id := range []string{text, base64.RawURLEncoding.EncodeToString([]byte(text))} {
			kind, n, err := store.ParseNodeID(id)
			if err != nil {
				if syntax := (*edgar.SyntaxError)(nil); !errors.As(err, &syntax) {
					t.Errorf("%q: error %v", id, err)
				}
				continue
			}
			if n < 0 || store.NodeID(kind, n) != id {
				t.Errorf("%q is taken for %s %d, whose id is %q", id, kind, n, store.NodeID(kind, n))
			}
		}
	})
}
