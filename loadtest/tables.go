package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// table is one of a report.
type table struct {
	Title  string
	Header []string
	Rows   [][]string
}

// tables returns those of the report.
func (r *report) tables() []table {
	out := []table{r.answers(), r.processors(), r.memory(), r.thresholds()}
	if r.After != nil {
		out = append(out, r.recovery())
	}
	return slices.DeleteFunc(out, func(t table) bool { return len(t.Rows) == 0 })
}

func header() []string {
	return []string{"", "answered", "median", "p95", "p99", "longest", "failed", "neither 200 nor 503", "turned away, p99"}
}

// answers says how long answers took: all of them, those of each operation, and for stress those of each number of users.
func (r *report) answers() table {
	t := table{Title: fmt.Sprintf("%s: %d users, %s", r.Summary.Scenario, r.Summary.Users, r.Summary.Duration), Header: header()}
	t.Rows = append(t.Rows, r.row("all", ""))
	if _, ok := r.Summary.Metrics["latency{users:all}"]; ok {
		t.Rows = append(t.Rows, r.row("with all users", "{users:all}"))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Summary.Metrics)) {
		if operation, ok := strings.CutPrefix(name, "latency{name:"); ok {
			t.Rows = append(t.Rows, r.row(strings.TrimSuffix(operation, "}"), "{name:"+operation))
		}
	}
	for n := r.Summary.Step; r.Summary.Scenario == "stress" && n <= r.Summary.Users; n += r.Summary.Step {
		t.Rows = append(t.Rows, r.row(fmt.Sprintf("up to %d users", n), fmt.Sprintf("{users:%d}", n)))
	}
	return t
}

func (r *report) row(title, part string) []string {
	latency, failed := r.Summary.Metrics["latency"+part].Values, r.Summary.Metrics["failed"+part].Values
	row := []string{
		title, fmt.Sprintf("%.0f", latency["count"]), ms(latency["med"]), ms(latency["p(95)"]), ms(latency["p(99)"]), ms(latency["max"]),
	}
	if failed == nil {
		return append(row, "", "", "")
	}
	return append(row, fmt.Sprintf("%.2f %%", 100*failed["rate"]),
		fmt.Sprintf("%.0f", r.Summary.Metrics["broken"+part].Values["count"]), ms(r.Summary.Metrics["turned_away"+part].Values["p(99)"]))
}

func ms(n float64) string {
	switch {
	case n == 0:
		return "–"
	case n < 10:
		return fmt.Sprintf("%.1f ms", n)
	default:
		return fmt.Sprintf("%.0f ms", n)
	}
}

// processors says what the machine was busy with.
func (r *report) processors() table {
	t := table{
		Title:  fmt.Sprintf("Busy processors, of %d", r.Usage.Processors),
		Header: []string{"", "mean", "most in a second"},
	}
	for _, group := range groups() {
		var sum, most float64
		for _, s := range r.Usage.Samples {
			sum += s.CPU[group]
			most = max(most, s.CPU[group])
		}
		t.Rows = append(t.Rows, []string{group, fmt.Sprintf("%.2f", sum/float64(len(r.Usage.Samples))), fmt.Sprintf("%.2f", most)})
	}
	return t
}

// memory says what the server had in memory, and how soon it answered its monitor.
func (r *report) memory() table {
	first, last := r.Usage.Samples[0], r.Usage.Samples[len(r.Usage.Samples)-1]
	most, scrape := first, 0.0
	var k6Most int64
	for _, s := range r.Usage.Samples {
		most.RSS = map[string]int64{server: max(most.RSS[server], s.RSS[server])}
		most.Heap, most.Goroutines = max(most.Heap, s.Heap), max(most.Goroutines, s.Goroutines)
		k6Most, scrape = max(k6Most, s.RSS[k6]), max(scrape, s.Scrape)
	}
	row := func(title string, s sample) []string {
		return []string{title, mib(s.RSS[server]), mib(s.Heap), strconv.Itoa(s.Goroutines)}
	}
	return table{
		Title: fmt.Sprintf("The server's memory (k6 took %s); /livez, /readyz and /metrics answered %d times, in %.0f ms at most; %d failed",
			mib(k6Most), len(r.Usage.Samples), 1000*scrape, len(r.Usage.Failures)),
		Header: []string{"", "resident", "heap", "goroutines"},
		Rows:   [][]string{row("at first", first), row("most", most), row("at last", last)},
	}
}

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// thresholds says which were held.
func (r *report) thresholds() table {
	t := table{Title: "Thresholds", Header: []string{"", "held"}}
	for _, name := range slices.Sorted(maps.Keys(r.Summary.Metrics)) {
		for _, condition := range slices.Sorted(maps.Keys(r.Summary.Metrics[name].Thresholds)) {
			if strings.HasSuffix(condition, ">=0") {
				continue // it is there for the part to be reported
			}
			held := "no"
			if r.Summary.Metrics[name].Thresholds[condition].OK {
				held = "yes"
			}
			t.Rows = append(t.Rows, []string{name + " " + condition, held})
		}
	}
	return t
}

// recovery compares what was before with what came after.
func (r *report) recovery() table {
	last := r.After.Usage.Samples[len(r.After.Usage.Samples)-1]
	return table{
		Title:  fmt.Sprintf("Afterwards, with %d users", r.After.Summary.Users),
		Header: append(header(), "resident", "heap", "goroutines"),
		Rows: [][]string{append(r.After.row("all", ""),
			mib(last.RSS[server]), mib(last.Heap), strconv.Itoa(last.Goroutines))},
	}
}

// text returns the tables as Markdown.
func (r *report) text() string {
	var b strings.Builder
	for _, t := range r.tables() {
		fmt.Fprintf(&b, "%s\n\n| %s |\n|%s\n", t.Title, strings.Join(t.Header, " | "), strings.Repeat("---|", len(t.Header)))
		for _, row := range t.Rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
