package document

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	specified "github.com/vektah/gqlparser/v2/validator/rules"
)

const overlapSchema = `
type Query { node(id: Int): Node  a: A  b(in: In, n: Int): B  list: [A!]  s: String  t: String! }
interface Node { id: Int  self: Node  s: String }
type A implements Node { id: Int  self: Node  s: String  x: String  y: Int  b(in: In, n: Int): B  list: [B] }
type B implements Node { id: Int  self: Node  s: String  x: String!  y: Int  a: A  list: [A!]  n(n: Int, in: In): [Int] }
type C implements Node { id: Int  self: Node  s: String  x: [String]  y: String }
input In { a: Int  b: Int  l: [Int]  in: In }`

// TestOverlap checks what the specification says about merging fields.
func TestOverlap(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: overlapSchema})
	for name, test := range map[string]struct {
		document string
		conflict string // a part of the message, empty for none
	}{
		"same field":                 {`{ s s }`, ""},
		"different fields":           {`{ s s: t }`, `"s" and "t" are different fields`},
		"same arguments":             {`{ b(n: 1) { x } b(n: 1) { y } }`, ""},
		"arguments in another order": {`{ b(n: 1, in: {a: 1, b: 2}) { x } b(in: {b: 2, a: 1}, n: 1) { y } }`, ""},
		"differing arguments":        {`{ b(n: 1) { x } b(n: 2) { x } }`, "differing arguments"},
		"an argument more":           {`{ b { x } b(n: 2) { x } }`, "differing arguments"},
		"differing lists":            {`{ b(in: {l: [1, 2]}) { x } b(in: {l: [2, 1]}) { x } }`, "differing arguments"},
		"nested":                     {`{ a { z: x } a { z: y } }`, `"x" and "y" are different fields`},
		"in a fragment":              {`{ a { x ...F } } fragment F on A { x: y }`, `"x" and "y" are different fields`},
		"in two fragments":           {`{ a { ...F ...G } } fragment F on A { x } fragment G on A { x: y }`, "different fields"},
		"exclusive types":            {`{ node { ... on A { z: y } ... on B { z: y } } }`, ""},
		"exclusive, other field":     {`{ node { ... on A { z: id } ... on B { z: y } } }`, ""},
		"exclusive, other shape":     {`{ node { ... on A { x } ... on B { x } } }`, "conflicting types"},
		"exclusive, other list":      {`{ node { ... on A { x } ... on C { x } } }`, "conflicting types"},
		"exclusive, deeper shape": {
			`{ node { ... on A { z: b { q: y } } ... on B { z: a { q: x } } } }`, "conflicting types",
		},
		"exclusive, deeper field": {`{ node { ... on A { z: b { q: y } } ... on B { z: a { q: id } } } }`, ""},
		"interface and type":      {`{ node { z: id ... on A { z: y } } }`, `"id" and "y" are different fields`},
		"interface between types": {
			`{ node { ... on A { z: self { s } } z: self { s } ... on B { z: self { s: id } } } }`, "different fields",
		},
		"conflict below one type only": {
			`{ node { ... on A { z: self { s } } ... on B { z: self { s: s } } } }`, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := parser.ParseQuery(&ast.Source{Input: test.document})
			if err != nil {
				t.Fatal(err)
			}
			faults := validate(schema, document, []rule{{Name: "Overlap", RuleFunc: overlappingFields}})
			switch {
			case test.conflict == "" && len(faults) > 0:
				t.Errorf("got %v, want none", faults)
			case test.conflict != "" && !strings.Contains(faults.Error(), test.conflict):
				t.Errorf("got %v, want one with %q", faults, test.conflict)
			}
		})
	}
}

// TestOverlapAgrees compares the verdict on random documents with that of the rule that compares each pair.
func TestOverlapAgrees(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: overlapSchema})
	usual := []rule{{Name: "Overlap", RuleFunc: specified.OverlappingFieldsCanBeMergedRule.RuleFunc}}
	ours := []rule{{Name: "Overlap", RuleFunc: overlappingFields}}
	valid := rules()
	conflicts, merged := 0, 0
	for seed := range uint64(8_000) {
		text := newWriter(schema, seed).document()
		verdict := func(rules []rule) int {
			document, err := parser.ParseQuery(&ast.Source{Input: text})
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			return len(validate(schema, document, rules))
		}
		want, got := verdict(usual), verdict(ours)
		if (want > 0) != (got > 0) {
			t.Fatalf("seed %d: %d faults, want %d: %s", seed, got, want, text)
		}
		switch {
		case want > 0:
			conflicts++
		case verdict(valid) == 0:
			merged++
		}
	}
	if conflicts < 1000 || merged < 1000 {
		t.Errorf("%d documents with conflicts, %d without: too few of one kind to tell anything", conflicts, merged)
	}
}

// writer writes random documents that fit a schema, but for fields that cannot be merged.
type writer struct {
	schema *ast.Schema
	random *rand.Rand
}

func newWriter(schema *ast.Schema, seed uint64) *writer {
	return &writer{schema, rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // the same documents every time
}

func (w *writer) document() string {
	text := "{" + w.selections(w.schema.Query, 3, 0) + "}"
	for i, name := range []string{"Node", "A", "B", "C"} {
		fragment := fmt.Sprintf(" fragment F%d on %s {%s}", i, name, w.selections(w.schema.Types[name], 2, i+1))
		if strings.Contains(text, fmt.Sprintf("...F%d", i)) {
			text += fragment
		}
	}
	return text
}

// selections writes some selections, which may spread the fragments from first on.
func (w *writer) selections(def *ast.Definition, depth, first int) string {
	var b strings.Builder
	for range 1 + w.random.IntN(4) {
		switch n := w.random.IntN(10); {
		case n < 2 && def.Name != "Query":
			b.WriteString(w.inline(def, depth, first))
		case n < 4 && def.Name != "Query":
			if first < 4 {
				fmt.Fprintf(&b, " ...F%d", first+w.random.IntN(4-first))
				continue
			}
			b.WriteString(" id")
		default:
			b.WriteString(w.field(def, depth, first))
		}
	}
	return b.String()
}

func (w *writer) inline(def *ast.Definition, depth, first int) string {
	on := def
	if def.Kind == ast.Interface {
		on = w.schema.Types[[]string{"A", "B", "C"}[w.random.IntN(3)]]
	} else if w.random.IntN(2) == 0 {
		on = w.schema.Types["Node"]
	}
	return " ... on " + on.Name + " {" + w.selections(on, depth, first) + "}"
}

func (w *writer) field(def *ast.Definition, depth, first int) string {
	field := def.Fields[w.random.IntN(len(def.Fields))]
	for strings.HasPrefix(field.Name, "__") {
		field = def.Fields[w.random.IntN(len(def.Fields))]
	}
	below := w.schema.Types[field.Type.Name()]
	if !below.IsLeafType() && depth == 0 {
		return " id"
	}
	text := " " + field.Name
	if w.random.IntN(3) == 0 {
		text = " " + []string{"z", "s", "id"}[w.random.IntN(3)] + ": " + field.Name
	}
	if len(field.Arguments) == 2 && w.random.IntN(2) == 0 {
		text += []string{"(n: 1)", "(n: 1, in: {a: 1, b: 2})", "(in: {b: 2, a: 1}, n: 1)", "(in: {l: [1]})"}[w.random.IntN(4)]
	}
	if !below.IsLeafType() {
		text += " {" + w.selections(below, depth-1, first) + "}"
	}
	return text
}
