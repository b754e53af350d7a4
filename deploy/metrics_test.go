package deploy_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/corpintel/corpintel/telemetry"
)

// known are the metrics that there are, with their labels; of recorded ones with the values that rules give them.
type known struct {
	labels   map[string][]string
	recorded map[string]map[string][]string // metric to label to values
}

// target are the labels that Prometheus gives to what it scrapes.
var target = []string{"job", "instance"}

// knownMetrics returns what the program counts, what Prometheus itself adds, and what rules record.
func knownMetrics(t *testing.T) known {
	t.Helper()
	k := known{
		labels: map[string][]string{
			"up": target, "ALERTS": {"alertname", "alertstate", "severity"},
		},
		recorded: map[string]map[string][]string{},
	}
	m := telemetry.New(telemetry.Options{})
	for _, metric := range m.Metrics() {
		k.add(metric.Name, metric.Type, metric.Labels)
	}
	k.addLibrary(t, m)
	for _, r := range rules(t) {
		if r.Record != "" {
			k.record(r)
		}
	}
	return k
}

// addLibrary adds the metrics of the Go runtime and the process.
func (k known) addLibrary(t *testing.T, m *telemetry.Telemetry) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, family := range families {
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
			k.add(name, strings.ToLower(family.GetType().String()), nil)
		}
	}
}

func (k known) add(name, kind string, labels []string) {
	labels = slices.Concat(labels, target)
	switch kind {
	case "histogram":
		k.labels[name+"_bucket"] = append(slices.Clone(labels), "le")
		k.labels[name+"_sum"], k.labels[name+"_count"] = labels, labels
	case "summary":
		k.labels[name+"_sum"], k.labels[name+"_count"] = labels, labels
	default:
		k.labels[name] = labels
	}
}

// record adds what a rule records: it has the labels that the rule names, and those of what it is made of where they were recorded.
func (k known) record(r rule) {
	e := parseExpression(r.Expr)
	labels := append(slices.Clone(k.labels[r.Record]), e.grouped...)
	labels = slices.AppendSeq(append(labels, target...), maps.Keys(r.Labels))
	if k.recorded[r.Record] == nil {
		k.recorded[r.Record] = map[string][]string{}
	}
	for label, value := range r.Labels {
		k.recorded[r.Record][label] = append(k.recorded[r.Record][label], value)
	}
	for _, s := range e.selectors {
		for label, values := range k.recorded[s.metric] {
			labels = append(labels, label)
			k.recorded[r.Record][label] = append(k.recorded[r.Record][label], values...)
		}
	}
	k.labels[r.Record] = labels
}

// check reports what an expression refers to that does not exist.
func (k known) check(expr string) (faults []string) {
	e := parseExpression(expr)
	if len(e.selectors) == 0 && !strings.Contains(expr, "vector(") {
		return []string{"it selects nothing"}
	}
	all := slices.Clone(target)
	for _, s := range e.selectors {
		labels, ok := k.labels[s.metric]
		if !ok {
			faults = append(faults, "there is no metric "+s.metric)
		}
		all = append(all, labels...)
		for label, value := range s.matchers {
			if ok && !slices.Contains(labels, label) {
				faults = append(faults, fmt.Sprintf("%s has no label %s", s.metric, label))
			}
			faults = append(faults, k.checkValue(s.metric, label, value)...)
		}
		// Other programs count by these names too.
		if generic.MatchString(s.metric) && s.matchers["job"] != "corpintel" {
			faults = append(faults, s.metric+` needs job="corpintel"`)
		}
	}
	for _, label := range e.grouped {
		if !slices.Contains(all, label) {
			faults = append(faults, "nothing has the label "+label)
		}
	}
	return faults
}

// generic are names that are not ours alone.
var generic = regexp.MustCompile(`^(http_|db_|loader_|go_|process_|up$)`)

// alternatives are patterns that are nothing but values.
var alternatives = regexp.MustCompile(`^[\w.]+(\|[\w.]+)*$`)

// checkValue reports values of recorded labels that no rule gives.
func (k known) checkValue(metric, label, value string) (faults []string) {
	values := k.recorded[metric][label]
	if len(values) == 0 || !alternatives.MatchString(value) {
		return nil
	}
	for v := range strings.SplitSeq(value, "|") {
		if !slices.Contains(values, v) {
			faults = append(faults, fmt.Sprintf("no rule records %s of %s %s", metric, label, v))
		}
	}
	return faults
}

// TestRules looks for what the rules refer to.
func TestRules(t *testing.T) {
	t.Parallel()
	k := knownMetrics(t)
	for _, r := range rules(t) {
		for _, fault := range k.check(r.Expr) {
			t.Errorf("%s%s: %s", r.Record, r.Alert, fault)
		}
	}
}

