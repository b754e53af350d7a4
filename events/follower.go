package events

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corpintel/corpintel/store"
)

const (
	// defaultPoll is how often the outbox is read where something is told of it, for what gets lost; deafPoll, where not.
	defaultPoll = 100 * time.Millisecond
	deafPoll    = 50 * time.Millisecond
	// freshFor is how long a read counts: some polls, so that one that takes long costs nothing.
	freshFor = 500 * time.Millisecond
	// minPause bounds how often notifications have the outbox read.
	minPause = 5 * time.Millisecond
	// readTimeout bounds a read of a database that has gone silent.
	readTimeout = 5 * time.Second
	trimEvery   = time.Minute
)

// Batch is what was committed since the last one.
type Batch struct {
	All     bool           // anything may have changed; then there are no Changes
	Changes []store.Change // of known kinds
	XIDs    []uint64       // of the transactions that made Changes
	Lag     time.Duration  // since the oldest of them was written, by the database's clock; 0 when All
	// Point is that of the read that found them. After All, what comes is of its Source.
	Point store.OutboxPoint
}

// Options are what a Follower depends on. Required are Store, Now and Logger.
type Options struct {
	// Store is where rows are deleted, and where the outbox is read without DirectURL. With a connection that is used for little
	// else the outbox is read in time also while requests keep all others busy.
	Store *store.Store
	// DirectURL leads to the same database without a connection pooler; there the Follower has a connection of its own and is told of
	// changes. "": it polls only.
	DirectURL string
	Now       func() time.Time
	Logger    *slog.Logger
	Poll      time.Duration // how often the outbox is read at least; default 100 ms, or 50 ms where it is polled only
}

// Follower follows the changes of a database. It is safe for concurrent use, but for Subscribe.
type Follower struct {
	source      source
	store       *store.Store
	now         func() time.Time
	logger      *slog.Logger
	poll        time.Duration
	subscribers []func(Batch)

	position store.OutboxPosition
	point    atomic.Pointer[store.OutboxPoint] // of the last complete read, once that was delivered
	began    atomic.Int64                      // when the last complete read began, in nanoseconds after opened
	opened   time.Time
	away     bool // the last read failed

	mu      sync.Mutex
	waiters []chan struct{} // of CatchUp: closed by the next complete read that begins
	wake    func()          // ends the pause between reads; nil outside of one
}

// Open returns a Follower of what is committed from now on. Error: store.ErrUnavailable.
func Open(ctx context.Context, o Options) (*Follower, error) {
	f := &Follower{store: o.Store, now: o.Now, logger: o.Logger, poll: o.Poll}
	f.source = &polled{o.Store}
	if o.DirectURL != "" {
		f.source = &direct{url: o.DirectURL}
	}
	f.opened = f.now()
	began := f.opened
	read, err := f.source.read(ctx, store.OutboxPosition{})
	if err != nil {
		f.source.close(ctx)
		return nil, err
	}
	f.arrive(read.Position)
	f.done(began)
	why := f.source.deaf()
	if f.poll <= 0 {
		f.poll = defaultPoll
		if why != "" {
			f.poll = deafPoll
		}
	}
	if why != "" {
		f.logger.WarnContext(ctx, "changes of the data are polled for: "+why, slog.Duration("every", f.poll))
	}
	return f, nil
}

// Subscribe has f call receive with each Batch, in the order of subscriptions, one Batch after the other. receive must not block:
// until it returns nobody is told of anything. It is called before Run.
func (f *Follower) Subscribe(receive func(Batch)) { f.subscribers = append(f.subscribers, receive) }

// Fresh reports whether everything was delivered that was committed until 500 ms ago. While it is false nothing may be
// answered from a cache.
func (f *Follower) Fresh() bool {
	return f.now().Sub(f.opened)-time.Duration(f.began.Load()) <= freshFor
}

// Run delivers changes, and deletes old rows, until ctx is done. It is called once.
func (f *Follower) Run(ctx context.Context) {
	var trimming sync.WaitGroup
	defer trimming.Wait()
	trimming.Go(func() { f.trim(ctx) })
	defer f.source.close(ctx)
	for ctx.Err() == nil {
		waiters := f.take()
		began := f.now()
		err := f.follow(ctx)
		if err == nil {
			f.done(began)
			release(waiters)
		} else {
			f.putBack(waiters)
		}
		f.report(ctx, err)
		f.pause(ctx, began)
	}
}

