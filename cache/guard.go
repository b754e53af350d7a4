package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/redis/go-redis/v9"
)

const (
	// callTimeout bounds a call as a whole: a connection, its handshake and the command.
	callTimeout = 55 * time.Millisecond
	// probeTimeout bounds a probe, for which nobody waits.
	probeTimeout = 250 * time.Millisecond
	// probePause is the time from a failure, of a call or of a probe, to the next probe.
	probePause = 500 * time.Millisecond
)

// guard keeps calls from a Redis that has failed, until a probe has found it well. One failure is enough: what it
// protects costs less to do without for half a second than to wait for twice.
type guard struct {
	breaker circuitbreaker.CircuitBreaker[any]
	probe   func(context.Context) error
	logger  *slog.Logger
	gap     gap
	away    atomic.Bool // told in the log, and not taken back yet

	mu     sync.Mutex
	closed bool
	probes sync.WaitGroup
}

func (g *guard) init(probe func(context.Context) error, logger *slog.Logger, now func() time.Time) {
	g.breaker = circuitbreaker.NewBuilder[any]().WithFailureThreshold(1).WithDelay(probePause).Build()
	g.probe, g.logger, g.gap = probe, logger, gap{now: now}
}

// allow reports whether a call may be made. Where Redis has been left alone for long enough it begins a probe.
func (g *guard) allow(ctx context.Context) bool {
	if g.breaker.IsClosed() {
		return true
	}
	if g.breaker.TryAcquirePermit() {
		g.tryAgain(context.WithoutCancel(ctx))
	}
	return false
}

// tryAgain probes in the background. The breaker has given one permit for it, which the result gives back.
func (g *guard) tryAgain(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.probes.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		if err := g.probe(ctx); err != nil {
			g.failed(ctx, err)
			return
		}
		g.breaker.RecordSuccess()
		if g.away.CompareAndSwap(true, false) {
			g.logger.InfoContext(ctx, "Redis is back")
		}
	})
}

// failed opens the breaker.
func (g *guard) failed(ctx context.Context, err error) {
	g.breaker.RecordFailure()
	if g.away.Load() {
		return
	}
	if more, ok := g.gap.pass(); ok && g.away.CompareAndSwap(false, true) {
		g.logger.WarnContext(ctx, "Redis is away: going on without it", slog.Any("error", err), slog.Int64("notTold", more))
	}
}

// close waits for the probe that is under way, and lets no other begin.
func (g *guard) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.probes.Wait()
}

// unusable reports whether an error says that calls of any kind would fail, or cost time. An error that Redis has
// answered with is about one command, and came at once, but for some: a Redis that is full or takes no writes can be read.
func unusable(err error) bool {
	if _, answered := errors.AsType[redis.Error](err); !answered {
		return true
	}
	for _, is := range []func(error) bool{
		redis.IsAuthError, redis.IsLoadingError, redis.IsMasterDownError, redis.IsClusterDownError, redis.IsMaxClientsError,
	} {
		if is(err) {
			return true
		}
	}
	return false
}
