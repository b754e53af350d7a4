package command

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
)

// following is how a server learns of what is written to the database.
type following struct {
	*events.Follower

	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// openEvents returns a follower of changes that is yet to run. Changes of clients, keys and documents count at once; the
// registry looks for them now and then all the same.
func openEvents(
	ctx context.Context, db *database, r *registry, now func() time.Time, logger *slog.Logger,
) (*following, error) {
	follower, err := events.Open(ctx, events.Options{Store: r.watch, DirectURL: db.direct, Now: now, Logger: logger})
	if err != nil {
		return nil, err
	}
	ofRegistry := func(c store.Change) bool { return c.Kind == store.ChangeRegistryRows }
	follower.Subscribe(func(b events.Batch) {
		if b.All || slices.ContainsFunc(b.Changes, ofRegistry) {
			r.clients.Wake()
		}
	})
	return &following{Follower: follower}, nil
}

// run follows changes until close, while requests are drained too.
func (f *following) run(ctx context.Context) {
	ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	f.ended.Go(func() { f.Run(ctx) })
}

// close ends what run began.
func (f *following) close() {
	f.cancel()
	f.ended.Wait()
}
