package cost

import (
	"encoding/json"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// Actual returns what an operation costs by its answer: the weights of Estimate, for the objects and elements that data has in
// place of those that a page could have. A field that is not in an object, as that is of another type, costs nothing; one that is
// null costs its weight. It is more than the estimate where a list has more elements than the schema assumes. Error: data is no
// answer to the operation.
func (m *Model) Actual(operation *ast.OperationDefinition, variables map[string]any, data []byte) (int, error) {
	e := estimator{model: m, variables: variables}
	total, err := e.value(operation.SelectionSet, data)
	return int(min(total, enough)), err
}

// value returns what selections cost of an object, of those in a list, or of null.
func (e *estimator) value(set ast.SelectionSet, data []byte) (total float64, err error) {
	if len(data) == 0 {
		return 0, nil
	}
	switch data[0] {
	case '{':
		var members map[string]json.RawMessage
		if err := json.Unmarshal(data, &members); err != nil {
			return 0, fmt.Errorf("object of an answer: %w", err)
		}
		return e.object(set, members)
	case '[':
		var elements []json.RawMessage
		if err := json.Unmarshal(data, &elements); err != nil {
			return 0, fmt.Errorf("list of an answer: %w", err)
		}
		for _, element := range elements {
			cost, err := e.value(set, element)
			if err != nil {
				return 0, err
			}
			total += cost
		}
	}
	return total, nil
}

func (e *estimator) object(set ast.SelectionSet, members map[string]json.RawMessage) (total float64, err error) {
	for _, selection := range set {
		var cost float64
		switch s := selection.(type) {
		case *ast.Field:
			value, answered := members[s.Alias]
			if !answered || !e.included(s.Directives) {
				continue
			}
			cost = e.weight(s, e.model.of(s))
			if len(s.SelectionSet) > 0 {
				below, err := e.value(s.SelectionSet, value)
				if err != nil {
					return 0, err
				}
				cost += below
			}
		case *ast.InlineFragment:
			if e.included(s.Directives) {
				cost, err = e.object(s.SelectionSet, members)
			}
		case *ast.FragmentSpread:
			if e.included(s.Directives) {
				cost, err = e.object(s.Definition.SelectionSet, members)
			}
		}
		if err != nil {
			return 0, err
		}
		total += cost
	}
	return total, nil
}
