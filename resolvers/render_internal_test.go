package resolvers

import (
	"slices"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/graph"
)

// leftToExecutor are the fields that the Renderer does not write, by intention.
var leftToExecutor = []string{}

// TestWriters compares the writers with the schema: a new field has one, or stands among those that are left to the
// executor.
func TestWriters(t *testing.T) {
	t.Parallel()
	table := writers()
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	known := 0
	for name, object := range schema.Types {
		if object.Kind != "OBJECT" || strings.HasPrefix(name, "__") {
			continue
		}
		for _, f := range object.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			field := name + "." + f.Name
			if _, ok := table[name][f.Name]; ok == slices.Contains(leftToExecutor, field) {
				t.Errorf("%s: it has a writer: %v; it is named as left to the executor: %v", field, ok, ok)
			}
			known++
		}
		if _, ok := table[name]["__typename"]; !ok && name != "Query" {
			t.Errorf("%s.__typename has no writer", name)
		}
	}
	if known < 80 {
		t.Errorf("the schema has %d fields only", known)
	}
	for name, fields := range table {
		for f := range fields {
			if object := schema.Types[name]; object == nil || f != "__typename" && object.Fields.ForName(f) == nil {
				t.Errorf("%s.%s has a writer and is not in the schema", name, f)
			}
		}
	}
}
