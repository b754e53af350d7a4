package cost

import "github.com/vektah/gqlparser/v2/ast"

// bound says what an estimate supposes of variables.
type bound int

const (
	exact bound = iota // they have values
	least              // those that make the operation cheapest
	most               // those that make it dearest
)

// Bounds returns between what a valid operation could cost, whatever its variables are: with one element in each list whose size
// they say and without what they can leave out, and with full pages and everything. Lists that are sent in variables count
// nothing. The least is no more than any call costs that asks for anything.
func (m *Model) Bounds(operation *ast.OperationDefinition) (from, to int) {
	cheapest := estimator{model: m, bound: least}
	dearest := estimator{model: m, bound: most}
	from = int(min(cheapest.selections(operation.SelectionSet, nil).fixed, enough))
	to = int(min(dearest.selections(operation.SelectionSet, nil).fixed, enough))
	return from, to
}

// boundSize returns what is supposed of a size that a variable says.
func (e *estimator) boundSize() float64 {
	if e.bound == most {
		return float64(e.model.maxSize)
	}
	return 1
}
