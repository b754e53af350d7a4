package explain

import (
	"context"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Run is one run of a batch: statements that are sent together, for several loaders.
type Run struct {
	recorder *Recorder
	attempts []int // the first statement of each round trip; there are several where the first ones failed
}

// Load is what a run did for a loader as one field wanted it.
type Load struct {
	At        *graphql.FieldContext // the field; nil for the one that is being resolved
	Name      string                // of the loader
	Keys      int
	Rows      int  // that the keys have
	CacheHits int  // keys that the database was not asked for
	Unprimed  bool // nobody had looked ahead

	First, Last int  // statements among those of the run, Last excluded
	More        *Run // that the loader made afterwards, for itself alone; nil for none
}

// Run begins a run. The statements that are sent with the context that it returns are the run's.
func (r *Recorder) Run(ctx context.Context) (context.Context, *Run) {
	run := &Run{recorder: r}
	return context.WithValue(ctx, runKey{}, run), run
}

// End ends a run; ctx is that of the resolver that made it.
func (run *Run) End(ctx context.Context, loads []Load) {
	r := run.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range loads {
		at := l.At
		if at == nil {
			at = graphql.GetFieldContext(ctx)
		}
		field := r.at(at)
		field.loads = append(field.loads, Loader{
			Name: l.Name, Keys: l.Keys, Rows: l.Rows, CacheHits: l.CacheHits, Unprimed: l.Unprimed, Statements: r.statementsOf(run, l),
		})
	}
}

// statementsOf returns the indexes of the statements that were sent for a load, in the order in which they were sent.
func (r *Recorder) statementsOf(run *Run, l Load) []int {
	indexes := []int{}
	for _, first := range run.attempts {
		for i := l.First; i < l.Last; i++ {
			indexes = append(indexes, first+i)
		}
	}
	if l.More == nil {
		return indexes
	}
	for _, first := range l.More.attempts {
		trip := r.statements[first].trip
		for i := first; i < len(r.statements) && r.statements[i].trip == trip; i++ {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// node is a field of the operation, or above all of them the operation.
type node struct {
	name     string
	took     time.Duration // of its resolver; 0 for a field that is not of the root
	loads    []Loader
	children []*node
}

// at returns the node of a field.
func (r *Recorder) at(field *graphql.FieldContext) *node {
	var names []string
	for ; field != nil; field = field.Parent {
		if field.Field.Field != nil { // else an element of a list, or the root
			names = append(names, field.Field.Alias)
		}
	}
	n := &r.root
	for _, name := range slices.Backward(names) {
		n = n.child(name)
	}
	return n
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	c := &node{name: name}
	n.children = append(n.children, c)
	return c
}
