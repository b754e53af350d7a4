package command_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var fenced = regexp.MustCompile("(?s)```(graphql|json)\n(.*?)```")

// askTheReadme compares the README's answer to its query with that of a server on the demo data.
func askTheReadme(t *testing.T, s *running) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(map[string]string)
	for _, found := range fenced.FindAllStringSubmatch(string(readme), -1) {
		blocks[found[1]] = found[2]
	}
	_, body := s.query(t, blocks["graphql"])
	var want, got any
	if err := json.Unmarshal([]byte(blocks["json"]), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README (-says +is):\n%s", diff)
	}
}
