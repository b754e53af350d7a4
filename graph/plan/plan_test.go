package plan_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/corpintel/corpintel/graph/plan"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { person: Person animals(first: Int): [Animal!]! unknown: Person }
	interface Animal { name: String! }
	type Dog implements Animal { name: String! owner: Person barks: Boolean }
	type Cat implements Animal { name: String! lives(left: Boolean): Int }
	type Person { name: String! age: Int pets(first: Int): [Animal!]! secret: String }`})

// table has the name of a field for its writer, and lacks some.
var table = plan.Table[string]{
	"Query":  {"person": "Query.person", "animals": "Query.animals"},
	"Person": {"name": "Person.name", "age": "Person.age", "pets": "Person.pets", "__typename": "Person.__typename"},
	"Dog":    {"name": "Dog.name", "owner": "Dog.owner", "barks": "Dog.barks", "__typename": "Dog.__typename"},
	"Cat":    {"name": "Cat.name", "lives": "Cat.lives", "__typename": "Cat.__typename"},
}

// operation returns the context that the executor has for a document, and the fields of its root.
func operation(t testing.TB, document string, variables map[string]any) (*graphql.OperationContext, []graphql.CollectedField) {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: variables}
	return op, graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"})
}

// show writes a plan as a tree.
func show(b *strings.Builder, f *plan.Field[string], depth int) {
	indent := strings.Repeat("  ", depth)
	b.WriteString(indent + f.Key + " " + f.Write)
	if f.Slot > 0 {
		fmt.Fprintf(b, " #%d", f.Slot)
	}
	b.WriteByte('\n')
	for _, o := range f.Objects {
		if len(f.Objects) > 1 {
			b.WriteString(indent + "  on " + o.Type + "\n")
		}
		for i := range o.Fields {
			show(b, &o.Fields[i], depth+1)
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document  string
		variables map[string]any
		want      string
	}{
		"aliases": {`{ person { a: name __typename name } }`, nil, `
"person": Query.person
  "a": Person.name
  ,"__typename": Person.__typename
  ,"name": Person.name
`},
		"merged": {`{ person { pets(first: 1) { name } ...P } ... { person { age } } } fragment P on Person { name pets(first: 1) { ... on Dog { barks } } }`, nil, `
"person": Query.person
  "pets": Person.pets #1
    on Dog
    "name": Dog.name
    ,"barks": Dog.barks
    on Cat
    "name": Cat.name
  ,"name": Person.name
  ,"age": Person.age
`},
		"types": {`{ animals { ... on Animal { name } ... on Cat { lives(left: true) } ... on Dog { owner { age } } __typename } }`, nil, `
"animals": Query.animals #1
  on Dog
  "name": Dog.name
  ,"owner": Dog.owner
    "age": Person.age
  ,"__typename": Dog.__typename
  on Cat
  "name": Cat.name
  ,"lives": Cat.lives #2
  ,"__typename": Cat.__typename
`},
		"nothing selected": {`{ person { name @skip(if: true) } }`, nil, `
"person": Query.person
`},
		"conditions": {
			`query ($a: Boolean!, $b: Boolean!) { person { name @skip(if: $a) ... @include(if: $b) { age } } }`,
			map[string]any{"a": true, "b": true},
			`
"person": Query.person
  "age": Person.age
