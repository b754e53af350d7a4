package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/corpintel/corpintel/graph"
)

// maxBodyBytes bounds the body of a request.
const maxBodyBytes = 1 << 20

// Options are what a handler depends on. All are required but Attach.
type Options struct {
	Resolvers      graph.ResolverRoot
	Attach         func(context.Context) context.Context // gives a request what its resolvers share, such as loaders
	RequestTimeout time.Duration                         // for the whole of an operation
	Logger         *slog.Logger
	Now            func() time.Time
}

// New returns the public handler:
//
//	GET, POST /graphql   GraphQL over HTTP
//	GET /graphiql        the explorer
//	GET /                leads to the explorer
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", newGraphQL(o))
	mux.Handle("GET /graphiql", explorerFile("explorer.html"))
	mux.Handle("GET /graphiql/explorer.css", explorerFile("explorer.css"))
	mux.Handle("GET /graphiql/explorer.js", explorerFile("explorer.js"))
	mux.Handle("GET /{$}", http.RedirectHandler("/graphiql", http.StatusFound))

	// From the inside out: a panic is recovered where the request is known by its id and its status is counted.
	var h http.Handler = mux
	h = http.MaxBytesHandler(h, maxBodyBytes)
	h = secured(h)
	h = recovered(h, o.Logger)
	h = logged(h, o.Logger, o.Now)
	return h
}
