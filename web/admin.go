package web

import (
	"net/http"
)

// Admin is what is served at the admin address. Required are Health, Metrics and Profiles.
type Admin struct {
	Health   *Health
	Metrics  http.Handler // of GET /metrics
	Profiles http.Handler // of GET /debug/pprof/
	Access   Access       // LocalOnly and Hosts count
}

// Handler returns the admin handler:
//
//	GET /livez, /readyz    see Health
//	GET /metrics           for Prometheus
//	GET /debug/pprof/      profiles of the program
//
// None of it asks for a key: who reaches the address may see all of it. Pages that made their own name lead to the loopback may not.
func (a Admin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", a.Health.Handler())
	mux.Handle("GET /metrics", unkept(a.Metrics))
	mux.Handle("GET /debug/pprof/", unkept(a.Profiles))
	if a.Access.LocalOnly {
		return localOnly(mux, a.Access.Hosts)
	}
	return mux
}

// unkept says of all answers that no cache may keep them.
func unkept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