// TestDashboards looks for what the dashboards refer to.
func TestDashboards(t *testing.T) {
	t.Parallel()
	k := knownMetrics(t)
	uids := map[string]string{}
	for name, d := range dashboards(t) {
		if other := uids[d.UID]; d.UID == "" || other != "" {
			t.Errorf("%s: uid %q is that of %q", name, d.UID, other)
		}
		uids[d.UID] = name
		for _, p := range d.Panels {
			if p.Title == "" || p.Type != "row" && (len(p.Targets) == 0 || p.Description == "") {
				t.Errorf("%s: panel %d %q lacks a title, a description or a query", name, p.ID, p.Title)
			}
			for _, q := range p.Targets {
				for _, fault := range k.check(q.Expr) {
					t.Errorf("%s: %s: %s", name, p.Title, fault)
				}
			}
		}
		for _, a := range d.Annotations.List {
			for _, fault := range k.check(a.Expr) {
				t.Errorf("%s: annotation: %s", name, fault)
			}
		}
		for _, v := range d.Templating.List {
			inner, ok := strings.CutPrefix(v.Query.Query, "label_values(")
			expr, label, found := strings.Cut(strings.TrimSuffix(inner, ")"), ", ")
			if !ok || !found || label != v.Name || !slices.Contains(k.labels[parseExpression(expr).selectors[0].metric], label) {
				t.Errorf("%s: variable %s: %s", name, v.Name, v.Query.Query)
			}
		}
	}
}

// TestPanelsApart looks for panels that lie upon each other.
func TestPanelsApart(t *testing.T) {
	t.Parallel()
	for name, d := range dashboards(t) {
		for i, a := range d.Panels {
			p := a.GridPos
			if p.W < 1 || p.H < 1 || p.X < 0 || p.X+p.W > 24 {
				t.Errorf("%s: %s is not on the page", name, a.Title)
			}
			for _, b := range d.Panels[i+1:] {
				q := b.GridPos
				if p.X < q.X+q.W && q.X < p.X+p.W && p.Y < q.Y+q.H && q.Y < p.Y+p.H || a.ID == b.ID {
					t.Errorf("%s: %s lies upon %s", name, a.Title, b.Title)
				}
			}
		}
	}
}

// TestEveryMetricIsShown finds metrics of ours that neither a dashboard nor a rule has a use for.
func TestEveryMetricIsShown(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	note := func(expr string) {
		for _, s := range parseExpression(expr).selectors {
			used[s.metric] = true
		}
	}
	for _, r := range rules(t) {
		note(r.Expr)
	}
	for _, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				note(q.Expr)
			}
		}
	}
	for _, m := range telemetry.New(telemetry.Options{}).Metrics() {
		if !used[m.Name] && !used[m.Name+"_bucket"] && !used[m.Name+"_sum"] {
			t.Errorf("%s is shown nowhere", m.Name)
		}
	}
}

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	ours     = regexp.MustCompile(`^(corpintel[_:]|http_request|db_connection|loader_)[a-z0-9_:]+$`)
	question = regexp.MustCompile("(?m)^\\| [^|]+ \\| `((?:[^`])+)` \\|$")
)

// TestDocuments looks for the metrics that documents name, and for what their examples ask.
func TestDocuments(t *testing.T) {
	t.Parallel()
	k := knownMetrics(t)
	metrics := string(read(t, "../docs/metrics.md"))
	_, examples, _ := strings.Cut(metrics, "## How to ask")
	asked := question.FindAllStringSubmatch(examples, -1)
	if len(asked) < 5 {
		t.Fatalf("metrics.md has %d examples", len(asked))
	}
	for _, q := range asked {
		for _, fault := range k.check(q[1]) {
			if !strings.Contains(fault, "needs job") {
				t.Errorf("metrics.md: %s: %s", q[1], fault)
			}
		}
	}
	for _, name := range slices.Concat(glob(t, "../docs/*.md"), glob(t, "../docs/adr/*.md")) {
		for _, m := range quoted.FindAllStringSubmatch(string(read(t, name)), -1) {
			if _, bucket := k.labels[m[1]+"_bucket"]; ours.MatchString(m[1]) && !bucket && k.labels[m[1]] == nil {
				t.Errorf("%s: there is no metric %s", name, m[1])
			}
		}
	}
}

// TestParseExpression holds the reader against what it must find.
func TestParseExpression(t *testing.T) {
	t.Parallel()
	e := parseExpression(`sum by (le, x) (rate(a_b{c="d{}", e=~"f|g"}[$__rate_interval])) / on (z) group_left () h:i offset 5m > 2e3 and k or vector(1)`)
	var names []string
	for _, s := range e.selectors {
		names = append(names, s.metric)
	}
	if got := strings.Join(names, " "); got != "a_b h:i k" {
		t.Errorf("metrics %s", got)
	}
	if got := strings.Join(e.grouped, " "); got != "le x z" {
		t.Errorf("grouped by %s", got)
	}
	if got := e.selectors[0].matchers; len(got) != 2 || got["c"] != "d{}" || got["e"] != "f|g" {
		t.Errorf("matchers %v", got)
	}
}
