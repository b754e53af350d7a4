package web

import (
	"net/http"
)

// New returns the public handler:
//
//	GET, POST /graphql   GraphQL over HTTP
//	GET /graphiql        the explorer
//	GET /                leads to the explorer
func New(o Options) http.Handler {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", newGraphQL(o))
	mux.Handle("GET /graphiql", explorerFile("explorer.html"))
	mux.Handle("GET /graphiql/explorer.css", explorerFile("explorer.css"))
	mux.Handle("GET /graphiql/explorer.js", explorerFile("explorer.js"))
	mux.Handle("GET /{$}", http.RedirectHandler("/graphiql", http.StatusFound))

	// From the inside out: a panic is recovered where the request is known by its id and its status is counted.
	var h http.Handler = mux
	if o.Access.LocalOnly {
		h = localOnly(h, o.Access.Hosts)
	}
	h = secured(h)
	h = recovered(h, o.Logger)
	h = logged(h, o.Logger, o.Now)
	return h
}
