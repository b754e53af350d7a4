package ratelimit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/ratelimit"
)

// TestWithoutRedisEachAlone has two servers without Redis, and one that cannot reach it.
func TestWithoutRedisEachAlone(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	var log bytes.Buffer
	var now clock
	lost := ratelimit.New(ratelimit.Options{
		Cache: redis.Cache(), Now: now.Now, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	redis.Stop()
	for i, l := range []*ratelimit.Limiter{now.limiter(), now.limiter(), lost} {
		for j := range 20 {
			if got := l.Spend(t.Context(), "key", 1000, 100).Allowed; got != (j < 10) {
				t.Errorf("server %d: %d times 100 of 1000: allowed %t", i, j+1, got)
			}
		}
	}
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("%d lines in the log, want 1:\n%s", got, log.String())
	}
	redis.Start()
	cachetest.Eventually(t, "the limit is shared again", func() bool {
		now.advance(time.Second)
		lost.Spend(t.Context(), "key", 1000, 1)
		return strings.Contains(log.String(), "shared through Redis again")
	})
}

// TestRedisComesAndGoes kills Redis, which loses its memory by that, while servers spend: nobody gets a new budget by it.
func TestRedisComesAndGoes(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that can be repeated
	const budget = 1000
	var now clock
	limiters := servers(t, redis, &now, 2)
	accounts := make([]account, len(limiters))
	up := true
	for i := range 600 {
		if i%50 == 49 {
			if up {
				redis.Stop()
			} else {
				redis.Start()
			}
			up = !up
		}
		now.advance(time.Duration(random.IntN(200)) * time.Millisecond)
		which, cost := random.IntN(2), 1+random.Int64N(200)
		if limiters[which].Spend(t.Context(), "key", budget, cost).Allowed {
			accounts[which] = append(accounts[which], spend{at: now.ms.Load(), cost: cost})
		}
	}
	for i, a := range accounts {
		if fault := a.fault(budget); fault != "" {
			t.Errorf("server %d: %s", i, fault)
		}
	}
}

// TestKnowsOfOthersWhenRedisGoes goes on alone from what was spent by all.
func TestKnowsOfOthersWhenRedisGoes(t *testing.T) {
	t.Parallel()
	undisturbed(t, 3, func(_ *clock, key string, limiters []*ratelimit.Limiter) string {
		limiters[0].Spend(t.Context(), key, 1000, 900)
		limiters[1].Spend(t.Context(), key, 1000, 50)
		ended, cancel := context.WithCancel(t.Context())
		cancel() // Redis is not asked
		if got := limiters[1].Spend(ended, key, 1000, 100); got.Allowed {
			return fmt.Sprintf("%+v, want that what the other has spent counts", got)
		}
		if got := limiters[2].Spend(ended, key, 1000, 100); !got.Allowed {
			return fmt.Sprintf("%+v, want that who has not asked knows nothing", got)
		}
		return ""
	})
}

// TestSpoiltBucket finds what it cannot have stored.
func TestSpoiltBucket(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	client := redis.Client()
	for _, value := range []string{"", "x", "-1 5", "inf nan", "1e9 1", "5", "99999999999999999999999999 1", "0 99999999999999999"} {
		var now clock
		l := servers(t, redis, &now, 1)[0]
		if err := client.Set(t.Context(), redis.Cache().Key("rate", "key"), value, time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
		if got := l.Spend(t.Context(), "key", 1000, 1000); !got.Allowed && got.RetryAfter > time.Minute {
			t.Errorf("%q: %+v", value, got)
		}
		if got := l.Spend(t.Context(), "key", 1000, 1); got.Allowed {
			t.Errorf("%q: %+v, want that the budget is spent", value, got)
		}
	}
}

// TestRedisThatTakesNoWrites is asked once in a second, and not for each request.
func TestRedisThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	redis.Config("maxmemory-policy", "noeviction")
	redis.Config("maxmemory", "1")
	var now clock
	c := redis.Cache()
	l := ratelimit.New(ratelimit.Options{Cache: c, Now: now.Now})
	for j := range 20 {
		if got := l.Spend(t.Context(), "key", 1000, 100).Allowed; got != (j < 10) {
			t.Errorf("%d times 100 of 1000: allowed %t", j+1, got)
		}
	}
	if got := c.Stats().Failures; got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
}

// TestCallerGivesUp counts what a caller has spent who has left meanwhile, and does not take Redis for away.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	var now clock
	l := servers(t, redis, &now, 1)[0]
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := l.Spend(ended, "key", 1000, 600); !got.Allowed {
		t.Errorf("%+v", got)
	}
	if got := l.Spend(t.Context(), "key", 1000, 600); got.Allowed {
		t.Errorf("%+v", got)
	}
}
