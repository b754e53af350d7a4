package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/web/guard"
	"github.com/corpintel/corpintel/web/review"
)

const schema = `
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
type Query {
  one: Item
  items(first: Int, ids: [ID!]): [Item!]! @listSize(slicingArguments: ["first", "ids"], assumedSize: 20)
}
type Mutation { change: Item }
type Item { name: String dear: Int @cost(weight: 10) items(first: Int = 5): [Item!]! @listSize(slicingArguments: ["first"]) }`

func newReviewer(limit int) *review.Reviewer {
	parsed := gqlparser.MustLoadSchema(&ast.Source{Input: schema})
	return review.New(review.Options{Schema: parsed, Limits: guard.Defaults(), Cost: limit, MaxPage: 100})
}

func TestReview(t *testing.T) {
	t.Parallel()
	query := func(name string, cost int) review.Operation {
		return review.Operation{Name: name, Type: "query", Cost: cost}
	}
	for name, test := range map[string]struct {
		text     string
		want     review.Document
		problems []string
	}{
		"without a name": {`{ one { name } }`, review.Document{Operations: []review.Operation{query("", 2)}}, nil},
		"operations": {
			`mutation C { change { dear } } query A { one { name } } query B { items { name } }`,
			review.Document{Operations: []review.Operation{{Name: "C", Type: "mutation", Cost: 11}, query("A", 2), query("B", 21)}},
			nil,
		},
		"pages in variables are full": {
			`query A($n: Int, $ids: [ID!]) { items(first: $n) { name } b: items(ids: $ids) { name } }`,
			review.Document{Operations: []review.Operation{query("A", 202)}},
			nil,
		},
		"the default of a variable does not count": {
			`query A($n: Int = 1) { items(first: $n) { name } }`, review.Document{Operations: []review.Operation{query("A", 101)}}, nil,
		},
		"what a variable can leave out is there": {
			`query A($s: Boolean!, $i: Boolean! = false) { one { dear @skip(if: $s) name @include(if: $i) b: name @include(if: false) } }`,
			review.Document{Operations: []review.Operation{query("A", 12)}},
			nil,
		},
		"introspection": {
			`query A { ...F } fragment F on Query { ... { __schema { queryType { name } } } }`,
			review.Document{Operations: []review.Operation{query("A", 3)}, Introspects: true},
			nil,
		},
		"a type's name is none": {
			`{ __typename one { __typename } }`, review.Document{Operations: []review.Operation{query("", 3)}}, nil,
		},
		"no GraphQL": {
			"{ one { name } }x", review.Document{}, []string{"at 1:17 of its text: Unexpected Name \"x\""},
		},
		"faults by place, each once": {
			"{ one { ...F } items {...F } a } fragment F on Item { b }",
			review.Document{},
			[]string{
				`at 1:30 of its text: Cannot query field "a" on type "Query".`,
				`at 1:55 of its text: Cannot query field "b" on type "Item".`,
			},
		},
		"beyond the guard": {
			strings.Repeat("{ a ", 31), review.Document{}, []string{"the document has more than 30 levels within each other"},
		},
		"deferred":     {"{ ... @defer { one { name } } }", review.Document{}, []string{`at 1:8 of its text: Unknown directive "@defer".`}},
		"subscription": {"subscription { a }", review.Document{}, []string{`at 1:1 of its text: Schema does not support operation type "subscription"`}},
		"nothing":      {"# nothing", review.Document{}, []string{"no operation provided"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := newReviewer(1000).Review(test.text)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
			var said []string
			for _, p := range problems {
				said = append(said, p.String())
			}
			if diff := cmp.Diff(test.problems, said); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCost refuses what could never be called, and nothing else.
func TestCost(t *testing.T) {
	t.Parallel()
	for text, least := range map[string]int{
		`{ items(first: 30) { name } }`:                                                                                      31,
		`query ($n: Int) { items(first: $n) { name dear } }`:                                                                 12,
		`query ($n: Int! = 50) { items(first: $n) { items(first: 10) { name } } }`:                                           12,
		`query ($s: Boolean!) { one { name dear @include(if: $s) items(first: 3) @skip(if: $s) { name } } }`:                 2,
		`query ($s: Boolean!) { one { name ... @include(if: $s) { dear } ...F @skip(if: $s) } } fragment F on Item { dear }`: 2,
		`query ($ids: [ID!]) { items(ids: $ids) { name } }`:                                                                  2,
	} {
		if _, problems := newReviewer(least).Review(text); problems != nil {
			t.Errorf("%s: with a limit of %d: %v", text, least, problems)
		}
		_, problems := newReviewer(least - 1).Review(text)
		want := fmt.Sprintf("at 1:1 of its text: the operation costs %d even if every page that a variable sizes has one element, more than %d is not given: "+
			"ask for smaller pages or fewer levels of them", least, least-1)
		if len(problems) != 1 || problems[0].String() != want {
			t.Errorf("%s: with a limit of %d: %v", text, least-1, problems)
		}
	}
}
