package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/ratelimit"
)

// TestRefund checks that what is given back can be spent again, and no more than that.
func TestRefund(t *testing.T) {
	t.Parallel()
	const budget = 600 // 10 in a second
	var now clock
	l := now.limiter()
	l.Spend(t.Context(), "key", budget, 600)
	want := ratelimit.Decision{Allowed: true, Limit: budget, Remaining: 100, Reset: 50 * time.Second}
	if diff := cmp.Diff(want, l.Refund("key", budget, 100)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := l.Spend(t.Context(), "key", budget, 101); got.Allowed {
		t.Error("more than was given back")
	}
	if got := l.Spend(t.Context(), "key", budget, 100); !got.Allowed {
		t.Errorf("what was given back: %+v", got)
	}
	now.advance(time.Hour)
	if got := l.Refund("key", budget, 600); got.Remaining != budget || got.Reset != 0 {
		t.Errorf("a bucket has become more than full: %+v", got)
	}
	if got := l.Spend(t.Context(), "key", budget, 601); got.Allowed {
		t.Error("more than the budget")
	}
	if diff := cmp.Diff(ratelimit.Decision{Allowed: true}, l.Refund("admin", 0, 5)); diff != "" {
		t.Errorf("without a budget (-want +got):\n%s", diff)
	}
}

// TestRefundIsShared checks that servers that share a Redis allow no more than the budget together where they give back, and that what
// was given back is not lost to the server that did.
func TestRefundIsShared(t *testing.T) {
	t.Parallel()
	undisturbed(t, 2, func(now *clock, key string, limiters []*ratelimit.Limiter) string {
		const budget = 6000
		var kept account
		for i := range 4000 {
			l, cost := limiters[i%2], int64(1+i%37)
			if !l.Spend(t.Context(), key, budget, cost).Allowed {
				now.advance(40 * time.Millisecond)
				continue
			}
			if i%3 == 0 {
				l.Refund(key, budget, cost)
				continue
			}
			kept = append(kept, spend{now.ms.Load(), cost})
			now.advance(time.Millisecond)
		}
		if fault := kept.fault(budget); fault != "" {
			return fault
		}
		var sum int64
		for _, s := range kept {
			sum += s.cost
		}
		if most := budget + budget*now.ms.Load()/60_000; sum < most*9/10 {
			return fmt.Sprintf("%d allowed, %d may be", sum, most)
		}
		return ""
	})
}
