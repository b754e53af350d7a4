package ratelimit_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/ratelimit"
)

// servers returns limiters that share a Redis and a clock.
func servers(t testing.TB, redis *cachetest.Server, now *clock, n int) []*ratelimit.Limiter {
	t.Helper()
	limiters, _ := serversWithCaches(t, redis, now, n)
	return limiters
}

func serversWithCaches(t testing.TB, redis *cachetest.Server, now *clock, n int) ([]*ratelimit.Limiter, []*cache.Cache) {
	t.Helper()
	limiters, caches := make([]*ratelimit.Limiter, n), make([]*cache.Cache, n)
	for i := range limiters {
		caches[i] = redis.Cache()
		limiters[i] = ratelimit.New(ratelimit.Options{Cache: caches[i], Now: now.Now})
		limiters[i].UseClock()
	}
	return limiters, caches
}

// undisturbed runs a test of servers that share a Redis until it ran without one call that Redis did not answer in time:
// on a busy machine that happens, and is another test's subject.
func undisturbed(t *testing.T, n int, test func(now *clock, key string, limiters []*ratelimit.Limiter) (fault string)) {
	t.Helper()
	undisturbedOn(t, cachetest.Start(t), n, test)
}

func undisturbedOn(
	t *testing.T, redis *cachetest.Server, n int,
	test func(now *clock, key string, limiters []*ratelimit.Limiter) (fault string),
) {
	t.Helper()
	const tries = 20
	for try := range tries {
		var now clock
		limiters, caches := serversWithCaches(t, redis, &now, n)
		fault := test(&now, fmt.Sprint("key", try), limiters)
		failures := int64(0)
		for _, c := range caches {
			failures += c.Stats().Failures + c.Stats().Rejected
		}
		if failures == 0 {
			if fault != "" {
				t.Error(fault)
			}
			return
		}
	}
	t.Fatalf("Redis did not answer in time in each of %d runs", tries)
}

// spend is one that was allowed.
type spend struct{ at, cost int64 }

// account holds what was allowed, in the order of time.
type account []spend

// fault tells where more was allowed between any two times than a full bucket and what it was refilled with in between.
func (a account) fault(budget int64) string {
	for i := range a {
		var sum int64
		for _, s := range a[i:] {
			sum += s.cost
			if most := budget*60_000 + budget*(s.at-a[i].at); sum*60_000 > most {
				return fmt.Sprintf("%d allowed from %d to %d ms, at most %.3f may be", sum, a[i].at, s.at, float64(most)/60_000)
			}
		}
	}
	return ""
}

func (a account) sum() (sum int64) {
	for _, s := range a {
		sum += s.cost
	}
	return sum
}

// TestLittleIsLost has servers demand twice as much as there is: shares that lie unspent are lost, but not much.
func TestLittleIsLost(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 5, 20} {
		undisturbed(t, n, func(now *clock, key string, limiters []*ratelimit.Limiter) string {
			var done account
			for i := range 2400 { // two minutes, 1,000 each
				now.advance(50 * time.Millisecond)
				if limiters[i%n].Spend(t.Context(), key, 1000, 2).Allowed {
					done = append(done, spend{at: now.ms.Load(), cost: 2})
				}
			}
			if got := done.sum(); got < 2700 || got > 3000 {
				return fmt.Sprintf("%d servers: %d allowed of 3000", n, got)
			}
			return done.fault(1000)
		})
	}
}

// TestSumOfAllServers spends at random on servers with one Redis: what they allow together in any time is never more than
// the budget and what is refilled.
func TestSumOfAllServers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		n, budget := 2+int(seed%2)*3, []int64{60, 1000, 5_000_000}[seed%3]
		undisturbed(t, n, func(now *clock, key string, limiters []*ratelimit.Limiter) string {
			random := rand.New(rand.NewPCG(seed, 6)) //nolint:gosec // a test that can be repeated
			var done account
			for range 1000 {
				switch random.IntN(100) {
				case 0: // shares lie for a while
					now.advance(time.Duration(random.IntN(20)) * time.Second)
				default:
					now.advance(time.Duration(random.IntN(200)) * time.Millisecond)
				}
				cost := max(1, random.Int64N(budget)/(1+random.Int64N(60))/(1+random.Int64N(60)))
				if limiters[random.IntN(n)].Spend(t.Context(), key, budget, cost).Allowed {
					done = append(done, spend{at: now.ms.Load(), cost: cost})
				}
			}
			if fault := done.fault(budget); fault != "" {
				return fmt.Sprintf("seed %d: %s", seed, fault)
			}
			return ""
		})
	}
}

