// Package review judges documents that are to be registered as the server would when they are called: by the guard, the schema
// and the cost of operations.
package review

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/web/cost"
	"github.com/corpintel/corpintel/web/document"
	"github.com/corpintel/corpintel/web/guard"
)

// Options are what a document is held against. Required is Schema; limits are those of the server that will be called.
type Options struct {
	Schema  *ast.Schema
	Limits  guard.Limits
	Cost    int // most that an operation may cost
	MaxPage int // most elements of a page
}

// Reviewer judges documents. It is safe for concurrent use.
type Reviewer struct {
	documents *document.Store
	model     *cost.Model
	limit     int
	query     string // name of the type of queries
}

// New returns a Reviewer.
func New(o Options) *Reviewer {
	schema := document.WithoutDefer(o.Schema)
	r := &Reviewer{
		documents: document.NewStore(schema, o.Limits, 0), // none is judged twice: nothing is kept
		model:     cost.NewModel(schema, o.MaxPage),
		limit:     o.Cost,
	}
	if schema.Query != nil {
		r.query = schema.Query.Name
	}
	return r
}

// Document is what a review finds of a document that can be called.
type Document struct {
	Operations []Operation // in the order of the text
	// Introspects says that it asks for __schema or __type, which not every role may.
	Introspects bool
}

// Operation is one of a document.
type Operation struct {
	Name string // empty for the one without
	Type string // query, mutation or subscription
	Cost int    // with the largest pages that its variables allow
}

// Problem is what is wrong with a document.
type Problem struct {
	Line, Column int // in the text, from 1; 0 where no place is meant
	Reason       string
}

// String returns the reason with its place, if there is one.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Reason
	}
	return fmt.Sprintf("at %d:%d of its text: %s", p.Line, p.Column, p.Reason)
}

// Review judges a text. It returns its problems, at most 50, and what is known of the document when there are none.
//
// What an operation costs depends on its variables. Refused is what costs too much with one element in each page that a
// variable sizes: no call of it that asks for anything could pass. What may pass is let through.
func (r *Reviewer) Review(text string) (Document, []Problem) {
	parsed, err := r.documents.Load(text)
	if err != nil {
		return Document{}, problems(err)
	}
	found := Document{Introspects: r.introspects(parsed)}
	var dear []Problem
	for _, operation := range parsed.Operations {
		from, to := r.model.Bounds(operation)
		if from > r.limit {
			dear = append(dear, Problem{
				Line: operation.Position.Line, Column: operation.Position.Column,
				Reason: fmt.Sprintf("the operation costs %d even if every page that a variable sizes has one element, more than %d is not given: "+
					"ask for smaller pages or fewer levels of them", from, r.limit),
			})
		}
		found.Operations = append(found.Operations, Operation{
			Name: operation.Name, Type: string(operation.Operation), Cost: to,
		})
	}
	return found, dear
}

// problems returns what an error of the documents' store says, by place, each once: validation looks at a fragment wherever it
// is spread.
func problems(err error) []Problem {
	faults, ok := errors.AsType[gqlerror.List](err)
	if !ok {
		return []Problem{{Reason: err.Error()}}
	}
	found := make([]Problem, len(faults))
	for i, fault := range faults {
		found[i].Reason = fault.Message
		if len(fault.Locations) > 0 {
			found[i].Line, found[i].Column = fault.Locations[0].Line, fault.Locations[0].Column
		}
	}
	slices.SortStableFunc(found, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(found)
}

// introspects reports whether a document asks for the schema. Fragments that are not used are not valid, so each counts.
func (r *Reviewer) introspects(parsed *ast.QueryDocument) bool {
	for _, operation := range parsed.Operations {
		if r.selectsSchema(operation.SelectionSet) {
			return true
		}
	}
	for _, fragment := range parsed.Fragments {
		if r.selectsSchema(fragment.SelectionSet) {
			return true
		}
	}
	return false
}

func (r *Reviewer) selectsSchema(set ast.SelectionSet) bool {
	for _, selection := range set {
		var below ast.SelectionSet
		switch selection := selection.(type) {
		case *ast.Field:
			isRoot := selection.ObjectDefinition != nil && selection.ObjectDefinition.Name == r.query
			if isRoot && strings.HasPrefix(selection.Name, "__") && selection.Name != "__typename" {
				return true
			}
			below = selection.SelectionSet
		case *ast.InlineFragment:
			below = selection.SelectionSet
		}
		if r.selectsSchema(below) {
			return true
		}
	}
	return false
}
