package guard_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/corpintel/corpintel/web/guard"
)

func TestCounts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document string
		want     guard.Counts
	}{
		"empty":  {"", guard.Counts{}},
		"fields": {"{ a b }", guard.Counts{Tokens: 4, Depth: 1, RootFields: 2, Expansion: 4}},
		"blanks are no tokens": {
			"\ufeff,,{\r\n a,\tb, }", guard.Counts{Tokens: 4, Depth: 1, RootFields: 2, Expansion: 4},
		},
		"comments are tokens": {"# one\n{ a # two\n}", guard.Counts{Tokens: 5, Depth: 1, RootFields: 1, Expansion: 4}},
		"aliases": {
			`{ a: b(c: {d: "x"}) e: f }`, guard.Counts{Tokens: 17, Depth: 2, Aliases: 2, RootFields: 2, Expansion: 17},
		},
		"variables": {
			`query Q($a: [[Int!]] = [1] @x(y: [[[1]]]) @z, $b: ID @x) @w { a(b: $a, c: [$b]) }`,
			guard.Counts{
				Tokens: 55, Depth: 3, Directives: 4, DirectivesPerLocation: 2, RootFields: 1, Variables: 4, Expansion: 55,
			},
		},
		"directives": {
			`{ a @x(a: "@b") @y @z b @x ... @x @y { c @x } ...F @x }`,
			guard.Counts{Tokens: 31, Depth: 2, Directives: 8, DirectivesPerLocation: 3, RootFields: 3, Expansion: 31},
		},
		"strings": {
			`{ a(b: "{{{\"{{", c: """ {{ \""" {{ " "" """") }`,
			guard.Counts{Tokens: 11, Depth: 1, RootFields: 1, Expansion: 11},
		},
		"numbers": {`{ a(b: [-1, 0.5e+3, 1E5, 12]) }`, guard.Counts{Tokens: 13, Depth: 2, RootFields: 1, Expansion: 13}},
		"root fields through fragments": {
			`query A { a ... on Query { b { x y } ...F ... { c } } d { ...F } } fragment F on Query { e f { g } }`,
			guard.Counts{Tokens: 37, Depth: 3, RootFields: 6, Expansion: 26 + 11 + 2*11},
		},
		"depth through fragments": {
			`{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c { d } }`,
			guard.Counts{Tokens: 7 + 11 + 10, Depth: 4, RootFields: 1, Expansion: 7 + 11 + 10 + 11 + 10 + 10},
		},
		"the first of two fragments of a name": {
			`{ ...F } fragment F on T { a } fragment F on T { a b }`,
			guard.Counts{Tokens: 4 + 7 + 8, Depth: 1, RootFields: 1, Expansion: 4 + 7 + 7 + 8},
		},
		"many fields of a fragment": {
			`{ a { ...F } } fragment F on T { b c d }`, guard.Counts{Tokens: 16, Depth: 2, RootFields: 1, Expansion: 7 + 9 + 9},
		},
		"descriptions": {
			`"one" query A { ...F } """two""" fragment F on T { a }`,
			guard.Counts{Tokens: 7 + 8, Depth: 1, RootFields: 1, Expansion: 7 + 8 + 8},
		},
		"fields named as keywords": {
			`{ on fragment query ...on } fragment fragment on on { on }`,
			guard.Counts{Tokens: 14, Depth: 1, RootFields: 3, Expansion: 14},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := unlimited().Check(test.document)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLimits checks for every limit that what has just as many passes, and what has one more does not.
func TestLimits(t *testing.T) {
	t.Parallel()
	for limit, document := range map[string]func(n int) string{
		"tokens":     func(n int) string { return "{" + strings.Repeat("a ", n-2) + "}" },
		"depth":      func(n int) string { return strings.Repeat("{a", n) + strings.Repeat("}", n) },
		"aliases":    func(n int) string { return "{a{" + strings.Repeat("a:b ", n) + "}}" },
		"directives": func(n int) string { return "{a{" + strings.Repeat("a@b ", n) + "}}" },
		"directivesPerLocation": func(n int) string {
			return "{a" + strings.Repeat("@b(c: 1)", n) + "}"
		},
		"rootFields": func(n int) string { return "{...F a}fragment F on Query{" + strings.Repeat("a ", n-1) + "}" },
		"variables":  func(n int) string { return "query(" + strings.Repeat("$a:A ", n) + "){a}" },
		"expansion": func(n int) string { // a field of the fragment counts three times
			return "{...F ...F " + strings.Repeat("a ", (n-24)%3) + "}fragment F on T{" + strings.Repeat("b ", (n-24)/3) + "}"
		},
		"nameBytes": func(n int) string { return "{" + strings.Repeat("a", n) + "}" },
	} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			limits := unlimited()
			maximum := map[string]*int{
				"tokens": &limits.Tokens, "depth": &limits.Depth, "aliases": &limits.Aliases, "directives": &limits.Directives,
				"directivesPerLocation": &limits.DirectivesPerLocation, "rootFields": &limits.RootFields,
				"variables": &limits.Variables, "expansion": &limits.Expansion,
			}[limit]
			n := 128
			if maximum != nil {
				n = 50
				*maximum = n
			}
			if counts, err := limits.Check(document(n)); err != nil {
				t.Errorf("%d: %v; %+v", n, err, counts)
			}
			_, err := limits.Check(document(n + 1))
			excess, ok := errors.AsType[*guard.ExcessError](err)
			if !ok || excess.Limit != limit || excess.Maximum != n {
				t.Errorf("%d: %v", n+1, err)
			}
		})
	}
}

