package telemetry

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// TestSampler checks who decides whether a request is traced.
func TestSampler(t *testing.T) {
	t.Parallel()
	of := func(flags trace.TraceFlags) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: flags, Remote: true})
	}
	for name, test := range map[string]struct {
		share   float64
		parent  trace.SpanContext
		trusted bool
		want    bool
	}{
		"none":                         {0, trace.SpanContext{}, false, false},
		"all":                          {1, trace.SpanContext{}, false, true},
		"stranger, sampled":            {0, of(trace.FlagsSampled), false, false},
		"stranger, not sampled":        {1, of(0), false, true},
		"trusted, sampled":             {0, of(trace.FlagsSampled), true, true},
		"trusted, not sampled":         {1, of(0), true, false},
		"trusted, nothing to go on":    {1, trace.SpanContext{}, true, true},
		"trusted, nothing, none taken": {0, trace.SpanContext{}, true, false},
	} {
		s := sampler{share: test.share, now: time.Now}
		if got := s.takes(test.parent, test.trusted); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestSamplerFlood sends what is to be sampled through a trusted proxy, more than is granted.
func TestSamplerFlood(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	s := sampler{now: func() time.Time { return now }}
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	flood := func() (taken int) {
		for range 10_000 {
			if s.takes(parent, true) {
				taken++
			}
		}
		return taken
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, maxAsked}, {0, 0}, {askedEvery, 1}, {10 * askedEvery, 10}, {time.Hour, maxAsked}} {
		now = now.Add(step.after)
		if got := flood(); got != step.want {
			t.Errorf("after %s %d are taken, want %d", step.after, got, step.want)
		}
	}
}
