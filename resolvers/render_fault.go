package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// A field that may be null and has a fault is null in the answer, and the fault is reported with its path. Paths are not kept
// while all goes well: when there is such a fault the answer is written a second time, with them. The executor, which
// does the same, needs five times as long for an operation whose every field faults.

// fault is one that is to be reported when the answer has been written.
type fault struct {
	at    *graphql.FieldContext
	index int // of the element of at that has it, -1 for at itself
	err   error
}

// fault appends the null of a field that has a fault.
func (w *rendering) fault(b []byte, err error) []byte { return w.faultOf(b, -1, err) }

// faultOf appends the null of an element of a field.
func (w *rendering) faultOf(b []byte, index int, err error) []byte {
	if w.at == nil {
		w.faulty = true
		return w.fail(b)
	}
	w.faults = append(w.faults, fault{w.at, index, err})
	return append(b, "null"...)
}

// report reports the faults as the executor does.
func (w *rendering) report(ctx context.Context) {
	for _, f := range w.faults {
		parent := f.at.Parent
		at := graphql.WithFieldContext(ctx, f.at) // which takes the field of the root for its parent
		f.at.Parent = parent
		if f.index >= 0 {
			addElementError(at, f.index, f.err)
		} else {
			graphql.AddError(at, graphql.AddFieldLocationToError(at, f.err))
		}
	}
}

// objectAt is object with paths.
func (w *rendering) objectAt(b []byte, obj any, fields []field) []byte {
	outer := w.at
	b = append(b, '{')
	for i := range fields {
		f := &fields[i]
		if len(f.Objects) > 0 {
			w.at = &graphql.FieldContext{Parent: outer, Field: f.CollectedField}
		}
		b = f.Write(w, append(b, f.Key...), obj, f)
		w.at = outer
	}
	return append(b, '}')
}

// enter goes on to an element of the list that is written, and returns where that is.
func (w *rendering) enter(i int) (list *graphql.FieldContext) {
	list = w.at
	if list != nil {
		index := i
		w.at = &graphql.FieldContext{Parent: list, Index: &index}
	}
	return list
}
