package resolvers

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// showsFacts says whether an operation may ask of a metric value what comes from its fact. It looks at all of the
// document's fragments, used or not, each once, and at no condition: what is read in vain does no harm.
func showsFacts(op *graphql.OperationContext) bool {
	if selectsFacts(op.Operation.SelectionSet) {
		return true
	}
	for _, fragment := range op.Doc.Fragments {
		if selectsFacts(fragment.SelectionSet) {
			return true
		}
	}
	return false
}

func selectsFacts(selections ast.SelectionSet) bool {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			if s.ObjectDefinition.Name == "MetricValue" && !isNumber(s.Name) || selectsFacts(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if selectsFacts(s.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// isNumber says that a field of MetricValue is known without the fact.
func isNumber(field string) bool {
	switch field {
	case "__typename", "name", "unit", "definition", "ticker", "date", "value":
		return true
	default:
		return false
	}
}