// TestSharesAgeWithTheBucket leaves a share unspent until the bucket has been filled again: it must not come on top.
func TestSharesAgeWithTheBucket(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wait           time.Duration
		others, refuse int64 // what another server spends then, and what the first one cannot any more
		allow          int64
	}{
		"at once":        {wait: 0, others: 949, refuse: 51, allow: 50},
		"half of it":     {wait: 1500 * time.Millisecond, others: 974, refuse: 27, allow: 26},
		"all of it":      {wait: 3060 * time.Millisecond, others: 1000, refuse: 1, allow: 0},
		"after a minute": {wait: time.Minute, others: 1000, refuse: 1, allow: 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undisturbed(t, 2, func(now *clock, key string, limiters []*ratelimit.Limiter) string {
				limiters[0].Spend(t.Context(), key, 1000, 1) // and takes 50 ahead
				now.advance(test.wait)
				if !limiters[1].Spend(t.Context(), key, 1000, test.others).Allowed {
					return "the other server may not spend what is there"
				}
				if got := limiters[0].Spend(t.Context(), key, 1000, test.refuse); got.Allowed {
					return fmt.Sprintf("%+v, want a refusal of %d", got, test.refuse)
				}
				if got := limiters[0].Spend(t.Context(), key, 1000, test.allow); !got.Allowed {
					return fmt.Sprintf("%+v, want that %d may be spent", got, test.allow)
				}
				return ""
			})
		})
	}
}

// TestOneServerLosesNothing compares a server that takes shares ahead with one that has no Redis: one by one the same.
func TestOneServerLosesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		undisturbed(t, 1, func(now *clock, key string, limiters []*ratelimit.Limiter) string {
			random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test that can be repeated
			alone := now.limiter()
			const budget = 6000
			for i := range 600 {
				now.advance(time.Duration(random.IntN(1<<random.IntN(14))) * time.Millisecond)
				cost := random.Int64N(1 + budget/(1+random.Int64N(100)))
				got := limiters[0].Spend(t.Context(), key, budget, cost)
				if diff := cmp.Diff(alone.Spend(t.Context(), key, budget, cost), got); diff != "" {
					return fmt.Sprintf("seed %d, %d: cost %d (-want +got):\n%s", seed, i, cost, diff)
				}
			}
			return ""
		})
	}
}

// TestConcurrentServers allows as much as the budget is, to the unit, at one moment; each server may keep a share that it
// does not spend.
func TestConcurrentServers(t *testing.T) {
	t.Parallel()
	undisturbed(t, 2, func(_ *clock, key string, limiters []*ratelimit.Limiter) string {
		if got := spendAtOnce(t, key, 4000, limiters...); got > 3000 || got < 2800 {
			return fmt.Sprintf("%d allowed, want 3000, or little less", got)
		}
		return ""
	})
}

// TestClockOfRedisSetBack has the clock of Redis set back by an hour while the budget is spent: the bucket fills from then on,
// and not after that hour.
func TestClockOfRedisSetBack(t *testing.T) {
	t.Parallel()
	undisturbed(t, 1, func(now *clock, key string, limiters []*ratelimit.Limiter) string {
		if !limiters[0].Spend(t.Context(), key, 1000, 1000).Allowed {
			return "the budget may not be spent"
		}
		now.advance(-time.Hour)
		fresh := ratelimit.New(ratelimit.Options{Cache: limiters[0].Cache(), Now: now.Now}) // knows what Redis knows only
		fresh.UseClock()
		if fresh.Spend(t.Context(), key, 1000, 500).Allowed {
			return "the budget is new"
		}
		now.advance(30 * time.Second)
		if got := fresh.Spend(t.Context(), key, 1000, 500); !got.Allowed {
			return fmt.Sprintf("%+v after half a minute, want that half of the budget may be spent", got)
		}
		return ""
	})
}

