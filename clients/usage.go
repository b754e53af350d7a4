package clients

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corpintel/corpintel/store"
)

const (
	// flushEvery is how often what was noted is stored: so much is lost at most when the program is killed.
	flushEvery = 2 * time.Second
	// flushTimeout bounds the statement that stores it.
	flushTimeout = 10 * time.Second
	// maxPending is of how many documents usage is kept while it cannot be stored.
	maxPending = 100_000
)

// Usage counts how often documents are used, and when. Requests note it in memory; what was noted is stored from time to time,
// in one statement for all documents. It is safe for concurrent use; nothing is noted at a nil Usage.
type Usage struct {
	store  *store.Store
	now    func() time.Time
	logger *slog.Logger
	noted  atomic.Pointer[Document] // the document noted last of those that have something to be stored

	mu      sync.Mutex // of what is below
	pending map[useKey]*store.DocumentUse
	failed  bool // the last time
	lost    int64
}

// uses is what was noted of a document and not collected yet.
type uses struct {
	count       atomic.Int64
	first, last atomic.Int64 // in µs since 1970
	next        *Document    // noted before this one; belongs to whoever made count 1
}

type useKey struct {
	client   int64
	document string
}

// UsageOptions are what a Usage depends on. All are required.
type UsageOptions struct {
	Store  *store.Store
	Now    func() time.Time
	Logger *slog.Logger
}

// NewUsage returns a Usage. What is noted there is stored while Follow runs, and by Close.
func NewUsage(o UsageOptions) *Usage {
	return &Usage{store: o.Store, now: o.Now, logger: o.Logger, pending: make(map[useKey]*store.DocumentUse)}
}

// Note counts one use of a document, now. It neither waits nor allocates.
func (u *Usage) Note(d *Document) {
	if u == nil {
		return
	}
	now := u.now().UnixMicro()
	d.uses.last.Store(now)
	if d.uses.count.Add(1) > 1 {
		return // it stands in the list
	}
	d.uses.first.Store(now)
	for {
		before := u.noted.Load()
		d.uses.next = before
		if u.noted.CompareAndSwap(before, d) {
			return
		}
	}
}

// Follow stores what was noted every two seconds until ctx is done. It is called once.
func (u *Usage) Follow(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = u.Flush(ctx) // it was logged, and is tried again
		}
	}
}

// Close stores what was noted last. Errors: as of Flush.
func (u *Usage) Close(ctx context.Context) error { return u.Flush(ctx) }

// Flush stores what was noted. What cannot be stored is kept, of 100,000 documents at most, and stored with the next; when
// the connection breaks just after the statement was done it is counted twice. Failures are logged when they begin and when
// they end. Errors: store.ErrUnavailable, and what PostgreSQL says.
func (u *Usage) Flush(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.collect()
	if len(u.pending) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	err := u.store.AddDocumentUsage(ctx, u.batch())
	switch {
	case err != nil && !u.failed:
		u.logger.WarnContext(ctx, "usage of documents is not stored, it is kept and tried again", slog.Any("error", err))
	case err == nil && u.failed:
		u.logger.InfoContext(ctx, "usage of documents is stored again", slog.Int64("lost", u.lost))
	}
	if u.failed = err != nil; u.failed {
		return err
	}
	u.lost = 0
	clear(u.pending)
	return nil
}

// collect moves what was noted to what is pending.
func (u *Usage) collect() {
	for d := u.noted.Swap(nil); d != nil; {
		next, first := d.uses.next, d.uses.first.Load() // before count: then they belong to the next one who notes
		count := d.uses.count.Swap(0)
		u.add(d, count, time.UnixMicro(first), time.UnixMicro(d.uses.last.Load()))
		d = next
	}
}

func (u *Usage) add(d *Document, count int64, first, last time.Time) {
	key := useKey{d.ClientID, d.ID}
	known := u.pending[key]
	switch {
	case known != nil:
		known.Count += count
		if last.After(known.LastUsedAt) {
			known.LastUsedAt = last
		}
	case len(u.pending) == maxPending:
		u.lost += count
	default:
		u.pending[key] = &store.DocumentUse{
			ClientID: d.ClientID, DocumentID: d.ID, Count: count, FirstUsedAt: first, LastUsedAt: last,
		}
	}
}

// batch returns what is pending. Servers that store at the same time take rows in the same order.
func (u *Usage) batch() []store.DocumentUse {
	batch := make([]store.DocumentUse, 0, len(u.pending))
	for _, use := range u.pending {
		batch = append(batch, *use)
	}
	slices.SortFunc(batch, func(a, b store.DocumentUse) int {
		return cmp.Or(cmp.Compare(a.ClientID, b.ClientID), cmp.Compare(a.DocumentID, b.DocumentID))
	})
	return batch
}
