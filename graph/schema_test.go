package graph_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/graph"
)

// TestDescriptions looks for a description on everything that the schema names.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	missing := func(name, description string) {
		if len(strings.TrimSpace(description)) < 5 {
			t.Errorf("%s has no description", name)
		}
	}
	own := 0
	for name, def := range graph.NewExecutableSchema(graph.Config{}).Schema().Types {
		if def.BuiltIn {
			continue
		}
		own++
		missing(name, def.Description)
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			missing(name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				missing(name+"."+field.Name+"("+argument.Name+":)", argument.Description)
			}
		}
		for _, value := range def.EnumValues {
			missing(name+"."+value.Name, value.Description)
		}
	}
	if own < 25 {
		t.Errorf("the schema has %d types of its own", own)
	}
}

// TestConnections checks that every connection has the shape of the Relay specification and what we add to it.
func TestConnections(t *testing.T) {
	t.Parallel()
	types := graph.NewExecutableSchema(graph.Config{}).Schema().Types
	found := 0
	for name, def := range types {
		node, ok := strings.CutSuffix(name, "Connection")
		if !ok {
			continue
		}
		found++
		for field, want := range map[string]string{
			"edges": "[" + node + "Edge!]!", "nodes": "[" + node + "!]!", "pageInfo": "PageInfo!", "totalCount": "Int!",
		} {
			if got := fieldType(def, field); got != want {
				t.Errorf("%s.%s is %s, want %s", name, field, got, want)
			}
		}
		edge := types[node+"Edge"]
		if edge == nil || fieldType(edge, "cursor") != "String!" || fieldType(edge, "node") != node+"!" {
			t.Errorf("%sEdge is not an edge of %s", node, node)
		}
	}
	if found != 3 {
		t.Errorf("the schema has %d connections", found)
	}
}

func fieldType(def *ast.Definition, name string) string {
	if field := def.Fields.ForName(name); field != nil {
		return field.Type.String()
	}
	return "absent"
}
