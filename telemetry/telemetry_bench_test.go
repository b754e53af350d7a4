package telemetry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/corpintel/corpintel/telemetry"
)

// BenchmarkRequest is what counting costs: an operation whose answer was kept, and one with a round trip of three statements.
func BenchmarkRequest(b *testing.B) {
	for name, trips := range map[string]int{"kept": 0, "executed": 1} {
		b.Run(name, func(b *testing.B) {
			m := telemetry.New(telemetry.Options{Slow: time.Second})
			start := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				q := new(telemetry.Request)
				ctx := telemetry.NewContext(b.Context(), q)
				m.Begin(q, "id", http.MethodPost, "/graphql", start)
				q.Ask()
				q.By("client", "analyst")
				q.Resolve("text")
				q.Operation = "Known"
				for range trips {
					m.Trip(ctx, telemetry.Trip{Took: time.Millisecond}, 3, func(int) telemetry.Statement {
						return telemetry.Statement{Name: "CompaniesPage", Rows: 1, Took: time.Millisecond}
					})
				}
				q.Executed(telemetry.Memory)
				m.End(ctx, q, telemetry.Ending{Pattern: "/graphql", Status: 200, Bytes: 100, At: start.Add(time.Millisecond)})
			}
		})
	}
}
