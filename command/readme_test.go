package command_test

import (
	"encoding/json"
	"net/http"
	"os"
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
	if len(blocks["graphql"]) < 2 || len(blocks["json"]) != 1 {
		t.Fatalf("%d queries and %d answers in the README", len(blocks["graphql"]), len(blocks["json"]))
	}
	for _, query := range blocks["graphql"] {
		if status, body := s.query(t, query); status != http.StatusOK || strings.Contains(body, `"errors"`) {
			t.Errorf("README: %s\nanswers %d %s", query, status, body)
		}
	}
	_, body := s.query(t, blocks["graphql"][0])
	var want, got any
	if err := json.Unmarshal([]byte(blocks["json"][0]), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README (-says +is):\n%s", diff)
	}
}
