package clients

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/store"
)

// ErrUnknownKey says that nobody is let in with a key: it is malformed, unknown, expired or revoked, or its client was.
var ErrUnknownKey = errors.New("unknown key")

const (
	// defaultPoll makes a change count everywhere within a second, with time to load what changed.
	defaultPoll = 300 * time.Millisecond
	// refreshTimeout bounds a look at PostgreSQL that has gone silent.
	refreshTimeout = 10 * time.Second
)

// Options are what a Registry depends on. Required are Store, Now and Logger.
type Options struct {
	Store *store.Store
	// Watch is where Follow looks for changes, and loads them; default Store. With a connection that is used for nothing else
	// a change counts in time also while requests keep all others busy.
	Watch  *store.Store
	Cache  *cache.Cache // for texts of documents; nil: none
	Now    func() time.Time
	Logger *slog.Logger
	Poll   time.Duration // how often Follow looks for changes; default 300 ms
}

// Registry knows all clients, keys and documents. It is safe for concurrent use.
type Registry struct {
	store    *store.Store
	watch    *store.Store
	now      func() time.Time
	logger   *slog.Logger
	poll     time.Duration
	snapshot atomic.Pointer[snapshot]
	texts    *texts
	wake     chan struct{}
	away     bool // for Follow: PostgreSQL did not answer the last time
}

// Open returns a Registry of what is stored now. Error: store.ErrUnavailable.
func Open(ctx context.Context, o Options) (*Registry, error) {
	r := &Registry{store: o.Store, watch: o.Watch, now: o.Now, logger: o.Logger, poll: o.Poll, wake: make(chan struct{}, 1)}
	if r.watch == nil {
		r.watch = o.Store
	}
	if r.poll <= 0 {
		r.poll = defaultPoll
	}
	first, err := load(ctx, r.watch, nil, r.logger)
	if err != nil {
		return nil, err
	}
	r.snapshot.Store(first)
	r.texts = newTexts(o.Store, o.Cache, o.Logger, textBytes)
	return r, nil
}

// Follow looks for changes now and then, and when it is woken, until ctx is done, and loads the registry anew when there
// are. While PostgreSQL is away the registry stays as it is, which is logged once. It is called once.
func (r *Registry) Follow(ctx context.Context) {
	ticker := time.NewTicker(r.poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-r.wake:
		}
		err := r.refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !r.away:
			r.logger.WarnContext(ctx, "clients, keys and documents stay as they are: the database was not asked whether they changed",
				slog.Any("error", err))
		case err == nil && r.away:
			r.logger.InfoContext(ctx, "changes of clients, keys and documents are seen again")
		}
		r.away = err != nil
	}
}

// Wake has Follow look for changes at once. It does not wait for that.
func (r *Registry) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// refresh loads the registry anew if it has changed.
func (r *Registry) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	b := r.watch.Batch()
	version := b.RegistryVersion()
	if err := b.Run(ctx); err != nil {
		return fmt.Errorf("version of the registry: %w", err)
	}
	last := r.snapshot.Load()
	if *version == last.version {
		return nil
	}
	next, err := load(ctx, r.watch, last, r.logger)
	if err != nil {
		return err
	}
	r.snapshot.Store(next)
	close(last.replaced)
	return nil
}

// Changed returns a channel that is closed when the registry that is known now was replaced by a newer one.
func (r *Registry) Changed() <-chan struct{} { return r.snapshot.Load().replaced }

// Authenticate returns whose key it is. Error: ErrUnknownKey, always after the same time. There is no statement, no lock and
// no allocation in it.
func (r *Registry) Authenticate(text string) (*Client, error) {
	prefix, hash, err := auth.ParseKey(text)
	if err != nil {
		var instead [auth.KeyLength]byte // what is no key takes as long as what is one
		hash = sha256.Sum256(instead[:])
	}
	var known key // of nobody: compared all the same
	if found := r.snapshot.Load().keys[prefix]; found != nil {
		known = *found
	}
	same := subtle.ConstantTimeCompare(hash[:], known.hash[:]) == 1
	expired := !known.expiresAt.IsZero() && !r.now().Before(known.expiresAt)
	if err != nil || !same || expired || known.client == nil {
		return nil, ErrUnknownKey
	}
	return known.client, nil
}

// Client returns a client by its name; nil when there is none, or it was revoked.
func (r *Registry) Client(name string) *Client { return r.snapshot.Load().clients[name] }

// Len returns how many clients there are that were not revoked.
func (r *Registry) Len() int { return len(r.snapshot.Load().clients) }
