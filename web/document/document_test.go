package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/web/guard"
)

func newStore(maxBytes int64) *Store {
	return NewStore(gqlparser.MustLoadSchema(&ast.Source{Input: overlapSchema}), guard.Defaults(), maxBytes)
}

func TestLoad(t *testing.T) {
	t.Parallel()
	s := newStore(1 << 20)
	for name, test := range map[string]struct {
		text, code, message string
	}{
		"valid":         {`{ s }`, "", ""},
		"syntax":        {`{ s `, "GRAPHQL_PARSE_FAILED", "Expected Name"},
		"empty":         {``, "GRAPHQL_VALIDATION_FAILED", "no operation"},
		"fragment only": {`fragment F on A { x }`, "GRAPHQL_VALIDATION_FAILED", "no operation"},
		"cycle":         {`{ a { ...F } } fragment F on A { ...F }`, "GRAPHQL_VALIDATION_FAILED", `Cannot spread fragment "F"`},
		"unknown field": {`{ ss }`, "GRAPHQL_VALIDATION_FAILED", `Did you mean "s"`},
		"conflict":      {`{ s s: t }`, "GRAPHQL_VALIDATION_FAILED", "conflict"},
		"long message":  {`"a" "` + strings.Repeat("é", 1000) + `"`, "GRAPHQL_PARSE_FAILED", "é…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := s.Load(test.text)
			again, _ := s.Load(test.text)
			if again != document {
				t.Error("another document for the same text")
			}
			if test.code == "" {
				if err != nil || document == nil {
					t.Errorf("got %v, %v", document, err)
				}
				return
			}
			faults, ok := errors.AsType[gqlerror.List](err)
			if !ok || len(faults) != 1 || faults[0].Extensions["code"] != test.code ||
				!strings.Contains(faults[0].Message, test.message) || len(faults[0].Message) > maxMessage+len("…") {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestLoadExcess(t *testing.T) {
	t.Parallel()
	_, err := newStore(1 << 20).Load("{" + strings.Repeat("s ", 20_000) + "}")
	if excess, ok := errors.AsType[*guard.ExcessError](err); !ok || excess.Limit != "tokens" {
		t.Errorf("got %v", err)
	}
}

// TestManyFaults checks that no more faults are looked for than are shown, by far.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	_, err := newStore(1 << 20).Load("{ a { " + strings.Repeat("xx ", 1000) + "} }")
	if faults, ok := errors.AsType[gqlerror.List](err); !ok || len(faults) != maxFaults {
		t.Errorf("got %d faults, want %d", len(faults), maxFaults)
	}
}

// TestKeeping checks that kept documents fit into their bytes, and that it is the ones used last that stay.
func TestKeeping(t *testing.T) {
	t.Parallel()
	text := func(i int) string { return fmt.Sprintf("{ s%d: s }", i) }
	size := int64(len(text(1))+entryBytes) + 5*tokenBytes
	s := newStore(3 * size)
	load := func(i int) *ast.QueryDocument {
		document, err := s.Load(text(i))
		if err != nil {
			t.Fatal(err)
		}
		return document
	}
	first, second := load(1), load(2)
	load(3)
	if load(1) != first {
		t.Error("a document was dropped although there was room")
	}
	load(4) // drops 2, which was not used for longest
	if counts := s.kept.Stats(); counts.Bytes != 3*size || counts.Evictions != 1 {
		t.Errorf("%d bytes, %d evictions", counts.Bytes, counts.Evictions)
	}
	if load(1) != first {
		t.Error("the document used last was dropped")
	}
	if load(2) == second {
		t.Error("the document that was not used for longest stayed")
	}

	small := newStore(size - 1)
	if _, err := small.Load(text(1)); err != nil || small.kept.Stats().Bytes != 0 {
		t.Errorf("a document larger than all that is to be kept: %v, %d bytes", err, small.kept.Stats().Bytes)
	}
}

// TestGet checks what gqlgen sees of a Store: it must never be left to parse a document itself.
func TestGet(t *testing.T) {
	t.Parallel()
	s := newStore(0)
	document, ok := s.Get(t.Context(), "{ s }")
	if !ok || len(document.Operations) != 1 {
		t.Errorf("got %v, %v", document, ok)
	}
	s.Add(t.Context(), "{ s }", nil)
	if again, ok := s.Get(t.Context(), "{ s }"); !ok || again == nil {
		t.Errorf("got %v, %v", again, ok)
	}
}
