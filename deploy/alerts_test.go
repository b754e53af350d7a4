package deploy_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// runbookBase is where alerts lead for what to do.
const runbookBase = "https://github.com/corpintel/corpintel/blob/main/docs/"

var (
	heading = regexp.MustCompile(`(?m)^#{1,4} (.+)$`)
	noWord  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns where links into a document can lead, as GitHub makes them of its headings.
func anchors(t *testing.T, name string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(string(read(t, name)), -1) {
		all[strings.ReplaceAll(noWord.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

// TestAlerts looks whether each alert says what somebody who is woken by it needs, and is tested.
func TestAlerts(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, name := range glob(t, "prometheus/tests/*_test.yml") {
		for _, m := range regexp.MustCompile(`alertname="(\w+)", alertstate="firing"`).FindAllStringSubmatch(string(read(t, name)), -1) {
			tested[m[1]] = true
		}
	}
	found := map[string]map[string]bool{}
	alerts := 0
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		alerts++
		if s := r.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s has no summary or description", r.Alert)
		}
		if !tested[r.Alert] {
			t.Errorf("%s fires in no test", r.Alert)
		}
		file, anchor, _ := strings.Cut(strings.TrimPrefix(r.Annotations["runbook_url"], runbookBase), "#")
		if found[file] == nil {
			found[file] = anchors(t, "../docs/"+file)
		}
		if !strings.HasPrefix(r.Annotations["runbook_url"], runbookBase) || !found[file][anchor] {
			t.Errorf("%s: there is no section %s", r.Alert, r.Annotations["runbook_url"])
		}
	}
	if alerts < 20 {
		t.Errorf("%d alerts", alerts)
	}
}

var link = regexp.MustCompile(`\]\(([\w./-]*)(?:#([\w-]+))?\)`)

// TestLinks looks for what the document of deployment refers to.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, m := range link.FindAllStringSubmatch(string(read(t, "../docs/deploy.md")), -1) {
		file, anchor := m[1], m[2]
		if file == "" {
			file = "deploy.md"
		}
		if found := anchors(t, filepath.Join("../docs", file)); anchor != "" && !found[anchor] {
			t.Errorf("there is no section %s of %s", anchor, file)
		}
	}
}
