package main

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
)

// pageTemplate has all that it shows within itself: reports are passed on, and opened without a network.
const pageTemplate = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Title}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0 0 2rem; } th, td { padding: .2rem .8rem; border-bottom: 1px solid #ccc; text-align: right; }
th:first-child, td:first-child { text-align: left; } h2 { font-size: 1.1rem; } polyline { fill: none; stroke-width: 1.5; }
</style>
<h1>{{.Title}}</h1>
{{range .Tables}}<h2>{{.Title}}</h2>
<table><tr>{{range .Header}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
{{end}}<h2>Busy processors, by second</h2>
<svg viewBox="0 0 1000 220" role="img" aria-label="busy processors by second">
{{range .Lines}}<polyline stroke="{{.Colour}}" points="{{.Points}}"/>
{{end}}</svg>
<p>{{range .Lines}}<span style="color: {{.Colour}}">■ {{.Name}}</span> {{end}}</p>
{{range .Failures}}<p>{{.}}</p>{{end}}
</html>
`

// line is one of the chart.
type line struct{ Name, Colour, Points string }

// page returns the report as a page.
func (r *report) page() ([]byte, error) {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Title":  fmt.Sprintf("Load: %s, %d users", r.Summary.Scenario, r.Summary.Users),
		"Tables": r.tables(), "Lines": r.lines(), "Failures": r.Usage.Failures,
	})
	return b.Bytes(), err
}

// lines returns the chart of the processors.
func (r *report) lines() []line {
	colours := []string{"#0b6", "#06c", "#c0c", "#e70", "#888"}
	var out []line
	width := 1000 / max(1, r.Usage.Samples[len(r.Usage.Samples)-1].Seconds)
	for i, group := range groups() {
		var points strings.Builder
		for _, s := range r.Usage.Samples {
			fmt.Fprintf(&points, "%.1f,%.1f ", s.Seconds*width, 210-200*s.CPU[group]/float64(max(1, r.Usage.Processors)))
		}
		out = append(out, line{group, colours[i], strings.TrimSpace(points.String())})
	}
	return out
}