// follow reads the outbox once and delivers what it finds.
func (f *Follower) follow(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	read, err := f.source.read(limited, f.position)
	if err != nil {
		f.arrive(store.OutboxPosition{}) // who comes back may have lost what the position has
		return err
	}
	defer f.arrive(read.Position)
	batch := Batch{All: read.Lost, Changes: read.Changes, XIDs: read.XIDs, Lag: read.Lag, Point: read.Position.Point()}
	for _, c := range read.Changes {
		if !c.Kind.Known() {
			f.logger.WarnContext(ctx, "a change of an unknown kind, of a newer release: everything is forgotten",
				slog.String("kind", string(c.Kind)))
		}
		batch.All = batch.All || !c.Kind.Known() || c.Kind == store.ChangeEverything
	}
	if batch.All {
		batch = Batch{All: true, Point: batch.Point}
	}
	if batch.All || len(batch.Changes) > 0 {
		f.deliver(batch)
	}
	return nil
}

// arrive notes up to where everything was delivered.
func (f *Follower) arrive(at store.OutboxPosition) {
	f.position = at
	point := at.Point()
	f.point.Store(&point)
}

// Point returns up to where everything was delivered, for others to compare; zero after a read that failed.
func (f *Follower) Point() store.OutboxPoint { return *f.point.Load() }

// History returns what was changed lately, and before f was opened. It is called before Run. Errors: ErrNoHistory,
// store.ErrUnavailable.
func (f *Follower) History(ctx context.Context) (*store.OutboxHistory, error) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return f.source.history(limited)
}

func (f *Follower) deliver(batch Batch) {
	for _, receive := range f.subscribers {
		receive(batch)
	}
}

// done notes that all was delivered that a read found which began at a time.
func (f *Follower) done(began time.Time) {
	f.began.Store(int64(began.Sub(f.opened)))
}

// report logs when reads begin to fail, and when they succeed again.
func (f *Follower) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !f.away:
		f.logger.WarnContext(ctx, "changes of the data are not seen: caches are not used", slog.Any("error", err))
	case err == nil && f.away:
		f.logger.InfoContext(ctx, "changes of the data are seen again")
	}
	f.away = err != nil
}

// pause returns when it is time for the next read.
func (f *Follower) pause(ctx context.Context, began time.Time) {
	waiting, cancel := context.WithTimeout(ctx, f.poll)
	defer cancel()
	f.mu.Lock()
	f.wake = cancel
	asked := len(f.waiters) > 0 && !f.away
	f.mu.Unlock()
	if !asked {
		f.source.wait(waiting)
		rest(ctx, minPause-f.now().Sub(began))
	}
	f.mu.Lock()
	f.wake = nil
	f.mu.Unlock()
}

// rest returns after a time, or when ctx is done.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// CatchUp returns when everything was delivered that was committed before it was called. Error: that of ctx.
func (f *Follower) CatchUp(ctx context.Context) error {
	caught := make(chan struct{})
	f.mu.Lock()
	f.waiters = append(f.waiters, caught)
	if f.wake != nil {
		f.wake()
	}
	f.mu.Unlock()
	select {
	case <-caught:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take returns who waits for the read that begins now.
func (f *Follower) take() []chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiters := f.waiters
	f.waiters = nil
	return waiters
}

// putBack has them wait for another read.
func (f *Follower) putBack(waiters []chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiters = slices.Concat(waiters, f.waiters)
}

func release(waiters []chan struct{}) {
	for _, w := range waiters {
		close(w)
	}
}

// trim deletes old rows, now and then, until ctx is done.
func (f *Follower) trim(ctx context.Context) {
	told := false
	for {
		rest(ctx, trimEvery)
		for more := true; more && ctx.Err() == nil; {
			var err error
			more, err = f.trimOnce(ctx)
			if err != nil && !told && ctx.Err() == nil {
				f.logger.WarnContext(ctx, "old changes are not deleted", slog.Any("error", err))
			}
			told = err != nil
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (f *Follower) trimOnce(ctx context.Context) (more bool, err error) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return f.store.TrimOutbox(limited, store.OutboxAge)
}
