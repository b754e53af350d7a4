// Package resolvers answers the fields of the schema that need more than a row of the store.
//
// A resolver is three moves: check the arguments, ask a loader or the store, shape the answer. Resolvers of the root
// look ahead at what will be asked of the objects they return (lookahead.go), so that the resolvers below find it loaded.
package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/store"
)

//go:generate go tool gqlgen generate

// Resolver holds what resolvers depend on. It implements graph.ResolverRoot.
type Resolver struct {
	store *store.Store
}

var _ graph.ResolverRoot = (*Resolver)(nil)

// New returns the resolvers over s. Operations need a loader set (loaders.Attach) in their context.
func New(s *store.Store) *Resolver { return &Resolver{store: s} }

// addElementError reports what is wrong with one element of the list that the field being resolved returns.
func addElementError(ctx context.Context, index int, err error) {
	path := append(graphql.GetFieldContext(ctx).Path(), ast.PathIndex(index))
	graphql.AddError(ctx, &gqlerror.Error{Err: err, Message: err.Error(), Path: path})
}
