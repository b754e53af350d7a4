package web

import (
	"context"
	"maps"
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/gqlerr"
)

const (
	// maxTokens bounds the length of a document; a large one of a dashboard has some hundred.
	maxTokens = 15_000
	// cachedDocuments is how many parsed and validated documents are kept.
	cachedDocuments = 1000
)

// newGraphQL returns the handler of /graphql.
func newGraphQL(o Options) http.Handler {
	server := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: o.Resolvers, Schema: withoutDefer(), Complexity: complexity()}))
	server.AddTransport(transport{})
	server.SetErrorPresenter(gqlerr.Present(o.Logger))
	server.SetRecoverFunc(gqlerr.Recover(o.Logger))
	server.SetParserTokenLimit(maxTokens)
	server.SetQueryCache(lru.New[*ast.QueryDocument](cachedDocuments))
	server.Use(extension.Introspection{})
	server.Use(&complexityLimit{})
	server.AroundResponses(gqlerr.Trim)

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), o.RequestTimeout)
		defer cancel()
		if o.Attach != nil {
			ctx = o.Attach(ctx)
		}
		server.ServeHTTP(w, r.WithContext(ctx))
	})
}

// withoutDefer returns the schema without the directive @defer, which the parser adds: an answer here is one body, in which
// deferred fields would be missing.
func withoutDefer() *ast.Schema {
	schema := *graph.NewExecutableSchema(graph.Config{}).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	delete(schema.Directives, "defer")
	return &schema
}
