//go:build unix

package command_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var fenced = regexp.MustCompile("(?s)```(graphql|json)\n(.*?)```")

// askTheReadme asks the README's queries of a server on the demo data. The answer to the first is in the README; the others
// are at least without faults.
func askTheReadme(t *testing.T, s *running) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(map[string][]string)
	for _, found := range fenced.FindAllStringSubmatch(string(readme), -1) {
		blocks[found[1]] = append(blocks[found[1]], found[2])
	}
	if len(blocks["graphql"]) < 2 || len(blocks["json"]) != 2 {
		t.Fatalf("%d queries and %d answers in the README", len(blocks["graphql"]), len(blocks["json"]))
	}
	for _, query := range blocks["graphql"] {
		if status, body := s.query(t, query); status != http.StatusOK || strings.Contains(body, `"errors"`) {
			t.Errorf("README: %s\nanswers %d %s", query, status, body)
		}
	}
	_, body := s.query(t, blocks["graphql"][0])
	wantAnswer(t, blocks["json"][0], body)
}

// wantAnswer checks an answer against the README's.
func wantAnswer(t *testing.T, readme, body string) {
	t.Helper()
	var want, got any
	if err := json.Unmarshal([]byte(readme), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README (-says +is):\n%s", diff)
	}
}

var partners = regexp.MustCompile("(?s)## Partners.*?```sh\n(.*?)```\n\n```json\n(.*?)```")

// followTheReadme runs the README's commands for partners beside a server on the demo data, as its reader would.
func followTheReadme(t *testing.T, s *running, environ []string) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := partners.FindStringSubmatch(string(readme))
	if found == nil {
		t.Fatal("the README has no commands for partners")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("go run .", program, "http://127.0.0.1:8080", s.base).Replace(found[1])
	shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	shell.Dir = t.TempDir()
	shell.Env = append(append(os.Environ(), asProgram+"=1"), environ...)
	var said strings.Builder
	shell.Stderr = &said
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("README: %v\n%s%s", err, out, &said)
	}
	const published = "acme: 1 document: 1 new, 0 unchanged, 0 active again\n"
	answer, ok := strings.CutPrefix(string(out), published)
	if !ok {
		t.Errorf("README: %q, want %q before the answer", out, published)
	}
	wantAnswer(t, found[2], answer)
}