func TestCycles(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"itself":   `{ ...F } fragment F on T { a { ...F } }`,
		"another":  `{ ...F } fragment F on T { ...G } fragment G on T { a { ...F } }`,
		"not used": `{ a } fragment F on T { ...G } fragment G on T { ...F ...F }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := unlimited().Check(document)
			if _, ok := errors.AsType[*guard.CycleError](err); !ok {
				t.Errorf("got %v, want a cycle", err)
			}
		})
	}
}

// TestExplosion writes out what would fill the memory of the world.
func TestExplosion(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{ ...F0 }")
	for i := range 1000 {
		fmt.Fprintf(&b, " fragment F%d on T { a { ...F%d ...F%[2]d } }", i, i+1)
	}
	b.WriteString("fragment F1000 on T { a }")
	counts, err := unlimited().Check(b.String())
	if err != nil || counts.Expansion < 1<<40 {
		t.Errorf("%+v, %v", counts, err)
	}
	_, err = guard.Defaults().Check(b.String())
	if excess, ok := errors.AsType[*guard.ExcessError](err); !ok || excess.Limit != "tokens" {
		t.Errorf("got %v", err)
	}
}

// FuzzCheck compares the counts with those of the slow reference, and demands of everything else that it is read.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"{ a b }", `query A($a: [Int!]! = [1, 2] @d(x: {y: $a})) @e { a: b(c: $a) @include(if: true) { ...F ... on T { d } } } fragment F on T { e }`,
		`{ a(b: """ x \""" y """, c: "\"\u00e9\\") } # end`, `"d" { a }`, `"d" query { a }`, `{ ...on on on { on } }`,
		"{a @x @y(b:[{c:{d:1}}]) @z ... @x {b} ...F@x@y}fragment F on Query@x{a}", "{}{}{}", "}{", "fragment fragment on on{on}",
		"query on{a:on(on:on)}", "{a(b:\"\"\"\"\"\")}", "{ a(b: 1.5e3) c(d: -0) }", "query($a:[[[Int]]]=[[1]]){a}", "{a}#x\r#y", `{a(b:{})}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := unlimited().Check(text)
		if excess, ok := errors.AsType[*guard.ExcessError](err); ok && excess.Limit != "nameBytes" {
			t.Fatalf("unlimited, and yet %v", err)
		}
		if err != nil {
			return
		}
		if got.Tokens > len(text) || got.Aliases+got.Directives+got.Variables > got.Tokens {
			t.Errorf("more than there can be: %+v", got)
		}
		want, ok := reference(text)
		if !ok {
			return
		}
		want.Aliases = aliases(t, text)
		if describe(got) != describe(want) {
			t.Errorf("got  %s\nwant %s", describe(got), describe(want))
		}
	})
}

// aliases counts the aliases of a valid document by their colons.
func aliases(t *testing.T, text string) int {
	t.Helper()
	l := lexer.New(&ast.Source{Input: text})
	n, parens := 0, 0
	for {
		token, err := l.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		switch token.Kind {
		case lexer.EOF:
			return n
		case lexer.ParenL:
			parens++
		case lexer.ParenR:
			parens--
		case lexer.Colon:
			if parens == 0 {
				n++
			}
		default:
		}
	}
}

// BenchmarkCheck reads a document of ordinary size, and the largest that is let through.
func BenchmarkCheck(b *testing.B) {
	ordinary := `query Dashboard($first: Int = 20) { companies(first: $first) { nodes { ...C } pageInfo { hasNextPage endCursor } } }
		fragment C on Company { id name ticker marketCap filings(first: 5) { nodes { form filedOn title } } }`
	for name, document := range map[string]string{
		"ordinary": ordinary,
		"large":    "{" + strings.Repeat("a{b} ", 1999) + "}",
	} {
		b.Run(name, func(b *testing.B) {
			limits := guard.Defaults()
			limits.RootFields = 10_000
			b.SetBytes(int64(len(document)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := limits.Check(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("gqlparser", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parser.ParseQuery(&ast.Source{Input: ordinary}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
