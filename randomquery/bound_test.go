package randomquery_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// bound returns how many statements an operation may cost, whatever the data are: one for each level of fields that
// need one. A level is the way there by names of fields, without aliases, indexes and arguments, within one field of
// the root; fields of one level that differ in their arguments are several where a statement answers for one set of
// arguments only.
func (e *execution) bound(operation *ast.OperationDefinition) int {
	l := &levels{execution: e, needed: map[string]bool{}}
	for _, g := range e.collect(e.schema.Query, []ast.SelectionSet{operation.SelectionSet}) {
		if g.fields[0].Name == "__typename" {
			continue
		}
		l.field(e.schema.Query, g, g.key)
	}
	return len(l.needed)
}

type levels struct {
	*execution
	needed map[string]bool
}

// perArguments are the fields of which every set of arguments costs a statement.
var perArguments = map[string]bool{"Company.filings": true, "Company.metricDefinitions": true}

// shared are fields that one statement answers together.
var shared = map[string]string{
	"Company.metrics": "Company.metric", "Filing.companies": "Filing.company",
}

func (l *levels) need(what, level string) { l.needed[level+" "+what] = true }

func (l *levels) field(of *ast.Definition, g *group, level string) {
	first := g.fields[0]
	coordinate := of.Name + "." + first.Name
	definition := of.Fields.ForName(first.Name)
	var sets []ast.SelectionSet
	for _, f := range g.fields {
		sets = append(sets, f.SelectionSet)
	}
	if other := shared[coordinate]; other != "" {
		coordinate = other
	}
	args := ""
	if perArguments[coordinate] {
		args = l.canonical(definition, first)
	}
	result := l.schema.Types[definition.Type.Name()]
	switch {
	case result.Fields.ForName("pageInfo") != nil: // a connection
		l.connection(result, sets, coordinate+args, level)
	case coordinate == "Query.node":
		l.need(coordinate, level)
	case coordinate == "Query.nodes": // one for each kind of object
		for _, possible := range l.schema.GetPossibleTypes(result) {
			l.need(coordinate+possible.Name, level)
		}
	case coordinate == "Company.metric": // what was known on a day is another question
		args, err := l.arguments(definition, first)
		if err == nil {
			l.need(fmt.Sprint(coordinate, args.given("asOf")), level)
		}
	case coordinate == "Company.series":
		l.series(definition, g, sets, level)
	case of.Name == "MetricSeries" && first.Name != "definition": // read with the series
	case fieldFuncs[coordinate] != nil:
		l.need(coordinate+args, level)
	}
	l.below(result, sets, level+"/"+first.Name)
}

// below goes on with the fields of an object, of each of its possible types.
func (l *levels) below(of *ast.Definition, sets []ast.SelectionSet, level string) {
	if !of.IsCompositeType() {
		return
	}
	for _, object := range l.schema.GetPossibleTypes(of) {
		for _, g := range l.collect(object, sets) {
			switch name := g.fields[0].Name; name {
			case "__typename":
			case "edges", "node", "nodes": // of a connection: no level of their own
				var inner []ast.SelectionSet
				for _, f := range g.fields {
					inner = append(inner, f.SelectionSet)
				}
				l.below(l.schema.Types[object.Fields.ForName(name).Type.Name()], inner, level)
			default:
				l.field(object, g, level)
			}
		}
	}
}

// connection needs a statement for its page and one for its number.
func (l *levels) connection(of *ast.Definition, sets []ast.SelectionSet, what, level string) {
	for _, g := range l.collect(of, sets) {
		switch g.fields[0].Name {
		case "__typename":
		case "totalCount":
			l.need(what+" total", level)
		default:
			l.need(what, level)
		}
	}
}

// series are read by their bounds or with their points, and what buckets are made of by another statement; as they were
// known on a day by one of its own, unless they are prices.
func (l *levels) series(of *ast.FieldDefinition, g *group, sets []ast.SelectionSet, level string) {
	args, err := l.arguments(of, g.fields[0])
	if err != nil {
		return
	}
	if metric, _ := args["metric"].(string); args.given("asOf") && !strings.HasPrefix(metric, "price:") {
		l.need("Company.series as of", level)
		return
	}
	points, buckets := false, false
	for _, field := range l.collect(l.schema.Types["MetricSeries"], sets) {
		switch field.fields[0].Name {
		case "points", "columns":
			points = true
		case "buckets", "bucketColumns":
			buckets = true
		}
	}
	if buckets {
		l.need("Company.series buckets", level)
	}
	if points || !buckets {
		l.need(fmt.Sprint("Company.series points ", points), level)
	}
}

// canonical writes the arguments of a field as they are after coercion.
func (l *levels) canonical(of *ast.FieldDefinition, field *ast.Field) string {
	args, err := l.arguments(of, field)
	if err != nil {
		return " wrong"
	}
	for name, value := range args {
		if value == nil {
			delete(args, name)
		}
	}
	text, _ := json.Marshal(args) // it has JSON
	return fmt.Sprintf(" %s", text)
}
