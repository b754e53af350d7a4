package explain

import (
	"maps"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Report is extensions.explain of an answer. Durations are milliseconds.
type Report struct {
	DurationMs float64     `json:"durationMs"` // from reading the request until the data of the answer was written
	WaitedMs   float64     `json:"waitedMs"`   // for connections to the database
	Cost       Cost        `json:"cost"`
	RoundTrips int         `json:"roundTrips"`
	Statements []Statement `json:"statements"` // in the order in which they were sent
	Fields     []Field     `json:"fields"`     // of the root
}

// Cost is what an operation costs in the weights of the schema: at most, as it was charged, and by what is in the answer.
type Cost struct {
	Estimate int `json:"estimate"`
	Actual   int `json:"actual"`
}

// Statement is one that was sent to the database.
type Statement struct {
	Name       string  `json:"name"`
	Rows       int     `json:"rows"`
	DurationMs float64 `json:"durationMs"` // until the last row, from the end of the one before it in the round trip
	RoundTrip  int     `json:"roundTrip"`  // which of them, from 0
	Failed     bool    `json:"failed"`     // with its round trip; reads are tried again while the database is restarting
	Text       *string `json:"text"`       // null for who may not see it
	Plan       *string `json:"plan"`       // null for who may not see it
}

// Field is a field of the operation for which, or below which, something was loaded; those of the root always stand there.
type Field struct {
	Path []string `json:"path"` // response names from the root
	// DurationMs is of a field of the root what its resolver took, which is with the writing of its answer unless the executor
	// does that; of others what the statements took that were for it, or for what is below it, each once.
	DurationMs float64  `json:"durationMs"`
	Loaders    []Loader `json:"loaders"`
	Children   []Field  `json:"children"`
}

// Loader is what a loader brought for a field in one batch. What a resolver of the root asked the database by itself has the name
// of the statement and one key.
type Loader struct {
	Name       string `json:"name"`
	Keys       int    `json:"keys"`
	Rows       int    `json:"rows"`       // companies, filings, values, numbers; of series points and months
	CacheHits  int    `json:"cacheHits"`  // keys of rows that were in memory, or that another operation was just asking for
	Unprimed   bool   `json:"unprimed"`   // nobody had looked ahead
	Statements []int  `json:"statements"` // indexes of Report.Statements; fields that ask the same share them
}

// Report returns what was noted of an operation, which took so long; Cost is left to the caller.
func (r *Recorder) Report(op *graphql.OperationContext, took time.Duration) *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := &Report{
		DurationMs: milliseconds(took), WaitedMs: milliseconds(r.waited), RoundTrips: r.trips,
		Statements: make([]Statement, len(r.statements)), Fields: []Field{},
	}
	for i, s := range r.statements {
		report.Statements[i] = Statement{Name: s.Name, Rows: s.rows, DurationMs: milliseconds(s.took), RoundTrip: s.trip, Failed: s.failed}
	}
	// Fields of the root begin in no order.
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		for _, n := range r.root.children {
			if n.name == field.Alias {
				told, _ := r.field(n, nil)
				told.DurationMs = milliseconds(n.took)
				report.Fields = append(report.Fields, told)
			}
		}
	}
	return report
}

// field returns the field of a node, and the statements for it and for what is below it.
func (r *Recorder) field(n *node, above []string) (Field, map[int]struct{}) {
	f := Field{Path: append(slices.Clone(above), n.name), Loaders: append([]Loader{}, n.loads...), Children: []Field{}}
	statements := map[int]struct{}{}
	for _, l := range n.loads {
		for _, i := range l.Statements {
			statements[i] = struct{}{}
		}
	}
	for _, c := range n.children {
		below, theirs := r.field(c, f.Path)
		f.Children = append(f.Children, below)
		maps.Copy(statements, theirs)
	}
	var took time.Duration
	for i := range statements {
		took += r.statements[i].took
	}
	f.DurationMs = milliseconds(took)
	return f, statements
}

// milliseconds rounds to microseconds.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
