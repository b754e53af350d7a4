package telemetry

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Others may ask for their requests to be sampled maxAsked at once, and again one each askedEvery: proxies hand on what strangers
// have sent.
const (
	maxAsked   = 50
	askedEvery = time.Second / 50
)

// sampler decides which requests are traced.
type sampler struct {
	share float64 // of those that nobody has decided about
	now   func() time.Time
	until atomic.Int64 // the time up to which is taken what others may ask for, in ns
}

// takes reports whether a request is traced. What a parent says counts if it is trusted: not sampled always, sampled within limits.
// The id of a trace decides nothing, as who sends it has chosen it.
func (s *sampler) takes(parent trace.SpanContext, trusted bool) bool {
	if trusted && parent.IsValid() {
		if !parent.IsSampled() {
			return false
		}
		if s.grant() {
			return true
		}
	}
	return s.share > 0 && rand.Float64() < s.share //nolint:gosec // it is no secret
}

// grant reports whether one more is sampled since others want it.
func (s *sampler) grant() bool {
	now := s.now().UnixNano()
	for {
		taken := s.until.Load()
		next := max(taken, now-(maxAsked-1)*int64(askedEvery))
		if next > now {
			return false
		}
		if s.until.CompareAndSwap(taken, next+int64(askedEvery)) {
			return true
		}
	}
}
