package web

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func TestLeadingName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		name string
		ok   bool
	}{
		"query Name { a }":          {"Name", true},
		"\n\tquery\n Name{a}":       {"Name", true},
		"query Name($v: Int) { a }": {"Name", true},
		"query ($v: Int) { a }":     {"", true},
		"query @d { a }":            {"", true},
		"query{a}":                  {"", true},
		"{ a }":                     {"", true},
		"queryName { a }":           {"", false},
		"query # Not\n Name { a }":  {"", false},
		"# Not\n query Name { a }":  {"", false},
		"fragment F on T { a }":     {"", false},
		"mutation Name { a }":       {"", false},
		"query Name":                {"", false},
		"query":                     {"", false},
		"":                          {"", false},
	} {
		if name, ok := leadingName(text); name != want.name || ok != want.ok {
			t.Errorf("%q: %q, %t, want %q, %t", text, name, ok, want.name, want.ok)
		}
	}
}

// FuzzLeadingName compares with the parser, of texts that are valid and have one operation.
func FuzzLeadingName(f *testing.F) {
	for _, text := range []string{"query Name { a }", "{a}", "query($v:Int){a}", "query,Name{a}", "\uFEFFquery N @d {a} fragment F on T {b}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, ok := leadingName(text)
		parsed, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil || len(parsed.Operations) != 1 || !ok {
			return
		}
		if want := parsed.Operations[0].Name; name != want {
			t.Errorf("%q is named %q, want %q", text, name, want)
		}
	})
}
