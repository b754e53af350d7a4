package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/telemetry"
)

// tracing returns a Telemetry that traces a share of requests and sends them to a URL. It is ended with the test, in no time.
func tracing(t testing.TB, url string, sampling float64) (m *telemetry.Telemetry, end func(context.Context)) {
	t.Helper()
	m = telemetry.New(telemetry.Options{})
	end, err := m.OpenTraces(t.Context(), telemetry.TraceOptions{Endpoint: url, Sampling: sampling})
	if err != nil {
		t.Fatal(err)
	}
	return m, end
}

// now is a context that has ended.
func now(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// traceOne makes the trace of a request that has a round trip of two statements.
func traceOne(ctx context.Context, m *telemetry.Telemetry, q *telemetry.Request, header http.Header) {
	start := time.Now()
	m.Begin(q, "id", http.MethodPost, "/graphql", start)
	ctx = m.Trace(telemetry.NewContext(ctx, q), q, header, false)
	m.Trip(ctx, telemetry.Trip{Start: start, Took: time.Millisecond}, 2, func(int) telemetry.Statement {
		return telemetry.Statement{Name: "S", Rows: 1, Took: time.Millisecond / 2}
	})
	m.End(ctx, q, telemetry.Ending{Pattern: "POST /graphql", Status: http.StatusOK, At: start.Add(time.Millisecond)})
}

// TestStuckCollector traces more than a collector that never answers lets through: nobody waits, and what is lost is counted.
func TestStuckCollector(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer collector.Close()
	defer close(release)
	m, end := tracing(t, collector.URL, 1)
	const requests, each, waiting = 1000, 4, 2048
	for range requests {
		traceOne(t.Context(), m, new(telemetry.Request), nil)
	}
	outcomes := func() map[string]float64 { return flat(scrape(t, m)["corpintel_trace_spans_total"]) }
	if got := outcomes(); got["dropped"] != requests*each-waiting || got["sent"]+got["failed"] != 0 {
		t.Errorf("%v, want %d dropped", got, requests*each-waiting)
	}
	limited, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	end(limited)
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for got := outcomes(); got["failed"] != waiting; got = outcomes() {
		select {
		case <-pause.C:
		case <-time.After(time.Minute):
			t.Fatalf("%v, want %d failed", got, waiting)
		}
	}
}

// TestTraceAllocations compares the allocations of requests that are not sampled with those of a server without traces.
func TestTraceAllocations(t *testing.T) {
	without := telemetry.New(telemetry.Options{})
	with, end := tracing(t, "http://127.0.0.1:1", 0)
	defer end(now(t))
	ctx := t.Context()
	process := with.RedisHook().ProcessHook(func(context.Context, redis.Cmder) error { return nil })
	command := redis.NewCmd(ctx, "get", "k")
	if n := testing.AllocsPerRun(1000, func() { _ = process(ctx, command) }); n != 0 {
		t.Errorf("%v allocations around a command to Redis, want none", n)
	}
	allocations := func(m *telemetry.Telemetry) float64 {
		return testing.AllocsPerRun(1000, func() { traceOne(ctx, m, new(telemetry.Request), http.Header{}) })
	}
	if a, b := allocations(without), allocations(with); b > a {
		t.Errorf("%v allocations, want %v as without traces", b, a)
	}
}

var traceID = regexp.MustCompile("^[0-9a-f]{32}$")

// FuzzTraceparent reads what strangers send: it is a trace that goes on, or there is a new one.
func FuzzTraceparent(f *testing.F) {
	for _, seed := range []string{
		"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
		"00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
		"00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
	} {
		f.Add(seed, "a=b")
	}
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", strings.Repeat("a=b,", 40))
	m, end := tracing(f, "http://127.0.0.1:1", 1)
	f.Cleanup(func() { end(now(f)) })
	f.Fuzz(func(t *testing.T, parent, state string) {
		q := new(telemetry.Request)
		traceOne(t.Context(), m, q, http.Header{"Traceparent": {parent}, "Tracestate": {state}})
		if !traceID.MatchString(q.TraceID()) || !q.Traced() {
			t.Fatalf("the trace is %q", q.TraceID())
		}
		const given = "0af7651916cd43dd8448eb211c80319c"
		if q.TraceID() == given && !strings.Contains(parent, given) {
			t.Fatalf("the trace is %q", q.TraceID())
		}
	})
}

// TestTraceparent checks which ids of traces are taken over.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	m, end := tracing(t, "http://127.0.0.1:1", 0)
	defer end(now(t))
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, test := range map[string]struct {
		parents []string
		want    string
	}{
		"none":       {nil, ""},
		"good":       {[]string{good}, "0af7651916cd43dd8448eb211c80319c"},
		"two":        {[]string{good, good}, ""},
		"upper case": {[]string{strings.ToUpper(good)}, ""},
		"zero":       {[]string{"00-00000000000000000000000000000000-b7ad6b7169203331-01"}, ""},
		"version ff": {[]string{"ff" + good[2:]}, ""},
		"cut":        {[]string{good[:40]}, ""},
	} {
		q := new(telemetry.Request)
		traceOne(t.Context(), m, q, http.Header{"Traceparent": test.parents})
		if q.TraceID() != test.want || q.Traced() {
			t.Errorf("%s: %q, sampled: %t", name, q.TraceID(), q.Traced())
		}
	}
}
