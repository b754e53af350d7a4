package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// TestSchema checks that the schema which is written is the one of schema/, descriptions included.
func TestSchema(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	var sources []*ast.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	written := mustRun(t, nil, "schema")
	want, got := formatted(t, sources...), formatted(t, &ast.Source{Name: "corpintel schema", Input: written})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	if !strings.Contains(written, "type Company") || !strings.Contains(written, "directive @cost") {
		t.Errorf("the schema lacks types: %.500s", written)
	}
}

// formatted returns the schema of sources in one form.
func formatted(t *testing.T, sources ...*ast.Source) string {
	t.Helper()
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	formatter.NewFormatter(&text).FormatSchema(schema)
	return text.String()
}
