package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/web"
)

// TestParseStat reads lines as the kernel writes them.
func TestParseStat(t *testing.T) {
	t.Parallel()
	page := int64(os.Getpagesize())
	for name, test := range map[string]struct {
		text  string
		ticks float64
		rss   int64
	}{
		"plain":           {"42 (corpintel) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1000 900000 777 184467 1 1", 300, 777 * page},
		"spaces in names": {"42 (a) R (b c) S 1 42 42 0 -1 4194560 100 0 0 0 7 1 0 0 20 0 9 0 1000 900000 5 184467 1 1", 8, 5 * page},
		"cut off":         {"42 (corpintel) S 1 42", 0, 0},
		"no numbers":      {"42 (x) S a b c d e f g h i j k l m n o p q r s t u v", 0, 0},
		"empty":           {"", 0, 0},
	} {
		if ticks, rss := parseStat(test.text); ticks != test.ticks || rss != test.rss {
			t.Errorf("%s: %v ticks, %d bytes; want %v, %d", name, ticks, rss, test.ticks, test.rss)
		}
	}
}

// TestParseAll counts busy time, not that of idling, waiting and others' machines.
func TestParseAll(t *testing.T) {
	t.Parallel()
	const text = "cpu  100 20 30 5000 600 7 8 900 0 0\ncpu0 50 10 15 2500 300 3 4 450 0 0\ncpu1 50 10 15 2500 300 4 4 450 0 0\nintr 1 2 3\n"
	if ticks, processors := parseAll(text); ticks != 165 || processors != 2 {
		t.Errorf("%v ticks, %d processors; want 165, 2", ticks, processors)
	}
}

// TestReport makes a report of two seconds of stress.
func TestReport(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name string, content any) string {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	type values = map[string]float64
	type object = map[string]any
	trend := func(n float64) object {
		return object{"values": values{"count": n, "med": 5.25, "p(95)": 80.4, "p(99)": 150, "max": 300}}
	}
	summary := write("k6.json", object{
		"scenario": "stress", "users": 200, "step": 100, "duration": "2s",
		"metrics": object{
			"latency": trend(70), "latency{users:100}": trend(40), "latency{users:200}": trend(30), "latency{name:companies}": trend(70),
			"failed":                 object{"values": values{"rate": .3}, "thresholds": object{"rate<0.01": object{"ok": false}, "rate>=0": object{"ok": true}}},
			"failed{users:100}":      object{"values": values{"rate": 0}},
			"failed{users:200}":      object{"values": values{"rate": .5}},
			"broken{users:200}":      object{"values": values{"count": 3}},
			"turned_away{users:200}": trend(27),
		},
	})
	sampleOf := func(seconds, busy float64, rss int64) sample {
		return sample{
			Seconds: seconds, CPU: map[string]float64{server: busy, others: .25}, RSS: map[string]int64{server: rss << 20, k6: 100 << 20},
			Goroutines: int(rss), Heap: rss << 19, Scrape: busy / 100,
		}
	}
	noted := write("usage.json", usage{Processors: 2, Samples: []sample{sampleOf(1, 1, 60), sampleOf(2, 2, 80)}, Failures: []string{"after 2 s: <gone>"}})
	page := filepath.Join(folder, "report.html")
	c := reportCommand{Summary: summary, Usage: noted, After: summary, AfterUsage: noted, HTML: page}
	r, err := c.read()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"stress: 200 users, 2s\n",
		"| all | 70 | 5.2 ms | 80 ms | 150 ms | 300 ms | 30.00 % | 0 | – |",
		"| up to 200 users | 30 | 5.2 ms | 80 ms | 150 ms | 300 ms | 50.00 % | 3 | 150 ms |",
		"| server | 1.50 | 2.00 |", "| others | 0.25 | 0.25 |",
		"answered 2 times, in 20 ms at most; 1 failed", "| at last | 80 MiB | 40 MiB | 80 |",
		"| failed rate<0.01 | no |\n", "Afterwards, with 200 users",
	} {
		if !strings.Contains(r.text(), row) {
			t.Errorf("there is no %q in\n%s", row, r.text())
		}
	}
	if strings.Contains(r.text(), "rate>=0") {
		t.Error("thresholds that cannot fail are told")
	}
	html, err := r.page()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"<td>up to 200 users</td>", "<polyline", "after 2 s: &lt;gone&gt;"} {
		if !strings.Contains(string(html), part) {
			t.Errorf("there is no %q in\n%s", part, html)
		}
	}
	if strings.Contains(string(html), "http") {
		t.Error("the page needs a network")
	}
	c.Usage = write("nothing.json", usage{})
	if _, err := c.read(); err == nil {
		t.Error("a report of nothing")
	}
}

// TestDocuments checks that what users ask for is valid.
func TestDocuments(t *testing.T) {
	t.Parallel()
	documents := web.NewDocuments(web.DefaultLimits())
	files, err := filepath.Glob("documents/*.graphql")
	if err != nil || len(files) != 5 {
		t.Fatalf("%v, %v", files, err)
	}
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := documents.Load(string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		names = append(names, loaded.Operations[0].Name)
	}
	if diff := cmp.Diff([]string{"Companies", "Company", "Filings", "Search", "Subjects"}, names); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}
