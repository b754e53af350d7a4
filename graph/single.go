// Package graph is the executable schema: generated from the folder schema, but for what stands in single.go.
package graph

import (
	"bytes"
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// NewSchema returns the executable schema of a server. It executes what NewExecutableSchema does; the most common operations,
// queries of one field, without what the generated code needs for several: the collecting, scheduling and joining of fields
// costs a small answer as much as the field itself. Nothing is called around fields of the root (AroundRootFields) then.
func NewSchema(c Config) graphql.ExecutableSchema {
	generated := NewExecutableSchema(c)
	if generated.Schema().Directives["defer"] != nil {
		return generated // parts of the answer may come later
	}
	s := &singleSchema{executableSchema: generated.(*executableSchema)}
	s.inputs = newExecutionContext(&graphql.OperationContext{}, s.executableSchema, nil).inputs()
	return s
}

type singleSchema struct {
	*executableSchema

	inputs *graphql.InputUnmarshalerIndex // how input objects are read, which does not depend on the operation
}

// rootResolvers are the fields of Query, as the generated code has them.
var rootResolvers = map[string]struct {
	resolve func(*executionContext, context.Context, graphql.CollectedField) graphql.Marshaler
	nonNull bool
}{
	"company":           {(*executionContext)._Query_company, false},
	"companies":         {(*executionContext)._Query_companies, true},
	"dataSet":           {(*executionContext)._Query_dataSet, true},
	"filing":            {(*executionContext)._Query_filing, false},
	"filings":           {(*executionContext)._Query_filings, true},
	"metricDefinitions": {(*executionContext)._Query_metricDefinitions, true},
	"node":              {(*executionContext)._Query_node, false},
	"nodes":             {(*executionContext)._Query_nodes, true},
	"searchCompanies":   {(*executionContext)._Query_searchCompanies, true},
}

// Exec implements graphql.ExecutableSchema.
func (s *singleSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	only := onlyField(op.Operation)
	if only == nil {
		return s.executableSchema.Exec(ctx)
	}
	root, ok := rootResolvers[only.Name]
	if !ok {
		return s.executableSchema.Exec(ctx) // introspection
	}
	ec := newExecutionContext(op, s.executableSchema, nil)
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		field := graphql.CollectedField{Field: only, Selections: only.SelectionSet}
		ctx = graphql.WithInputUnmarshalerIndex(ctx, s.inputs)
		ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query"})
		value := root.resolve(ec, ctx, field)
		if value == graphql.Null && root.nonNull || value == graphql.RequiredNull {
			return &graphql.Response{Data: []byte("null")}
		}
		return &graphql.Response{Data: object(only.Alias, value)}
	}
}

// onlyField returns the field of a query that has only one, in every case; nil for others.
func onlyField(op *ast.OperationDefinition) *ast.Field {
	if op.Operation != ast.Query || len(op.SelectionSet) != 1 {
		return nil
	}
	field, ok := op.SelectionSet[0].(*ast.Field)
	if !ok || len(field.Directives) > 0 {
		return nil
	}
	return field
}

// object returns an object of one member.
func object(name string, value graphql.Marshaler) []byte {
	var b bytes.Buffer
	if known, ok := value.(interface{ Len() int }); ok {
		b.Grow(known.Len() + len(name) + len(`{"":}`))
	}
	b.WriteString(`{"`)
	b.WriteString(name) // a name of GraphQL: nothing in it is to be escaped
	b.WriteString(`":`)
	value.MarshalGQL(&b)
	b.WriteByte('}')
	return b.Bytes()
}

// inputs tells how input objects are read.
func (ec *executionContext) inputs() *graphql.InputUnmarshalerIndex {
	return graphql.NewInputUnmarshalerIndex(
		graphql.NewInputUnmarshaler("CompanyFilter", ec.unmarshalInputCompanyFilter),
		graphql.NewInputUnmarshaler("CompanyOrder", ec.unmarshalInputCompanyOrder),
		graphql.NewInputUnmarshaler("FilingFilter", ec.unmarshalInputFilingFilter),
		graphql.NewInputUnmarshaler("FloatRange", ec.unmarshalInputFloatRange),
		graphql.NewInputUnmarshaler("MetricDefinitionFilter", ec.unmarshalInputMetricDefinitionFilter),
	)
}
