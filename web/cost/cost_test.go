package cost_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/corpintel/corpintel/web/cost"
)

const schemaText = `
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
type Query {
  a: A
  search(first: Int): ListOfA! @cost(weight: 50) @listSize(slicingArguments: ["first"], assumedSize: 20, sizedFields: ["nodes", "edges"])
  some(ids: [ID!]!): [A]! @listSize(slicingArguments: ["ids"])
  fixed: [A] @listSize(assumedSize: 3)
  many(n: Int = 7): [A] @listSize(slicingArguments: ["n"], assumedSize: 99)
}
type ListOfA { nodes: [A!]!  edges: [Edge!]!  total: Int! @cost(weight: 10)  info: Info! }
type Edge { cursor: String!  node: A! }
type Info { more: Boolean! }
input By { in: In }
input In { ids: [ID!]  lists: [[Int!]!] }
type A { x: Int  y: Int  a: A  find(by: By): A  list(first: Int, last: Int): ListOfA! @listSize(slicingArguments: ["first", "last"], assumedSize: 20, sizedFields: ["nodes", "edges"]) }`

func estimate(t *testing.T, document string, variables map[string]any) (int, []cost.Share) {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})
	parsed, err := gqlparser.LoadQueryWithRules(schema, document, nil)
	if err != nil {
		t.Fatal(err)
	}
	coerced, coerceErr := validator.VariableValues(schema, parsed.Operations[0], variables)
	if coerceErr != nil {
		t.Fatal(coerceErr)
	}
	model := cost.NewModel(schema, 200)
	return model.Estimate(parsed.Operations[0], coerced), model.Dearest(parsed.Operations[0], coerced)
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document  string
		variables map[string]any
		want      int
	}{
		"fields":                    {`{ a { x y a { x } } }`, nil, 5},
		"__typename":                {`{ __typename a { __typename } }`, nil, 3},
		"a page":                    {`{ search(first: 5) { nodes { x y } total info { more } } }`, nil, 50 + (1 + 5*2) + 10 + 2},
		"nodes and edges":           {`{ search(first: 5) { nodes { x } edges { cursor node { x } } } }`, nil, 50 + (1 + 5) + (1 + 5*3)},
		"default page":              {`{ search { nodes { x } } }`, nil, 50 + 1 + 20},
		"null":                      {`{ search(first: null) { nodes { x } } }`, nil, 50 + 1 + 20},
		"variable":                  {`query($n: Int) { search(first: $n) { nodes { x } } }`, map[string]any{"n": 100}, 50 + 1 + 100},
		"variable's default":        {`query($n: Int = 30) { search(first: $n) { nodes { x } } }`, nil, 50 + 1 + 30},
		"variable left out":         {`query($n: Int) { search(first: $n) { nodes { x } } }`, nil, 50 + 1 + 20},
		"variable null":             {`query($n: Int = 30) { search(first: $n) { nodes { x } } }`, map[string]any{"n": nil}, 50 + 1 + 20},
		"larger than a page can be": {`{ search(first: 2000000000) { nodes { x } } }`, nil, 50 + 1 + 200},
		"none":                      {`{ search(first: 0) { nodes { x } } }`, nil, 50 + 1},
		"negative":                  {`{ search(first: -5) { nodes { x } } }`, nil, 50 + 1},
		"the greater of two":        {`{ a { list(first: 3, last: 9) { nodes { x } } } }`, nil, 1 + 1 + 1 + 9},
		"argument's default":        {`{ many { x } }`, nil, 1 + 7},
		"length of a list":          {`{ some(ids: ["a", "b", "c"]) { x y } }`, nil, 1 + 3 + 3*2},
		"length of a variable":      {`query($i: [ID!]!) { some(ids: $i) { x } }`, map[string]any{"i": []any{"a", "b"}}, 1 + 2 + 2},
		"a list that is too long": {
			`query($i: [ID!]!) { search(first: 10) { nodes { a: find(by: {in: {ids: $i}}) { x } b: find(by: {in: {ids: ["c", "d"]}}) { x } } } }`,
			map[string]any{"i": slices.Repeat([]any{"a"}, 1000)},
			50 + 1 + 10*(1+1000+1+1+2+1),
		},
		"a variable with lists": {
			`query($b: By) { search(first: 10) { nodes { find(by: $b) { x } } } }`,
			map[string]any{"b": map[string]any{"in": map[string]any{"ids": []any{"a", "b"}, "lists": []any{[]any{1, 2, 3}, []any{}}}}},
			50 + 1 + 10*(1+2+2+3+1),
		},
		"assumed": {`{ fixed { x } }`, nil, 1 + 3},
		"pages in pages": {
			`{ search(first: 10) { nodes { list(first: 10) { nodes { list(last: 10) { nodes { x } } } } } } }`, nil,
			50 + 1 + 10*(1+1+10*(1+1+10)),
		},
		"aliases": {`{ a: search(first: 1) { nodes { x } } b: search(first: 1) { nodes { x } } }`, nil, 2 * 52},
		"fragments": {
			`{ search(first: 2) { ...L } a { list(first: 5) { ...L ... on ListOfA { total } } } } fragment L on ListOfA { nodes { ...A } } fragment A on A { x y }`,
			nil, 50 + (1 + 2*2) + 1 + 1 + (1 + 5*2) + 10,
		},
		"skipped":     {`{ a { x @skip(if: true) y @include(if: false) } }`, nil, 1},
		"not skipped": {`{ a { x @skip(if: false) y @include(if: true) } }`, nil, 3},
		"by variable": {
			`query($s: Boolean!) { a @skip(if: $s) { x } ... @include(if: $s) { fixed { x } } }`, map[string]any{"s": true}, 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _ := estimate(t, test.document, test.variables); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestEstimateIsLinear writes out what nobody could wait for.
func TestEstimateIsLinear(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{ a { ...F0 } }")
	for i := range 30 {
		fmt.Fprintf(&b, " fragment F%d on A { p: list(first: 200) { nodes { ...F%d } } q: list(first: 200) { nodes { ...F%[2]d } } }", i, i+1)
	}
	b.WriteString(" fragment F30 on A { x }")
	got, dearest := estimate(t, b.String(), nil)
	if got != 1<<53 || len(dearest) != 5 {
		t.Errorf("got %d, %v", got, dearest)
	}
}

func TestDearest(t *testing.T) {
	t.Parallel()
	got, dearest := estimate(t, `{
		s: search(first: 100) { ...L total }
		a { list(first: 2) { nodes { deep: list(first: 200) { edges { node { x y } } } } } }
		fixed { x }
	} fragment L on ListOfA { nodes { list(first: 3) { nodes { x } } } }`, nil)
	want := []cost.Share{
		{Path: "a.list", Size: 2, Cost: 1 + 1 + 2*(1+1+200*3)},
		{Path: "a.list.nodes.deep", Size: 200, Cost: 2 * (1 + 1 + 200*3)},
		{Path: "s", Size: 100, Cost: 50 + 1 + 100*(1+1+3) + 10},
		{Path: "s.nodes.list", Size: 3, Cost: 100 * (1 + 1 + 3)},
		{Path: "s.total", Size: 1, Cost: 10},
	}
	if diff := cmp.Diff(want, dearest); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if sum := 1 + dearest[0].Cost + dearest[2].Cost + 4; got != sum {
		t.Errorf("estimate %d, the parts give %d", got, sum)
	}
}
