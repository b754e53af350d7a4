package ratelimit

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/corpintel/corpintel/cache"
)

// Options says what a Limiter needs.
type Options struct {
	// Cache is the Redis that servers share; nil: each server limits by itself.
	Cache *cache.Cache
	// Now is the time; nil: time.Now. Between servers only the clock of Redis counts.
	Now func() time.Time
	// Logger is told when a server begins to limit by itself, and when it does not any more; nil discards.
	Logger *slog.Logger
}

// Limiter decides who may spend how much. Its methods may be used concurrently.
type Limiter struct {
	cache   *cache.Cache
	now     func() time.Time
	begun   time.Time
	logger  *slog.Logger
	buckets buckets
	script  script
	alone   atomic.Bool  // told in the log, and not taken back yet
	told    atomic.Int64 // ms since begun at which it was
	retry   atomic.Int64 // ms since begun from which on Redis is asked again after it failed
}

// Decision is the answer to a Spend.
type Decision struct {
	// Allowed says that the cost has been spent.
	Allowed bool
	// TooCostly says that the cost is above the limit: it is refused however long the client waits. RetryAfter is 0.
	TooCostly bool
	// Limit is the budget of a minute, and what may be spent at once; 0 where there is none.
	Limit int64
	// Remaining is what may be spent now, as far as this server knows: others may have spent of it within seconds.
	Remaining int64
	// Reset is the time after which all of Limit may be spent, if nothing is spent until then.
	Reset time.Duration
	// RetryAfter is the time after which the cost may be spent, if nothing is spent until then; 0 when it is allowed.
	RetryAfter time.Duration
}

const (
	minute = int64(time.Minute / time.Millisecond)
	// Largest bounds budgets and costs: with it all sums are whole numbers that Redis's doubles hold exactly.
	Largest = int64(50_000_000_000)
	// pause is how long, in ms, a Redis that failed is not asked. The cache's breaker knows of those that are away only,
	// and not of those that are full or take no writes.
	pause = int64(1000)
)

// New returns a limiter.
func New(options Options) *Limiter {
	l := &Limiter{cache: options.Cache, now: options.Now, logger: options.Logger}
	if l.now == nil {
		l.now = time.Now
	}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	l.begun = l.now()
	l.script = newScript()
	l.told.Store(-minute)
	return l
}

// Spend takes cost from what key may spend, which is budget in a minute, or refuses to: then nothing is taken. A budget
// of 0 or less is no limit; a negative cost counts as 0. Costs and budgets above Largest count as that.
// It waits for Redis for 60 ms at most, and most calls do not ask it.
func (l *Limiter) Spend(ctx context.Context, key string, budget, cost int64) Decision {
	if budget <= 0 {
		return Decision{Allowed: true}
	}
	budget, cost = min(budget, Largest), min(max(cost, 0), Largest)
	now := l.elapsed()
	b := l.buckets.get(key, now)
	t := b.begin(now, budget, cost)
	if t.outcome == undecided {
		l.ask(ctx, key, b, &t)
	}
	return t.decision()
}

// elapsed returns the ms since the limiter was made.
func (l *Limiter) elapsed() int64 { return int64(l.now().Sub(l.begun) / time.Millisecond) }

// ask has Redis decide. Where that is not possible the server's own account, which allows it, counts.
func (l *Limiter) ask(ctx context.Context, key string, b *bucket, t *turn) {
	if l.retry.Load() > t.at {
		b.finishAlone(t)
		return
	}
	answer, err := l.script.run(ctx, l.cache, key, t)
	if err != nil {
		if ctx.Err() == nil {
			l.failed(ctx, t.at, err)
		}
		b.finishAlone(t)
		return
	}
	if l.alone.CompareAndSwap(true, false) {
		l.logger.InfoContext(ctx, "rate limits are shared through Redis again")
	}
	b.finish(t, answer)
}

// failed leaves Redis alone for a while. The log tells of it, once a minute where Redis comes and goes.
func (l *Limiter) failed(ctx context.Context, at int64, err error) {
	l.retry.Store(at + pause)
	last := l.told.Load()
	if l.alone.Load() || at-last < minute {
		return
	}
	if l.told.CompareAndSwap(last, at) {
		l.alone.Store(true)
		l.logger.WarnContext(ctx, "rate limits are kept by each server alone", slog.Any("error", err))
	}
}
