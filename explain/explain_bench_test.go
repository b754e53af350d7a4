package explain_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/auth"
)

// BenchmarkOperation runs the dashboard's list as it is, and explained.
func BenchmarkOperation(b *testing.B) {
	s := start(b, options{})
	g := readGolden(b, "testdata/dashboard.txtar")
	body := string(requestBody(b, g.query, g.variables))
	for name, header := range map[string]string{"plain": "", "explained": "1"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Api-Key", s.keys[auth.RoleAnalyst])
				r.Header.Set("Corpintel-Explain", header)
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"explain"`) != (header != "") {
					b.Fatalf("%d %.300s", w.Code, w.Body)
				}
			}
		})
	}
}
