package graph

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestRootResolvers compares the fields of Query that are executed by themselves with those of the schema.
func TestRootResolvers(t *testing.T) {
	t.Parallel()
	schema := NewExecutableSchema(Config{}).Schema()
	want := map[string]bool{}
	for _, f := range schema.Query.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			want[f.Name] = f.Type.NonNull
		}
	}
	got := map[string]bool{}
	for name, root := range rootResolvers {
		got[name] = root.nonNull
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestInputs compares the input objects that are known where fields are executed by themselves with those of the schema.
func TestInputs(t *testing.T) {
	t.Parallel()
	var want []string
	for name, def := range NewExecutableSchema(Config{}).Schema().Types {
		if def.Kind == ast.InputObject {
			want = append(want, name)
		}
	}
	var got []string
	index := reflect.ValueOf((&executionContext{}).inputs()).Elem().FieldByName("byName")
	for _, key := range index.MapKeys() {
		got = append(got, key.String())
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
