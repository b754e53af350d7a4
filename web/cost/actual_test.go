package cost_test

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/corpintel/corpintel/web/cost"
)

func TestActual(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})
	model := cost.NewModel(schema, 200)
	for name, test := range map[string]struct {
		document  string
		variables map[string]any
		data      string
		want      int
	}{
		"fields":         {`{ a { x y a { x } } }`, nil, `{"a": {"x": 1, "y": 2, "a": {"x": 1}}}`, 5},
		"null":           {`{ a { x y } }`, nil, `{"a": null}`, 1},
		"no data":        {`{ a { x y } }`, nil, `null`, 0},
		"nothing at all": {`{ a { x y } }`, nil, ``, 0},
		"a page that is full": {
			`{ search(first: 2) { nodes { x y } total info { more } } }`, nil,
			`{"search": {"nodes": [{"x": 1, "y": 1}, {"x": 1, "y": 1}], "total": 2, "info": {"more": true}}}`, 50 + (1 + 2*2) + 10 + 2,
		},
		"one that is not": {`{ search(first: 200) { nodes { x y } } }`, nil, `{"search": {"nodes": [{"x": 1, "y": 1}]}}`, 50 + 1 + 2},
		"an empty one":    {`{ search { nodes { x } edges { node { x } } } }`, nil, `{"search": {"nodes": [], "edges": []}}`, 52},
		"elements that are null": {
			`query ($i: [ID!]!) { some(ids: $i) { x y } }`, map[string]any{"i": []any{"a", "b", "c"}}, `{"some": [null, {"x": 1, "y": 2}, null]}`, 1 + 3 + 2,
		},
		"more than assumed": {`{ fixed { x } }`, nil, `{"fixed": [{"x": 1}, {"x": 1}, {"x": 1}, {"x": 1}]}`, 1 + 4},
		"aliases and fragments": {
			`{ p: a { ...X } q: a { ... on A { x y } } } fragment X on A { x list { nodes { x } } }`, nil,
			`{"p": {"x": 1, "list": {"nodes": [{"x": 1}]}}, "q": {"x": 1, "y": 1}}`, 1 + (1 + 1 + 1 + 1) + 1 + 2,
		},
		"skipped": {`{ a { x y @skip(if: true) } }`, nil, `{"a": {"x": 1}}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, faults := gqlparser.LoadQueryWithRules(schema, test.document, nil)
			if faults != nil {
				t.Fatal(faults)
			}
			variables, fault := validator.VariableValues(schema, document.Operations[0], test.variables)
			if fault != nil {
				t.Fatal(fault)
			}
			got, err := model.Actual(document.Operations[0], variables, []byte(test.data))
			if got != test.want || err != nil {
				t.Errorf("got %d (%v), want %d", got, err, test.want)
			}
		})
	}
	document := gqlparser.MustLoadQueryWithRules(schema, `{ a { x } }`, nil)
	for _, data := range []string{`{"a": {"x": 1}`, `{"a": [}`, `{"a": [{]}`} {
		if _, err := model.Actual(document.Operations[0], nil, []byte(data)); err == nil {
			t.Errorf("%s: no error", data)
		}
	}
}
