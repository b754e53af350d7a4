package events_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
)

// patience is how long a test waits for what must happen, on a busy machine.
const patience = time.Minute

// clock is a time that the test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time               { return time.Unix(0, 0).Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration)      { c.ahead.Add(int64(d)) }
func company(keys ...string) store.Change     { return store.Change{Kind: store.ChangeCompany, Keys: keys} }
func everything() events.Batch                { return events.Batch{All: true} }
func of(changes ...store.Change) events.Batch { return events.Batch{Changes: changes} }

func open(t testing.TB, url string, conns int32) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: conns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// followed is a follower that runs until the test ends, and what it delivered.
type followed struct {
	*events.Follower

	mu      sync.Mutex
	batches []events.Batch
	log     bytes.Buffer
	more    chan struct{} // closed by the next batch or line of the log
}

// follow runs a follower. Store, Now and Logger need not be given.
func follow(t testing.TB, url string, o events.Options) *followed {
	t.Helper()
	f := &followed{more: make(chan struct{})}
	if o.Store == nil {
		o.Store = open(t, url, 1)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Logger = slog.New(slog.NewTextHandler(f, nil))
	var err error
	if f.Follower, err = events.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	f.Subscribe(func(b events.Batch) {
		b.Lag, b.XIDs, b.Point = 0, nil, store.OutboxPoint{}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.batches = append(f.batches, b)
		f.signal()
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return f
}

func (f *followed) signal() {
	close(f.more)
	f.more = make(chan struct{})
}

// Write takes a line of the log.
func (f *followed) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signal()
	return f.log.Write(p)
}

// await returns when something is true of what was delivered and logged.
func (f *followed) await(t testing.TB, what string, is func(batches []events.Batch, log string) bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		f.mu.Lock()
		more, reached := f.more, is(f.batches, f.log.String())
		f.mu.Unlock()
		if reached {
			return
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (f *followed) awaitLog(t testing.TB, text string) {
	t.Helper()
	f.await(t, text, func(_ []events.Batch, log string) bool { return strings.Contains(log, text) })
}

// caughtUp returns what was delivered since the last call, of all that is committed.
func (f *followed) caughtUp(t testing.TB) []events.Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := f.CatchUp(ctx); err != nil {
		t.Fatalf("catch up: %v\n%s", err, f.log.String())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	batches := f.batches
	f.batches = nil
	return batches
}

func change(t testing.TB, s *store.Store, changes ...store.Change) {
	t.Helper()
	if err := s.WithTx(t.Context(), func(tx *store.Tx) error { return tx.Changed(changes...) }); err != nil {
		t.Fatal(err)
	}
}

func execute(t testing.TB, s *store.Store, sql string) {
	t.Helper()
	if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
