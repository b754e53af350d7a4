package plan

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// conditions are the names of the variables that decide whether fields are in the answer.
type conditions struct {
	variables []string
	tooMany   bool
}

// maxConditions is how many variables the values of fit into a number. No client has that many.
const maxConditions = 64

// values returns the values of the variables, a bit each; false when one is no boolean.
func (c conditions) values(variables map[string]any) (bits uint64, ok bool) {
	for i, name := range c.variables {
		value, isBool := variables[name].(bool)
		if !isBool {
			return 0, false
		}
		if value {
			bits |= 1 << i
		}
	}
	return bits, !c.tooMany
}

// conditionsOf collects the variables of all @skip and @include of an operation.
func conditionsOf(op *graphql.OperationContext) conditions {
	w := walk{fragments: op.Doc.Fragments, seen: map[string]bool{}}
	w.selections(op.Operation.SelectionSet)
	slices.Sort(w.variables)
	c := conditions{variables: slices.Compact(w.variables)}
	if len(c.variables) > maxConditions {
		c = conditions{tooMany: true}
	}
	return c
}

// walk visits every selection once, fragments included.
type walk struct {
	fragments ast.FragmentDefinitionList
	seen      map[string]bool
	variables []string
}

func (w *walk) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			w.directives(s.Directives)
			w.selections(s.SelectionSet)
		case *ast.InlineFragment:
			w.directives(s.Directives)
			w.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			w.directives(s.Directives)
			if fragment := w.fragments.ForName(s.Name); fragment != nil && !w.seen[s.Name] {
				w.seen[s.Name] = true
				w.selections(fragment.SelectionSet)
			}
		}
	}
}

func (w *walk) directives(list ast.DirectiveList) {
	for _, d := range list {
		for _, a := range d.Arguments {
			if a.Value.Kind == ast.Variable {
				w.variables = append(w.variables, strings.Clone(a.Value.Raw)) // not to hold the whole text
			}
		}
	}
}
