package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

const (
	// watchEvery is how long a statement goes on unnoticed after its context has ended.
	watchEvery = 10 * time.Millisecond
	// watchTicks is how often the watch looks in vain before it rests.
	watchTicks = 100
	// watchKey is where a connection has its watched.
	watchKey = "corpintel watch"
)

// newCanceller returns what happens when the context of a statement ends. pgx would close the connection; this asks PostgreSQL
// to cancel the statement instead, and gives short ones the time to finish.
func newCanceller(c *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.CancelRequestContextWatcherHandler{Conn: c, CancelRequestDelay: 250 * time.Millisecond, DeadlineDelay: 5 * time.Second}
}

// watch cancels statements whose contexts have ended. pgx registers each statement with its context, for which a context with a
// deadline starts a timer: that is a twentieth of the cost of a small answer. Here one goroutine looks at all statements, as long
// as there are any.
type watch struct {
	mu          sync.Mutex
	connections map[*watched]struct{}
	waiting     map[*awaited]struct{}

	used   atomic.Bool // since the last look
	awake  atomic.Bool // somebody looks
	closed atomic.Bool
}

func newWatch() *watch {
	return &watch{connections: make(map[*watched]struct{}), waiting: make(map[*awaited]struct{})}
}

// watched is a connection and the context of the statements that it executes.
type watched struct {
	watch     *watch
	canceller ctxwatch.Handler

	mu        sync.Mutex
	ctx       context.Context // nil: it executes nothing
	cancelled bool
}

// add has a connection watched until remove.
func (w *watch) add(conn *pgx.Conn) {
	added := &watched{watch: w, canceller: newCanceller(conn.PgConn())}
	conn.PgConn().CustomData()[watchKey] = added
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connections[added] = struct{}{}
}

func (w *watch) remove(conn *pgx.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.connections, watchedOf(conn))
}

func watchedOf(conn *pgx.Conn) *watched {
	found, _ := conn.PgConn().CustomData()[watchKey].(*watched)
	return found
}

// begin has the statements that follow cancelled when ctx ends, and returns the context for them. They must have ended when end is
// called.
func (c *watched) begin(ctx context.Context) context.Context {
	c.mu.Lock()
	c.ctx = ctx
	c.mu.Unlock()
	c.watch.wake()
	return unwatched{ctx}
}

func (c *watched) end() {
	c.mu.Lock()
	c.ctx = nil
	cancelled := c.cancelled
	c.cancelled = false
	c.mu.Unlock()
	if cancelled {
		c.canceller.HandleUnwatchAfterCancel()
	}
}

// look cancels what the connection executes if its context has ended, and reports whether it executes something.
func (c *watched) look() (busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil && !c.cancelled && c.ctx.Err() != nil {
		c.cancelled = true
		c.canceller.HandleCancel(c.ctx)
	}
	return c.ctx != nil
}

// await returns a context that ends, until forget, soon after ctx.
func (w *watch) await(ctx context.Context) *awaited {
	a := &awaited{ctx, make(chan struct{})}
	w.mu.Lock()
	w.waiting[a] = struct{}{}
	w.mu.Unlock()
	w.wake()
	return a
}

func (w *watch) forget(a *awaited) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, a)
}

// wake has somebody look.
func (w *watch) wake() {
	if !w.used.Load() {
		w.used.Store(true)
	}
	if !w.awake.Load() && w.awake.CompareAndSwap(false, true) {
		go w.run()
	}
}

// close ends the watch. No statement is executed any more.
func (w *watch) close() { w.closed.Store(true) }

// run looks until there was nothing to see for a while.
func (w *watch) run() {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for idle := 0; idle < watchTicks && !w.closed.Load(); idle++ {
		<-ticker.C
		used := w.used.Swap(false)
		if w.look() || used {
			idle = 0
		}
	}
	w.awake.Store(false)
	if w.used.Load() && !w.closed.Load() { // by who saw that somebody was looking
		w.wake()
	}
}

// look looks at all that executes or waits, and reports whether anything does.
func (w *watch) look() (busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.connections {
		busy = c.look() || busy
	}
	for a := range w.waiting {
		if a.Context.Err() != nil {
			close(a.done)
			delete(w.waiting, a)
		}
	}
	return busy || len(w.waiting) > 0
}

// awaited is a context that ends when the watch sees that the one which it is made of has.
type awaited struct {
	context.Context

	done chan struct{}
}

// Done returns a channel that is closed at the end.
func (a *awaited) Done() <-chan struct{} { return a.done }

// Err returns why it has ended, nil before.
func (a *awaited) Err() error {
	select {
	case <-a.done:
		return a.Context.Err()
	default:
		return nil
	}
}

// unwatched is a context for pgx, which is not to watch it: it does not end.
type unwatched struct{ context.Context }

// Done returns nil.
func (unwatched) Done() <-chan struct{} { return nil }

// Err returns nil.
func (unwatched) Err() error { return nil }
