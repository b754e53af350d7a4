package resolvers

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/corpintel/corpintel/graph"
)

func TestShowsFacts(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	for document, want := range map[string]bool{
		`{ companies { nodes { name filings { nodes { form filedOn } } } } }`:                                                                        false,
		`{ company(cik: 1) { metric(name: "a:b") { __typename name unit ticker date value definition { id } } } }`:                                   false,
		`{ company(cik: 1) { metric(name: "a:b") { value form } } }`:                                                                                 true,
		`{ company(cik: 1) { metrics(names: []) { value ... { ... on MetricValue { start } } } } }`:                                                  true,
		`{ node(id: "x") { ...C } } fragment C on Company { metric(name: "a:b") { ...V } } fragment V on MetricValue { fiscalYear @skip(if: true) }`: true,
		`{ company(cik: 1) { metric(name: "a:b") { restatements { value } } } }`:                                                                     true,
		`{ company(cik: 1) { metric(name: "a:b") { filing { id } } } }`:                                                                              true,
	} {
		doc, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
		if errs != nil {
			t.Fatalf("%s: %v", document, errs)
		}
		op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
		if got := showsFacts(op); got != want {
			t.Errorf("%s: %v, want %v", document, got, want)
		}
	}
}
