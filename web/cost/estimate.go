package cost

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// enough is where estimates end: whole numbers are exact below it.
const enough = 1 << 53

// Estimate returns the most that a valid operation could cost with the variables, which are coerced and have their
// defaults.
func (m *Model) Estimate(operation *ast.OperationDefinition, variables map[string]any) int {
	e := estimator{model: m, variables: variables}
	return int(min(e.selections(operation.SelectionSet, nil).fixed, enough))
}

// estimator estimates one operation.
type estimator struct {
	model     *Model
	variables map[string]any
	bound     bound // when there are no variables yet
	fragments map[spread]sum
	lengths   map[string]float64 // of the lists in variables
}

// spread is a fragment below a field that says which fields have its list, nil for others.
type spread struct {
	fragment *ast.FragmentDefinition
	below    *field
}

// sum is what selections cost: a part of it, and another for each element of the list of the field above.
type sum struct{ fixed, each float64 }

func (e *estimator) selections(set ast.SelectionSet, above *field) sum {
	var total sum
	for _, selection := range set {
		var s sum
		switch selection := selection.(type) {
		case *ast.Field:
			if e.included(selection.Directives) {
				s = e.field(selection, above)
			}
		case *ast.InlineFragment:
			if e.included(selection.Directives) {
				s = e.selections(selection.SelectionSet, above)
			}
		case *ast.FragmentSpread:
			if e.included(selection.Directives) {
				s = e.fragment(selection.Definition, above)
			}
		}
		total.fixed += s.fixed
		total.each += s.each
	}
	return total
}

// fragment estimates a fragment once.
func (e *estimator) fragment(f *ast.FragmentDefinition, above *field) sum {
	key := spread{f, above}
	known, ok := e.fragments[key]
	if !ok {
		if e.fragments == nil {
			e.fragments = make(map[spread]sum)
		}
		known = e.selections(f.SelectionSet, above)
		e.fragments[key] = known
	}
	return known
}

func (e *estimator) field(f *ast.Field, above *field) sum {
	known := e.model.of(f)
	weight := e.weight(f, known)
	if above != nil && slices.Contains(above.sized, f.Name) {
		return sum{fixed: weight, each: e.below(f, known, 1)}
	}
	return sum{fixed: weight + e.below(f, known, e.size(f, known))}
}

// weight returns what a field costs once: each object that has it reads the lists in its arguments again, also those that
// are refused for their length.
func (e *estimator) weight(f *ast.Field, known *field) float64 {
	weight := known.weight
	for _, argument := range f.Arguments {
		weight += e.elements(argument.Value)
	}
	return weight
}

// elements counts the elements of the lists in a value, those in variables once for all fields.
func (e *estimator) elements(v *ast.Value) float64 {
	if v.Kind == ast.Variable {
		return e.elementsOfVariable(v.Raw)
	}
	var n float64
	if v.Kind == ast.ListValue {
		n = float64(len(v.Children))
	}
	for _, child := range v.Children {
		n += e.elements(child.Value)
	}
	return n
}

func (e *estimator) elementsOfVariable(name string) float64 {
	value := e.variables[name]
	switch value.(type) {
	case []any, map[string]any:
	default:
		return 0
	}
	n, known := e.lengths[name]
	if !known {
		if e.lengths == nil {
			e.lengths = make(map[string]float64)
		}
		n = elementsOf(value)
		e.lengths[name] = n
	}
	return n
}

// elementsOf counts the elements of the lists in the value of a variable.
func elementsOf(value any) (n float64) {
	switch value := value.(type) {
	case []any:
		n = float64(len(value))
		for _, element := range value {
			n += elementsOf(element)
		}
	case map[string]any:
		for _, member := range value {
			n += elementsOf(member)
		}
	}
	return n
}

// below returns what the selections below a field cost whose list has size elements.
func (e *estimator) below(f *ast.Field, known *field, size float64) float64 {
	if len(known.sized) == 0 {
		return size * e.selections(f.SelectionSet, nil).fixed
	}
	s := e.selections(f.SelectionSet, known)
	return s.fixed + size*s.each
}

// size returns how many elements the list of a field can have.
func (e *estimator) size(f *ast.Field, known *field) float64 {
	size, given := 0.0, false
	for _, name := range known.slicing {
		n, ok := e.argument(f, name)
		if ok {
			size, given = max(size, n), true
		}
	}
	if !given {
		return known.assumed
	}
	return min(size, float64(e.model.maxSize))
}

// argument returns the number that an argument has, or the length of its list.
func (e *estimator) argument(f *ast.Field, name string) (float64, bool) {
	var value any
	argument := f.Arguments.ForName(name)
	switch {
	case argument == nil:
		definition := f.Definition.Arguments.ForName(name)
		if definition == nil || definition.DefaultValue == nil {
			return 0, false
		}
		value, _ = definition.DefaultValue.Value(nil)
	case argument.Value.Kind == ast.ListValue:
		return float64(len(argument.Value.Children)), true
	case argument.Value.Kind == ast.Variable && e.bound != exact:
		return e.boundSize(), true
	default:
		value, _ = argument.Value.Value(e.variables)
	}
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	case json.Number:
		size, err := n.Float64()
		return size, err == nil && !math.IsNaN(size)
	case []any:
		return float64(len(n)), true
	default:
		return 0, false
	}
}

// included reports whether @skip and @include leave a selection.
func (e *estimator) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		if condition := d.Arguments.ForName("if"); condition != nil {
			if condition.Value.Kind == ast.Variable && e.bound != exact {
				if e.bound == least {
					return false
				}
				continue
			}
			value, _ := condition.Value.Value(e.variables)
			if is, ok := value.(bool); ok && is == (d.Name == "skip") {
				return false
			}
		}
	}
	return true
}
