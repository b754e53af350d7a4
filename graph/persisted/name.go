package persisted

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
)

// OperationName returns the name of the first operation of a text that has one, whether or not the text is a document; empty when
// none is found. It is for people: what is wrong with a text is told with it.
func OperationName(text string) string {
	tokens := lexer.New(&ast.Source{Input: text})
	depth, begins, names := 0, true, false
	for {
		token, err := tokens.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return ""
		}
		if names && token.Kind == lexer.Name && len(token.Value) <= MaxIDBytes {
			return token.Value
		}
		names = begins && token.Kind == lexer.Name &&
			(token.Value == "query" || token.Value == "mutation" || token.Value == "subscription")
		switch token.Kind {
		case lexer.BraceL:
			depth++
		case lexer.BraceR:
			depth--
		default: // the others do not nest definitions
		}
		isDescription := token.Kind == lexer.String || token.Kind == lexer.BlockString || token.Kind == lexer.Comment
		begins = depth == 0 && (token.Kind == lexer.BraceR || begins && isDescription)
	}
}
