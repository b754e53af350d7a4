package web

import (
	"net/http"

	"github.com/corpintel/corpintel/telemetry"
)

// New returns the public handler:
//
//	GET, POST /graphql             GraphQL over HTTP
//	GET /graphql/d/{documentId}    a registered document
//	GET /graphql/documents         those of the client that asks
//	GET /graphiql                  the explorer
//	GET /                          the landing page
//	GET /assets/{name}             their scripts and styles
//	GET /licences.txt              licences of the software in the pages
func New(o Options) http.Handler {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	if o.Telemetry == nil {
		o.Telemetry = telemetry.New(telemetry.Options{Logger: o.Logger})
	}
	mux := http.NewServeMux()
	operations := newGraphQL(o)
	mux.Handle("/graphql", operations)
	mux.Handle("/graphql/d/{"+documentIDInPath+"}", operations)
	mux.HandleFunc("GET /graphql/documents", operations.listRegistered)
	pages := newPages()
	mux.Handle("GET /graphiql", pages.page("graphiql.html"))
	mux.Handle("GET /{$}", pages.page("index.html"))
	mux.Handle("GET /licences.txt", pages.page("licences.txt"))
	mux.HandleFunc("GET /assets/{name}", pages.asset)

	// From the inside out: a panic is recovered where the request is known by its id and its status is counted.
	var h http.Handler = mux
	if o.Access.LocalOnly {
		h = localOnly(h, o.Access.Hosts)
	}
	h = secured(h)
	h = recovered(h, o.Logger)
	h = counted(h, o.Telemetry, o.Access.Proxies, o.Now)
	return h
}
