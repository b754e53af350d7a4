package web

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

// intercepts reports whether an extension wants to be called around operations, their answers, or the fields of the root.
func intercepts(extensions []graphql.HandlerExtension) bool {
	return slices.ContainsFunc(extensions, func(e graphql.HandlerExtension) bool {
		_, operations := e.(graphql.OperationInterceptor)
		_, responses := e.(graphql.ResponseInterceptor)
		_, fields := e.(graphql.RootFieldInterceptor)
		return operations || responses || fields
	})
}

// dispatch executes an operation; nil when ctx ended before. It does what the executor's DispatchOperation does, which has
// contexts and functions for interceptors that need not be there.
func (g *graphQL) dispatch(ctx context.Context, operation *graphql.OperationContext) *graphql.Response {
	if g.intercepted {
		next, ctx := g.executor.DispatchOperation(ctx, operation)
		return next(ctx)
	}
	if ctx.Err() != nil {
		return nil
	}
	ctx = graphql.WithResponseContext(graphql.WithOperationContext(ctx, operation), g.present, g.recover)
	return gqlerr.Trim(ctx, func(ctx context.Context) *graphql.Response {
		response := g.executable.Exec(ctx)(ctx)
		response.Errors = append(response.Errors, graphql.GetErrors(ctx)...)
		return response
	})
}
