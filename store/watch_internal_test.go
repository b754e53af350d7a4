package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// cancels counts what a watch asks for.
type cancels struct{ begun, ended atomic.Int64 }

func (c *cancels) HandleCancel(context.Context) { c.begun.Add(1) }
func (c *cancels) HandleUnwatchAfterCancel()    { c.ended.Add(1) }

func (c *cancels) want(t *testing.T, begun, ended int64) {
	t.Helper()
	if c.begun.Load() != begun || c.ended.Load() != ended {
		t.Errorf("cancelled %d times, ended %d times; want %d and %d", c.begun.Load(), c.ended.Load(), begun, ended)
	}
}

func (w *watch) fake() (*watched, *cancels) {
	counts := &cancels{}
	c := &watched{watch: w, canceller: counts}
	w.connections[c] = struct{}{}
	return c, counts
}

// TestWatchCancels ends the contexts of statements: each is cancelled once, soon afterwards, and the one after it is not.
func TestWatchCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatch()
		c, counts := w.fake()
		other, others := w.fake()
		other.begin(t.Context())
		for i, lasts := range []time.Duration{0, 3 * time.Millisecond, time.Second, time.Minute} {
			before := int64(i)
			ctx, cancel := context.WithTimeout(t.Context(), lasts)
			if given := c.begin(ctx); given.Done() != nil || given.Err() != nil {
				t.Errorf("%v: pgx is to watch the context", lasts)
			}
			if lasts > 0 {
				time.Sleep(lasts - time.Nanosecond)
				synctest.Wait()
				counts.want(t, before, before)
			}
			time.Sleep(watchEvery + time.Nanosecond)
			synctest.Wait()
			counts.want(t, before+1, before)
			time.Sleep(10 * watchEvery)
			c.end()
			counts.want(t, before+1, before+1)
			cancel()
			c.begin(t.Context())
			time.Sleep(10 * watchEvery)
			c.end()
			counts.want(t, before+1, before+1)
		}
		other.end()
		others.want(t, 0, 0)
		w.close()
		time.Sleep(watchEvery)
		synctest.Wait()
	})
}

// TestWatchRests checks that nobody looks at a store that is not used, and that somebody does again when it is.
func TestWatchRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatch()
		c, counts := w.fake()
		for range 3 {
			c.begin(t.Context())
			c.end()
			if !w.awake.Load() {
				t.Error("a statement has begun, and nobody looks")
			}
			time.Sleep((watchTicks + 2) * watchEvery)
			synctest.Wait()
			if w.awake.Load() {
				t.Error("somebody looks still")
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.begin(ctx)
		time.Sleep(time.Minute)
		cancel()
		time.Sleep(watchEvery)
		synctest.Wait()
		counts.want(t, 1, 0)
		c.end()
		w.close()
		time.Sleep(watchEvery)
		synctest.Wait()
	})
}

// TestAwaited checks that who waits for a connection waits no longer than the context does.
func TestAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatch()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		kept, forgotten := w.await(ctx), w.await(ctx)
		w.forget(forgotten)
		if at, ok := kept.Deadline(); !ok || time.Until(at) != time.Minute {
			t.Errorf("it ends at %v", at)
		}
		start := time.Now()
		<-kept.Done()
		if waited := time.Since(start); waited < time.Minute || waited > time.Minute+watchEvery {
			t.Errorf("it has ended after %v", waited)
		}
		if !errors.Is(kept.Err(), context.DeadlineExceeded) || forgotten.Err() != nil {
			t.Errorf("errors: %v, and of the forgotten one %v", kept.Err(), forgotten.Err())
		}
		w.forget(kept)
		if len(w.waiting) != 0 {
			t.Errorf("%d are waiting", len(w.waiting))
		}
		w.close()
		time.Sleep(watchEvery)
		synctest.Wait()
	})
}

// TestWatchTogether is for the race detector: statements begin, end and are left on several connections at once.
func TestWatchTogether(t *testing.T) {
	t.Parallel()
	w := newWatch()
	var group sync.WaitGroup
	for range 8 {
		c, counts := w.fake()
		group.Go(func() {
			for i := range 2000 {
				ctx, leave := context.WithCancel(t.Context())
				waiting := w.await(ctx)
				c.begin(ctx)
				if i%10 == 0 {
					leave()
				}
				if i%500 == 0 {
					<-waiting.Done()
				}
				c.end()
				w.forget(waiting)
				leave()
			}
			counts.want(t, counts.ended.Load(), counts.ended.Load())
		})
	}
	group.Wait()
	w.close()
}

// TestWatchAllocations checks what a statement costs beside pgx.
func TestWatchAllocations(t *testing.T) {
	w := newWatch()
	defer w.close()
	c, _ := w.fake()
	ctx := t.Context()
	if got := testing.AllocsPerRun(1000, func() { c.begin(ctx); c.end() }); got > 1 {
		t.Errorf("%v allocations, want 1", got)
	}
}
