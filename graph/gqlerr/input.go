package gqlerr

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
)

// InputError says that an argument has a value that cannot be used. It is presented as BAD_USER_INPUT with the
// argument's name in extensions.argument.
type InputError struct {
	Argument string // name, for parts of it as in "filter.ciks[2]"; empty when it is not known
	Reason   string // what is wrong or wanted, fit for a user
}

func (e *InputError) Error() string {
	if e.Argument == "" {
		return e.Reason
	}
	return "argument " + e.Argument + ": " + e.Reason
}

// BadInput returns an *InputError about an argument; the reason is formatted as by fmt.Sprintf.
func BadInput(argument, format string, args ...any) error {
	return &InputError{Argument: argument, Reason: fmt.Sprintf(format, args...)}
}

// asInput returns err as a fault of an argument, nil if it is none. An error of the conversion of an argument is put
// on the path of its field: gqlgen gives it the path of the argument, which is no path of the answer.
func asInput(ctx context.Context, shown *gqlerror.Error, err error) *InputError {
	if input, ok := errors.AsType[*InputError](err); ok {
		return input
	}
	syntax, isSyntax := errors.AsType[*edgar.SyntaxError](err)
	field, argument := convertedArgument(ctx, shown.Path)
	switch {
	case argument == nil && !isSyntax:
		return nil
	case argument == nil:
		return &InputError{Reason: syntax.Error()}
	}
	shown.Path = field
	input := &InputError{Argument: argument.String(), Reason: "the value does not have the right type"}
	if wrongType, ok := errors.AsType[*scalar.TypeError](err); ok {
		input.Reason = wrongType.Error()
	} else if isSyntax {
		input.Reason = syntax.Error()
	}
	return input
}

// convertedArgument splits the path of an error that arose when a field's arguments were converted to Go into the
// path of the field and that of the argument. Both are nil for other errors: a field whose arguments were converted
// has them in its context.
func convertedArgument(ctx context.Context, path ast.Path) (field, argument ast.Path) {
	fc := graphql.GetFieldContext(ctx)
	if fc == nil || fc.Args != nil {
		return nil, nil
	}
	field = fc.Path()
	if len(path) <= len(field) || !slices.Equal(path[:len(field)], field) {
		return nil, nil
	}
	argument = path[len(field):]
	if _, named := argument[0].(ast.PathName); !named {
		return nil, nil
	}
	return field, argument
}
