package ratelimit_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/ratelimit"
)

// clock is a time that a test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time              { return time.UnixMilli(1_800_000_000_000 + c.ms.Load()) }
func (c *clock) advance(d time.Duration)     { c.ms.Add(d.Milliseconds()) }
func (c *clock) limiter() *ratelimit.Limiter { return ratelimit.New(ratelimit.Options{Now: c.Now}) }

func TestDecisions(t *testing.T) {
	t.Parallel()
	const budget = 600 // 10 in a second
	type step struct {
		after time.Duration
		cost  int64
		want  ratelimit.Decision
	}
	tests := map[string][]step{
		"the budget at once, and no more": {
			{0, 500, ratelimit.Decision{Allowed: true, Limit: budget, Remaining: 100, Reset: 50 * time.Second}},
			{0, 100, ratelimit.Decision{Allowed: true, Limit: budget, Remaining: 0, Reset: time.Minute}},
			{0, 1, ratelimit.Decision{Limit: budget, Reset: time.Minute, RetryAfter: 100 * time.Millisecond}},
		},
		"what is refused costs nothing": {
			{0, 600, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
			{0, 100, ratelimit.Decision{Limit: budget, Reset: time.Minute, RetryAfter: 10 * time.Second}},
			{9 * time.Second, 100, ratelimit.Decision{Limit: budget, Remaining: 90, Reset: 51 * time.Second, RetryAfter: time.Second}},
			{time.Second, 100, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
		},
		"it fills up and no further": {
			{0, 600, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
			{24 * time.Hour, 200, ratelimit.Decision{Allowed: true, Limit: budget, Remaining: 400, Reset: 20 * time.Second}},
		},
		"more than may ever be spent": {
			{0, 601, ratelimit.Decision{TooCostly: true, Limit: budget, Remaining: 600}},
			{0, math.MaxInt64, ratelimit.Decision{TooCostly: true, Limit: budget, Remaining: 600}},
			{0, 600, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
		},
		"nothing is always allowed": {
			{0, 600, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
			{0, 0, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
			{0, -5, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
		},
		"a part of a unit is not there yet": {
			{0, 600, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
			{99 * time.Millisecond, 1, ratelimit.Decision{
				Limit: budget, Reset: time.Minute - 99*time.Millisecond, RetryAfter: time.Millisecond,
			}},
		},
		"a clock that goes back": {
			{0, 600, ratelimit.Decision{Allowed: true, Limit: budget, Reset: time.Minute}},
			{-time.Hour, 1, ratelimit.Decision{Limit: budget, Reset: time.Minute, RetryAfter: 100 * time.Millisecond}},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now clock
			l := now.limiter()
			for i, s := range steps {
				now.advance(s.after)
				if diff := cmp.Diff(s.want, l.Spend(t.Context(), "key", budget, s.cost)); diff != "" {
					t.Errorf("step %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestNoBudgetIsNoLimit(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	for _, budget := range []int64{0, -1, math.MinInt64} {
		if diff := cmp.Diff(ratelimit.Decision{Allowed: true}, l.Spend(t.Context(), "admin", budget, math.MaxInt64)); diff != "" {
			t.Errorf("budget %d (-want +got):\n%s", budget, diff)
		}
	}
}

func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	l.Spend(t.Context(), "a", 100, 100)
	if l.Spend(t.Context(), "a", 100, 1).Allowed {
		t.Error("a has spent its budget")
	}
	if !l.Spend(t.Context(), "b", 100, 100).Allowed {
		t.Error("b has spent nothing")
	}
}

// TestABudgetChanges keeps what was spent when an operator gives a client another budget.
func TestABudgetChanges(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	l.Spend(t.Context(), "a", 100, 100)
	if got := l.Spend(t.Context(), "a", 150, 50); !got.Allowed || got.Remaining != 0 {
		t.Errorf("more budget: %+v", got)
	}
	if got := l.Spend(t.Context(), "a", 60, 10); got.Allowed || got.RetryAfter != 10*time.Second {
		t.Errorf("less budget: %+v", got)
	}
}

// TestLargestNumbers must not overflow.
func TestLargestNumbers(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	got := l.Spend(t.Context(), "a", math.MaxInt64, math.MaxInt64)
	want := ratelimit.Decision{Allowed: true, Limit: 50_000_000_000, Reset: time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	now.advance(math.MaxInt64 / 4)
	if got := l.Spend(t.Context(), "a", math.MaxInt64, 1); !got.Allowed {
		t.Errorf("much later: %+v", got)
	}
}

// TestConcurrentSpends allows as much as the budget is, to the unit, however many ask.
func TestConcurrentSpends(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	if got := spendAtOnce(t, "key", 4000, l); got != 3000 {
		t.Errorf("%d allowed, want 3000", got)
	}
}

// spendAtOnce spends 1 unit of a budget of 3000 as often as times says, over limiters, and returns how often it may.
func spendAtOnce(t *testing.T, key string, times int, limiters ...*ratelimit.Limiter) int64 {
	t.Helper()
	const callers = 20
	var allowed atomic.Int64
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			for range times / callers {
				if limiters[i%len(limiters)].Spend(t.Context(), key, 3000, 1).Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	return allowed.Load()
}

// TestMemoryIsBounded has more keys come than there is room for, and then none.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	key := make([]byte, 4)
	for i := range 3*ratelimit.MostBuckets + 10 {
		key[0], key[1], key[2] = byte(i), byte(i>>8), byte(i>>16)
		l.Spend(t.Context(), string(key), 100, 1)
	}
	if got := l.Buckets(); got > 2*ratelimit.MostBuckets {
		t.Errorf("%d buckets, want %d at most", got, 2*ratelimit.MostBuckets)
	}
	for range 2 {
		now.advance(time.Minute)
		l.Spend(t.Context(), "another", 100, 1)
	}
	if got := l.Buckets(); got > 2 {
		t.Errorf("%d buckets after two minutes, want the one that is used", got)
	}
}

// TestForgettingGivesNothing uses a bucket at the times at which buckets are forgotten.
func TestForgettingGivesNothing(t *testing.T) {
	t.Parallel()
	var now clock
	l := now.limiter()
	l.Spend(t.Context(), "other", 600, 1) // the generations begin here
	now.advance(59 * time.Second)
	l.Spend(t.Context(), "key", 600, 600)
	now.advance(time.Second)
	l.Spend(t.Context(), "other", 600, 1)
	now.advance(58 * time.Second)
	if got := l.Spend(t.Context(), "key", 600, 0); got.Remaining != 590 {
		t.Errorf("%d remain after 59 s, want 590", got.Remaining)
	}
}

// FuzzDecisions holds what a client relies on: what it is told remains can be spent, and when it is told to wait, waiting
// that long is enough and waiting 1 ms less is not.
func FuzzDecisions(f *testing.F) {
	f.Add(int64(600), []byte{10, 200, 3, 0, 255, 255})
	f.Add(int64(7), []byte{0, 7, 0, 1, 1, 1, 60, 3})
	f.Add(int64(10_000_000_000), []byte{0, 255, 255, 255})
	f.Fuzz(func(t *testing.T, budget int64, script []byte) {
		if budget <= 0 || budget > 10_000_000_000 {
			return
		}
		var now clock
		l := now.limiter()
		for i := 0; i+1 < len(script) && i < 200; i += 2 {
			now.advance(time.Duration(script[i]) * 97 * time.Millisecond)
			cost := int64(float64(budget) * float64(script[i+1]) / 200)
			check(t, l, &now, budget, cost)
		}
	})
}

func check(t *testing.T, l *ratelimit.Limiter, now *clock, budget, cost int64) {
	t.Helper()
	d := l.Spend(t.Context(), "key", budget, cost)
	if d.Limit != budget || d.Remaining < 0 || d.Remaining > budget || d.Reset < 0 || d.Reset > time.Minute {
		t.Fatalf("budget %d, cost %d: %+v", budget, cost, d)
	}
	if d.TooCostly != (cost > budget) || d.Allowed == (d.TooCostly || d.RetryAfter > 0) {
		t.Fatalf("budget %d, cost %d: %+v contradicts itself", budget, cost, d)
	}
	if d.RetryAfter > 0 {
		now.advance(d.RetryAfter - time.Millisecond)
		if l.Spend(t.Context(), "key", budget, cost).Allowed {
			t.Fatalf("%+v: allowed earlier", d)
		}
		now.advance(time.Millisecond)
		if !l.Spend(t.Context(), "key", budget, cost).Allowed {
			t.Fatalf("%+v: not allowed then", d)
		}
		return
	}
	if l.Spend(t.Context(), "key", budget, d.Remaining+1).Allowed {
		t.Fatalf("%+v: more than remains was allowed", d)
	}
}
