package resolvers

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

// childContext returns the context that a field below the one being resolved will have, with its arguments coerced as
// the executor will coerce them. FieldContext.Child of gqlgen does the same for objects, but not below an interface, and
// reports the errors of arguments as if they were ours. The error says that an argument cannot be coerced: the field
// itself will report it.
func childContext(ctx context.Context, op *graphql.OperationContext, field graphql.CollectedField) (*graphql.FieldContext, error) {
	child := &graphql.FieldContext{Field: field}
	if len(field.Definition.Arguments) == 0 {
		return child, nil
	}
	for _, a := range field.Arguments {
		if _, err := a.Value.Value(op.Variables); err != nil { // ArgumentMap would panic
			return nil, fmt.Errorf("argument %s: %w", a.Name, err)
		}
	}
	raw := field.ArgumentMap(op.Variables)
	child.Args = make(map[string]any, len(raw))
	for _, def := range field.Definition.Arguments {
		value, given := raw[def.Name]
		if !given || value == nil {
			continue // absent and null are one
		}
		coerced, err := coerce(ctx, def.Type, value)
		if err != nil {
			return nil, fmt.Errorf("argument %s: %w", def.Name, err)
		}
		child.Args[def.Name] = coerced
	}
	return child, nil
}

// coerce turns a value of a document or variable into the Go type that the resolvers of fields below the root take.
func coerce(ctx context.Context, t *ast.Type, value any) (any, error) {
	if t.Elem != nil {
		return coerceTexts(value)
	}
	switch t.NamedType {
	case "String", "ID":
		return convert(t, value, graphql.UnmarshalString)
	case "Int":
		return convert(t, value, graphql.UnmarshalInt)
	case "Date":
		return convert(t, value, scalar.UnmarshalDate)
	case "MetricPeriod":
		return convert(t, value, scalar.UnmarshalMetricPeriod)
	case "FilingFilter":
		filter := new(store.FilingFilter)
		return filter, graphql.UnmarshalNamedInputFromContext(ctx, t.NamedType, value, filter)
	case "MetricDefinitionFilter":
		filter := new(store.MetricDefinitionFilter)
		return filter, graphql.UnmarshalNamedInputFromContext(ctx, t.NamedType, value, filter)
	default:
		return nil, fmt.Errorf("arguments of type %s are not looked ahead", t)
	}
}

// convert returns the value for a non-null type, a pointer to it for a nullable one.
func convert[T any](t *ast.Type, value any, unmarshal func(any) (T, error)) (any, error) {
	v, err := unmarshal(value)
	if err != nil {
		return nil, err
	}
	if t.NonNull {
		return v, nil
	}
	return &v, nil
}

func coerceTexts(value any) ([]string, error) {
	elements := graphql.CoerceList(value)
	out := make([]string, len(elements))
	for i, e := range elements {
		s, err := graphql.UnmarshalString(e)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}
