package resolvers_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden runs the operations in testdata/golden. A file has query.graphql, perhaps variables.json, response.json, and
// the names of the statements that PostgreSQL is asked: the guard against N+1.
func TestGolden(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	runGoldens(t, newServer(t, "testdata/seed.sql"), "testdata/golden/*.txtar")
}

func runGoldens(t *testing.T, s *server, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden operation matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			golden(t, s, file)
		})
	}
}

func golden(t *testing.T, s *server, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
	}
	var variables any
	if text := sections["variables.json"]; text != "" {
		if err := json.Unmarshal([]byte(text), &variables); err != nil {
			t.Fatal(err)
		}
	}
	s.statements.take()
	unprimed := s.loaders.Unprimed()
	var response bytes.Buffer
	if err := json.Indent(&response, s.post(t, sections["query.graphql"], variables), "", "  "); err != nil {
		t.Fatal(err)
	}
	response.WriteByte('\n')
	names := s.statements.take()
	if n := s.loaders.Unprimed() - unprimed; n != 0 {
		t.Errorf("%d keys were loaded that no resolver had looked ahead for", n)
	}
	got := map[string]string{
		"query.graphql": sections["query.graphql"],
		"response.json": response.String(),
		"statements":    fmt.Sprintf("%d\n%s", len(names), lines(names)),
	}
	if text, ok := sections["variables.json"]; ok {
		got["variables.json"] = text
	}
	if *update {
		write(t, file, archive.Comment, got)
		return
	}
	if diff := cmp.Diff(sections, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func lines(names []string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(n + "\n")
	}
	return b.String()
}

func write(t *testing.T, file string, comment []byte, sections map[string]string) {
	t.Helper()
	archive := &txtar.Archive{Comment: comment}
	for _, name := range []string{"query.graphql", "variables.json", "response.json", "statements"} {
		if text, ok := sections[name]; ok {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil { //nolint:gosec // not secret
		t.Fatal(err)
	}
}
