package cost

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	// maxDearest is how many fields Dearest returns.
	maxDearest = 5
	// maxVisits bounds the fields that Dearest looks at.
	maxVisits = 50_000
)

// Share is what a field, with all that is selected below it, contributes to an estimate.
type Share struct {
	Path string `json:"path"` // response names from the root, with dots
	Size int    `json:"size"` // of its page
	Cost int    `json:"cost"`
}

// Dearest returns the fields with pages that an operation pays most for, the dearest first. It follows every fragment
// wherever it is spread, so it is for operations that are refused.
func (m *Model) Dearest(operation *ast.OperationDefinition, variables map[string]any) []Share {
	s := search{estimator: estimator{model: m, variables: variables}}
	s.visit(operation.SelectionSet, place{times: 1})
	return s.found
}

type search struct {
	estimator

	found  []Share
	visits int
}

// place is where selections stand.
type place struct {
	path  string
	times float64 // how often
	above *field  // that says which fields have its list
	size  float64 // of that list
}

func (s *search) visit(set ast.SelectionSet, at place) {
	for _, selection := range set {
		if s.visits++; s.visits > maxVisits {
			return
		}
		switch selection := selection.(type) {
		case *ast.Field:
			if s.included(selection.Directives) {
				s.visitField(selection, at)
			}
		case *ast.InlineFragment:
			if s.included(selection.Directives) {
				s.visit(selection.SelectionSet, at)
			}
		case *ast.FragmentSpread:
			if s.included(selection.Directives) {
				s.visit(selection.Definition.SelectionSet, at)
			}
		}
	}
}

func (s *search) visitField(f *ast.Field, at place) {
	known := s.model.of(f)
	path := f.Alias
	if at.path != "" {
		path = at.path + "." + f.Alias
	}
	size := s.size(f, known)
	if at.above != nil && slices.Contains(at.above.sized, f.Name) {
		s.visit(f.SelectionSet, place{path: path, times: at.times * at.size})
		return
	}
	if weight := s.weight(f, known); size > 1 || weight > 1 {
		s.add(Share{
			Path: path, Size: int(size),
			Cost: int(min(at.times*(weight+s.below(f, known, size)), enough)),
		})
	}
	if len(known.sized) > 0 {
		s.visit(f.SelectionSet, place{path: path, times: at.times, above: known, size: size})
		return
	}
	s.visit(f.SelectionSet, place{path: path, times: at.times * size})
}

// add keeps a share, if it is one of the dearest.
func (s *search) add(share Share) {
	i, _ := slices.BinarySearchFunc(s.found, share, func(a, b Share) int {
		if a.Cost == b.Cost {
			return -1 // after those of the same cost
		}
		return cmp.Compare(b.Cost, a.Cost)
	})
	s.found = slices.Insert(s.found, i, share)
	s.found = s.found[:min(len(s.found), maxDearest)]
}
