package persisted_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/corpintel/corpintel/graph/persisted"
)

// TestShape puts texts into classes: those of one have one shape, those of different ones different ones.
func TestShape(t *testing.T) {
	t.Parallel()
	classes := [][]string{
		{`{ a }`, `{a}`, "{\r\n\ta,,}", "\ufeff{ a } ", "# x\n{ a # y\n}#", "{ # }\n a }"},
		{`query { a }`},
		{`query a { a }`},
		{`{ a b }`},
		{`{ ab }`, `{ab,}`},
		{`{ b a }`},
		{`{ a: b }`, `{ a : b}`},
		{`{ A }`},
		{`{ a(b: 1) }`},
		{`{ a(b: 1.0) }`},
		{`{ a(b: 10) }`},
		{`{ a(b: "1") }`, `{ a(b: "\u0031") }`, `{ a(b: "\u{31}") }`},
		{`{ a(b: """1""") }`, "{ a(b: \"\"\"\n  1\n\"\"\") }"},
		{`{ a(b: " 1") }`},
		{`{ a(b: "a b") }`},
		{`{ a(b: "a,b") }`},
		{`{ a(b: "ab") }`},
		{`{ a(b: "# x") }`},
		{`{ a(b: "") }`},
		{`{ a(b: A) }`},
		{`{ a(b: $A) }`},
		{`{ a(b: [1 2]) }`, `{ a(b: [1, 2]) }`},
		{`{ a(b: [12]) }`},
		{`{ ...a }`, `{ ... a }`},
		{`{ ... on a }`},
		{`{ a @b }`, `{a@b}`},
		{``, ` # x`},
	}
	seen := make(map[[32]byte]string)
	for _, class := range classes {
		first, err := persisted.Shape(class[0])
		if err != nil {
			t.Fatal(err)
		}
		if other, again := seen[first]; again {
			t.Errorf("%s and %s have one shape", other, class[0])
		}
		seen[first] = class[0]
		for _, text := range class[1:] {
			if shape, err := persisted.Shape(text); err != nil || shape != first {
				t.Errorf("%q and %q have different shapes (%v)", class[0], text, err)
			}
		}
	}
	for _, text := range []string{`{ a(b: "`, `{ a ? }`, "{ a \x00 }", `{ .. }`, `{ a(b: 01) }`, `"""`, `"\ud"`} {
		if _, err := persisted.Shape(text); err == nil {
			t.Errorf("%q has a shape", text)
		}
	}
}

// TestShapeIsStored holds a shape that databases have: with another one no text would be found any more.
func TestShapeIsStored(t *testing.T) {
	t.Parallel()
	const text = `query A($a: [Int!]! = [1, -2.5e3]) @b(c: "x\n") { d: e(f: {g: ENUM, h: """ i """}) { ...J ... on K & | { l } } }`
	shape, err := persisted.Shape(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(shape[:]), "790eed630871e53ab68c51482ed5cd46d3143daabb49aba3854084d776b6dd73"; got != want {
		t.Errorf("shape %s, want %s", got, want)
	}
}

// FuzzShape checks that formatting does not change a shape, and that texts of other tokens have another one.
func FuzzShape(f *testing.F) {
	for _, pair := range [][2]string{
		{`query A($a: Int = 1, $b: [String!]) @c { d(e: $a, f: {g: ["h", 1.5, null, TRUE]}) { ...I } ... @skip(if: true) { j } }
			fragment I on K { l: m ... on N { o } }`, `{ a }`},
		{`"A query." query A { a(b: "\u{1F600}\ud83d\ude00\"\\") }`, `"a" "b"`},
		{`{ a(b: "1") }`, `{ a(b: """1""") }`},
		{`mutation M { a }`, "#"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		shape, err := persisted.Shape(one)
		tokens, ok := tokensOf(one)
		if ok != (err == nil) {
			t.Fatalf("error %v, tokens %t", err, ok)
		}
		if err != nil {
			return
		}
		if otherShape, err := persisted.Shape(other); err == nil {
			otherTokens, _ := tokensOf(other)
			if same := slices.Equal(tokens, otherTokens); same != (shape == otherShape) {
				t.Errorf("%q and %q: same tokens %t, same shape %t", one, other, same, shape == otherShape)
			}
		}
		wantFormatted(t, one, tokens, shape)
	})
}

// token is a kind with the value.
type token struct {
	kind  lexer.Type
	value string
}

func tokensOf(text string) ([]token, bool) {
	reader := lexer.New(&ast.Source{Input: text})
	var tokens []token
	for {
		next, err := reader.ReadToken()
		switch {
		case err != nil:
			return nil, false
		case next.Kind == lexer.EOF:
			return tokens, true
		case next.Kind != lexer.Comment:
			tokens = append(tokens, token{next.Kind, next.Value})
		}
	}
}

// wantFormatted checks the shape of a text after it was formatted, in several ways, if the formatter keeps its tokens.
func wantFormatted(t *testing.T, text string, tokens []token, shape [32]byte) {
	t.Helper()
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil || !keepsTokens(parsed, tokens) {
		return
	}
	for _, options := range [][]formatter.FormatterOption{nil, {formatter.WithIndent(" ")}, {formatter.WithCompacted()}} {
		var out strings.Builder
		formatter.NewFormatter(&out, options...).FormatQueryDocument(parsed)
		if formatted, err := persisted.Shape(out.String()); err != nil || formatted != shape {
			t.Errorf("%q has another shape than %q (%v)", out.String(), text, err)
		}
	}
}

// keepsTokens reports whether the formatter writes the tokens that it has read: it makes plain strings of block strings,
// and block strings of descriptions, names the type of every operation, and puts operations first.
func keepsTokens(parsed *ast.QueryDocument, tokens []token) bool {
	if len(tokens) == 0 || tokens[0].kind != lexer.Name || len(parsed.Operations) != 1 || len(parsed.Fragments) > 0 {
		return false
	}
	operation := parsed.Operations[0]
	return tokens[0].value == string(operation.Operation) && !slices.ContainsFunc(tokens, func(t token) bool {
		return t.kind == lexer.BlockString
	})
}

func TestOperationName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"query A { a }": "A", "{ a }": "", "query { a }": "", "query ($a: Int) { query B }": "", "": "", "# query A\n": "",
		"{ a } query B { b }": "B", "fragment query on A { query B } mutation C { c }": "C", `"query D" # E` + "\nsubscription F": "F",
		"query A { a(": "A", "a query B": "", `query "` + "\n": "", "query " + strings.Repeat("a", 129): "",
	} {
		if got := persisted.OperationName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
