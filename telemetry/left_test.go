package telemetry_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/telemetry"
)

// TestLeft counts requests whose clients hung up: they are no faults, and their time says nothing.
func TestLeft(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	m := telemetry.New(telemetry.Options{Requests: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ask(t, m, func(q *telemetry.Request) {
		q.Operation = "Gone"
		q.Leave()
		q.Fail("UNAVAILABLE")
		q.Executed(telemetry.Made)
	})
	ask(t, m, func(q *telemetry.Request) { q.Fail("BAD_REQUEST") })
	families, got := scrape(t, m), map[string]map[string]float64{}
	for _, name := range []string{
		"http_requests_total", "corpintel_graphql_errors_total", "corpintel_graphql_operations_total",
		"corpintel_graphql_operation_duration_seconds", "corpintel_request_statements",
	} {
		got[name] = flat(families[name])
	}
	want := map[string]map[string]float64{
		"http_requests_total":                          {"/graphql POST 499": 1, "/graphql POST 200": 1},
		"corpintel_graphql_errors_total":               {"BAD_REQUEST": 1},
		"corpintel_graphql_operations_total":           {"other left": 1, "other refused": 1, "other ok": 0, "other errors": 0},
		"corpintel_graphql_operation_duration_seconds": {"other": 0},
		"corpintel_request_statements":                 {"": 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(log.String(), "level=INFO msg=request method=POST path=/graphql status=499") {
		t.Errorf("log: %s", &log)
	}
}

// TestTurnedAway logs a request that was turned away like one that was answered, and another fault as a warning.
func TestTurnedAway(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"OVERLOADED": "", "UNAVAILABLE": "level=WARN msg=request"} {
		var log strings.Builder
		m := telemetry.New(telemetry.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		q := new(telemetry.Request)
		m.Begin(q, "id", http.MethodPost, "/graphql", time.Now())
		q.Fail(code)
		m.End(t.Context(), q, telemetry.Ending{Pattern: "/graphql", Status: http.StatusServiceUnavailable, At: time.Now()})
		if got := log.String(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", code, got)
		}
	}
}

// TestHeadHasNoBody counts what was sent in answer to HEAD, whatever was written.
func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	m := telemetry.New(telemetry.Options{})
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		q := new(telemetry.Request)
		m.Begin(q, "id", method, "/graphql", time.Now())
		m.End(t.Context(), q, telemetry.Ending{Pattern: "/graphql", Status: http.StatusOK, Bytes: 100, At: time.Now()})
	}
	sizes := scrape(t, m)["corpintel_http_response_bytes"].GetMetric()[0].GetHistogram()
	if sizes.GetSampleSum() != 100 || sizes.GetSampleCount() != 2 {
		t.Errorf("%v bytes in %d answers, want 100 in 2", sizes.GetSampleSum(), sizes.GetSampleCount())
	}
}

// TestTripsThatWereNotMade tells round trips apart that failed, and counts no statement that was not sent.
func TestTripsThatWereNotMade(t *testing.T) {
	t.Parallel()
	m := telemetry.New(telemetry.Options{})
	ask(t, m, func(q *telemetry.Request) {
		for _, trip := range []telemetry.Trip{
			{Failed: true},                                 // there was no connection
			{Failed: true, Cancelled: true},                // its client left before there was one
			{Failed: true, Took: time.Second, Again: true}, // it was sent, and broke off
			{Took: time.Millisecond, Again: true},
		} {
			m.Trip(telemetry.NewContext(t.Context(), q), trip, 3, func(int) telemetry.Statement { return telemetry.Statement{Name: "S"} })
		}
		named("Known")(q)
	})
	families := scrape(t, m)
	want := map[string]float64{"ok": 1, "failed": 1, "no_connection": 1, "cancelled": 1}
	if diff := cmp.Diff(want, flat(families["corpintel_db_round_trips_total"])); diff != "" {
		t.Errorf("round trips (-want +got):\n%s", diff)
	}
	for name, want := range map[string]float64{"corpintel_request_statements": 6, "corpintel_request_round_trips": 2} {
		if got := families[name].GetMetric()[0].GetHistogram().GetSampleSum(); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
