package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadline is a context that ends at a time, as context.WithDeadline makes it, but only once somebody asks whether it has: what is
// answered from memory waits for nothing, and a timer costs as much as a tenth of such an answer.
type deadline struct {
	context.Context // that it is made of

	at     time.Time
	once   sync.Once
	begun  atomic.Pointer[context.Context]
	cancel context.CancelFunc // once it has begun
}

// newDeadline returns a context that ends at a time. The caller must call end.
func newDeadline(parent context.Context, at time.Time) *deadline {
	return &deadline{Context: parent, at: at}
}

// begin returns the context of package context.
func (d *deadline) begin() context.Context {
	d.once.Do(func() {
		ctx, cancel := context.WithDeadline(d.Context, d.at)
		d.cancel = cancel
		d.begun.Store(&ctx)
	})
	return *d.begun.Load()
}

// end releases what the context has. Nobody uses it any more.
func (d *deadline) end() {
	if d.begun.Load() != nil {
		d.cancel()
	}
}

// Deadline returns when the context ends.
func (d *deadline) Deadline() (time.Time, bool) {
	if earlier, ok := d.Context.Deadline(); ok && earlier.Before(d.at) {
		return earlier, true
	}
	return d.at, true
}

// Done returns a channel that is closed when the context ends.
func (d *deadline) Done() <-chan struct{} { return d.begin().Done() }

// Err returns why the context has ended, nil before.
func (d *deadline) Err() error {
	if d.begun.Load() == nil && d.Context.Err() == nil && time.Now().Before(d.at) {
		return nil
	}
	return d.begin().Err()
}

// Value returns a value of the context. Package context finds by one what a context is made of, once it has begun.
func (d *deadline) Value(key any) any {
	if ctx := d.begun.Load(); ctx != nil {
		return (*ctx).Value(key)
	}
	return d.Context.Value(key)
}
