package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/corpintel/corpintel/web"
)

// TestAdminIsNotForPages calls a server on the loopback by a name that a page made lead there (DNS rebinding).
func TestAdminIsNotForPages(t *testing.T) {
	t.Parallel()
	served := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for name, test := range map[string]struct {
		access web.Access
		host   string
		want   int
	}{
		"loopback":                 {web.Access{LocalOnly: true}, "127.0.0.1:8081", http.StatusOK},
		"its name":                 {web.Access{LocalOnly: true}, "localhost:8081", http.StatusOK},
		"name of a page":           {web.Access{LocalOnly: true}, "page.example:8081", http.StatusMisdirectedRequest},
		"name of a proxy":          {web.Access{LocalOnly: true, Hosts: []string{"admin.example"}}, "admin.example", http.StatusOK},
		"server that others reach": {web.Access{}, "corpintel.internal:8081", http.StatusOK},
	} {
		health := web.NewHealth(func(context.Context) error { return nil }, logger(&syncBuffer{}))
		h := web.Admin{Health: health, Metrics: served, Profiles: served, Access: test.access}.Handler()
		for _, path := range []string{"/livez", "/metrics", "/debug/pprof/heap"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = test.host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.want {
				t.Errorf("%s, %s: %d, want %d", name, path, w.Code, test.want)
			}
		}
	}
}