`,
		},
		"no writer":         {`{ person { name secret } }`, nil, ``},
		"no writer deep":    {`{ person { pets { ... on Dog { owner { secret } } } } }`, nil, ``},
		"no writer at root": {`{ unknown { name } }`, nil, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := plan.NewCache(schema, table)
			op, roots := operation(t, test.document, test.variables)
			p := cache.Of(op, roots[0])
			var got strings.Builder
			if p != nil {
				got.WriteByte('\n')
				show(&got, &p.Root, 0)
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if again := cache.Of(op, roots[0]); again != p {
				t.Error("the plan is made twice")
			}
		})
	}
}

// TestVariants asks with other values of the conditions, which are other plans, and with values that are no booleans.
func TestVariants(t *testing.T) {
	t.Parallel()
	cache := plan.NewCache(schema, table)
	op, _ := operation(t, `query ($a: Boolean!, $b: Boolean!) {
		x: person { name @include(if: $a) ...F @skip(if: $b) } y: person { name } } fragment F on Person { age }`, nil)
	seen := map[string]*plan.Plan[string]{}
	for range 2 {
		for _, a := range []bool{false, true} {
			for _, b := range []bool{false, true} {
				asked := &graphql.OperationContext{Doc: op.Doc, Operation: op.Operation, Variables: map[string]any{"a": a, "b": b}}
				roots := graphql.CollectFields(asked, op.Operation.SelectionSet, []string{"Query"})
				for _, root := range roots {
					p := cache.Of(asked, root)
					key := fmt.Sprint(root.Alias, a, b)
					if known := seen[key]; known != nil && known != p {
						t.Errorf("%s: the plan is made twice", key)
					}
					seen[key] = p
					want := 1
					if root.Alias == "x" {
						want = 0
						if a {
							want++
						}
						if !b {
							want++
						}
					}
					if n := len(p.Root.Fields()); n != want {
						t.Errorf("%s: %d fields, want %d", key, n, want)
					}
				}
			}
		}
	}
	op.Variables = map[string]any{"a": nil, "b": true}
	if p := cache.Of(op, graphql.CollectedField{Field: op.Operation.SelectionSet[0].(*ast.Field)}); p != nil {
		t.Error("null is taken for a condition")
	}
}

// TestBounds has selections that grow with the length of the document to the power of its depth.
func TestBounds(t *testing.T) {
	t.Parallel()
	var document strings.Builder
	document.WriteString("{ person { ...F0 } }")
	const depth = 24
	for i := range depth {
		fmt.Fprintf(&document, " fragment F%d on Person { a: pets { ... on Dog { owner { ...F%d } } } b: pets { ... on Dog { owner { ...F%d } } } }", i, i+1, i+1)
	}
	fmt.Fprintf(&document, " fragment F%d on Person { name }", depth)
	op, roots := operation(t, document.String(), nil)
	if p := plan.NewCache(schema, table).Of(op, roots[0]); p != nil {
		t.Error("a plan of millions of fields")
	}
}

// TestBudget makes more plans than are kept: those beyond are made for each request, until documents are let go.
func TestBudget(t *testing.T) {
	t.Parallel()
	var fields strings.Builder
	for i := range 900 {
		fmt.Fprintf(&fields, " a%d: age", i)
	}
	for name, test := range map[string]struct {
		text     string
		min, max int
	}{
		"plans of many fields":                   {fields.String(), 50, 70},
		"plans of one field, of large documents": {" #" + strings.Repeat("a", 10_000) + "\n", 70, 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testBudget(t, "{ person { name"+test.text+" } }", test.min, test.max)
		})
	}
}

func testBudget(t *testing.T, text string, least, most int) {
	t.Helper()
	cache := plan.NewCache(schema, table)
	keeps := func() (*graphql.OperationContext, bool) {
		op, roots := operation(t, text, nil)
		first, second := cache.Of(op, roots[0]), cache.Of(op, roots[0])
		return op, first == second
	}
	var documents []*graphql.OperationContext // as a cache of documents would have them
	for op, kept := keeps(); kept && len(documents) <= most; op, kept = keeps() {
		documents = append(documents, op)
	}
	if n := len(documents); n < least || n > most {
		t.Fatalf("%d plans are kept", n)
	}
	runtime.KeepAlive(documents)
	for {
		if _, kept := keeps(); kept {
			return
		}
		runtime.GC()
		if t.Context().Err() != nil {
			t.Fatal("the room of documents that are gone is not given back")
		}
	}
}

// TestDropped lets a document go: its plans go, too.
func TestDropped(t *testing.T) {
	t.Parallel()
	cache := plan.NewCache(schema, table)
	gone := make(chan struct{})
	func() {
		op, roots := operation(t, `{ person { name pets(first: 3) { name } } }`, nil)
		p := cache.Of(op, roots[0])
		if p == nil {
			t.Fatal("no plan")
		}
		runtime.AddCleanup(p, func(done chan struct{}) { close(done) }, gone)
	}()
	for {
		runtime.GC()
		select {
		case <-gone:
			return
		case <-t.Context().Done():
			t.Fatal("the plan of a document that nobody has is kept")
		default:
			runtime.Gosched()
		}
	}
}