// TestMostNeedNoRoundTrip counts what Redis was asked.
func TestMostNeedNoRoundTrip(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	undisturbedOn(t, redis, 1, func(_ *clock, key string, limiters []*ratelimit.Limiter) string {
		const budget = 100_000
		count := func(times int, cost int64) (allowed, trips int) {
			before := scripts(t, redis)
			for range times {
				if limiters[0].Spend(t.Context(), key, budget, cost).Allowed {
					allowed++
				}
			}
			return allowed, scripts(t, redis) - before
		}
		if allowed, trips := count(1000, 5); allowed != 1000 || trips != 1 {
			return fmt.Sprintf("a twentieth of the budget, by 5: %d allowed in %d round trips, want 1000 in 1", allowed, trips)
		}
		if allowed, trips := count(95, 1000); allowed != 95 || trips > 60 {
			return fmt.Sprintf("the rest, by 1000: %d allowed in %d round trips, want 95 in 60 at most", allowed, trips)
		}
		if allowed, trips := count(1000, 1000); allowed != 0 || trips != 0 {
			return fmt.Sprintf("beyond: %d allowed in %d round trips, want none", allowed, trips)
		}
		return ""
	})
}

// scripts returns how many scripts the server has run.
func scripts(t *testing.T, redis *cachetest.Server) int {
	t.Helper()
	info, err := redis.Client().Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for line := range strings.Lines(info) {
		var n, usec, failed, rejected int
		var perCall float64
		name, values, _ := strings.Cut(line, ":")
		if name != "cmdstat_eval" && name != "cmdstat_evalsha" {
			continue
		}
		if _, err := fmt.Sscanf(values, "calls=%d,usec=%d,usec_per_call=%g,rejected_calls=%d,failed_calls=%d",
			&n, &usec, &perCall, &rejected, &failed); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		calls += n - failed // the first one fails: the script is not known
	}
	return calls
}

// TestRealClocks runs without a hand on any clock.
func TestRealClocks(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	l := ratelimit.New(ratelimit.Options{Cache: redis.Cache()})
	for range 10 {
		if got := l.Spend(t.Context(), "key", 1000, 100); !got.Allowed {
			t.Errorf("%+v", got)
		}
	}
	got := l.Spend(t.Context(), "key", 1000, 900)
	if got.Allowed || got.RetryAfter <= 0 || got.RetryAfter > time.Minute {
		t.Errorf("%+v", got)
	}
	client, key := redis.Client(), redis.Cache().Key("rate", "key")
	cachetest.Eventually(t, "the bucket is in Redis", func() bool {
		l.Spend(t.Context(), "key", 1000, 1)
		return client.Exists(t.Context(), key).Val() == 1
	})
	if ttl := client.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > 62*time.Second {
		t.Errorf("the bucket is kept for %v", ttl)
	}
}

func TestNoAllocations(t *testing.T) {
	redis := cachetest.Start(t)
	var now clock
	l := servers(t, redis, &now, 1)[0]
	l.Spend(t.Context(), "key", 1_000_000_000, 1)
	ctx := t.Context()
	if got := testing.AllocsPerRun(1000, func() { l.Spend(ctx, "key", 1_000_000_000, 1) }); got != 0 {
		t.Errorf("%v allocations without a round trip, want none", got)
	}
	if got := testing.AllocsPerRun(1000, func() { l.Spend(ctx, "spent", 1, 2) }); got != 0 {
		t.Errorf("%v allocations for what is refused, want none", got)
	}
}

func BenchmarkSpend(b *testing.B) {
	redis := cachetest.Start(b)
	b.Run("lease", func(b *testing.B) {
		var now clock
		l := servers(b, redis, &now, 1)[0]
		b.ReportAllocs()
		for b.Loop() {
			now.advance(time.Millisecond)
			if !l.Spend(b.Context(), "lease", 50_000_000, 100).Allowed {
				b.Fatal("refused")
			}
		}
	})
	b.Run("refused", func(b *testing.B) {
		var now clock
		l := servers(b, redis, &now, 1)[0]
		l.Spend(b.Context(), "refused", 100, 100)
		b.ReportAllocs()
		for b.Loop() {
			if l.Spend(b.Context(), "refused", 100, 100).Allowed {
				b.Fatal("allowed")
			}
		}
	})
	b.Run("roundtrip", func(b *testing.B) {
		var now clock
		l := servers(b, redis, &now, 1)[0]
		b.ReportAllocs()
		for b.Loop() {
			now.advance(time.Minute) // what was taken ahead is worth nothing any more
			if !l.Spend(b.Context(), "roundtrip", 1000, 500).Allowed {
				b.Fatal("refused")
			}
		}
	})
}
