package bench_test

import (
	"context"
	"testing"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
)

// tracedNothing returns the telemetry of a server that could trace requests, and samples none: that is what most requests of a
// server with traces cost.
func tracedNothing(t testing.TB) *telemetry.Telemetry {
	t.Helper()
	m := telemetry.New(telemetry.Options{})
	end, err := m.OpenTraces(t.Context(), telemetry.TraceOptions{Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(context.WithoutCancel(t.Context())) })
	return m
}

// observer tells the telemetry of round trips, as a server does.
type observer struct{ telemetry *telemetry.Telemetry }

// Observe implements store.Observer.
func (o observer) Observe(ctx context.Context, trip store.RoundTrip) {
	o.telemetry.Trip(ctx, telemetry.Trip{Start: trip.Start, Waited: trip.Waited, Took: trip.Took, Failed: trip.Err != nil},
		trip.Len(), func(i int) telemetry.Statement {
			s := trip.Statement(i)
			return telemetry.Statement{Name: s.Name, Rows: s.Rows, Took: s.Took}
		})
}
