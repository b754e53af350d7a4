package answers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/store"
)

// Key says to what an answer is the answer. Keys are compared as a whole.
type Key struct {
	Text      string // of the document
	Operation string // name, empty where there is one operation
	Variables string // canonical JSON
	Scope     string // who may see the answer, and in which form: role, media type, content coding
}

func (k Key) bytes() int { return len(k.Text) + len(k.Operation) + len(k.Variables) + len(k.Scope) }

// Answer is an answer that is ready to be sent. It is not changed, nor is what it has.
type Answer struct {
	Body   []byte
	Header http.Header // what belongs to the body, of each one value

	tags   []string
	number uint64    // of the last change that was known before the answer was made
	made   time.Time // when it was kept
	good   atomic.Uint64
}

// NewAnswer returns an answer of a media type with what belongs to its body of a header.
func NewAnswer(body []byte, header http.Header, mediaType string) *Answer {
	a := &Answer{Body: body, Header: make(http.Header, len(headerNames())+1)}
	for _, name := range headerNames() {
		if value := header.Get(name); value != "" {
			a.Header[name] = []string{value}
		}
	}
	a.Header["Content-Type"] = []string{mediaType}
	return a
}

// Age returns how long ago the answer was made.
func (a *Answer) Age(now time.Time) time.Duration { return max(0, now.Sub(a.made)) }

// Options are what a Cache depends on. Required are Bytes, Fresh and Now; where answers are shared, the rest too.
type Options struct {
	Bytes int64            // of memory, about
	Fresh func() bool      // whether all changes are known; while it is false nothing is given away
	Now   func() time.Time // for the age of answers, and how long it took to make them

	Redis  *cache.Cache             // where servers share what is dear; nil: they do not
	Point  func() store.OutboxPoint // up to where all changes are known; those before the first are not, but for Learn
	Format string                   // of answers; those of another one are not used
	Dear   time.Duration            // how long it takes to make a small answer that is dear; default 2 ms
}

// Cache keeps answers, those that are used most, as many as fit into its memory. It is safe for concurrent use.
type Cache struct {
	fresh   func() bool
	now     func() time.Time
	point   func() store.OutboxPoint
	entries *otter.Cache[Key, *Answer]
	max     int

	changes ledger
	flights sync.Map // of Key to *flight
	dear    prices
	shared  shared

	hits, misses, evictions, stale, invalidations atomic.Int64
}

// New returns an empty Cache.
func New(o Options) *Cache {
	c := &Cache{fresh: o.Fresh, now: o.Now, point: o.Point, max: int(o.Bytes / 4)}
	if c.point == nil {
		c.point = func() store.OutboxPoint { return store.OutboxPoint{} }
	}
	c.changes.init(c.point())
	c.dear.init(o.Dear)
	c.shared.init(o.Redis, o.Format)
	c.entries = otter.Must(&otter.Options[Key, *Answer]{
		MaximumWeight: uint64(max(o.Bytes, 0)),
		Weigher:       weigh,
		OnAtomicDeletion: func(e otter.DeletionEvent[Key, *Answer]) {
			if e.WasEvicted() {
				c.evictions.Add(1)
			}
		},
	})
	return c
}

// Close waits for what is on its way to Redis. A nil Cache has nothing there.
func (c *Cache) Close() {
	if c != nil {
		c.shared.sending.Wait()
	}
}

// entryBytes is what an answer takes beside its parts: the entry, its tags' headers, the header's map.
const entryBytes = 512

func weigh(k Key, a *Answer) uint32 {
	n := k.bytes() + cap(a.Body) + entryBytes
	for name, value := range a.Header {
		n += len(name) + len(value[0]) + 64
	}
	for _, tag := range a.tags {
		n += len(tag) + 16
	}
	return uint32(min(n, 1<<31)) //nolint:gosec // it is not negative
}

// Get returns the answer that is kept in memory for a key and good.
func (c *Cache) Get(k Key) (*Answer, bool) {
	a, ok := c.GetAgain(k)
	if !ok {
		c.misses.Add(1)
	}
	return a, ok
}

// GetAgain is Get for who has just missed: what it does not find counts as one miss with that.
func (c *Cache) GetAgain(k Key) (*Answer, bool) {
	if c.fresh() {
		if a, ok := c.entries.GetIfPresent(k); ok {
			if c.changes.isGood(a) {
				c.hits.Add(1)
				return a, true
			}
			c.stale.Add(1)
			c.entries.Invalidate(k)
		}
	}
	return nil, false
}

// Mark is the state of the data before an answer is made.
type Mark struct {
	number uint64
	point  store.OutboxPoint
	at     time.Time
}

// Mark is to be called before the database is asked for what is to be kept.
func (c *Cache) Mark() Mark { return Mark{c.changes.number.Load(), c.point(), c.now()} }

// Put keeps an answer that depends on tags, and was made of what was read after the mark. One that takes more than a quarter of
// the memory is not kept. One that was dear to make is sent to Redis, for which nobody waits.
func (c *Cache) Put(ctx context.Context, k Key, a *Answer, tags []string, at Mark) {
	a.tags, a.number, a.made = tags, at.number, c.now()
	isDear := c.dear.note(k, a.made.Sub(at.at), len(a.Body))
	if !c.changes.isGood(a) {
		return
	}
	// They may be parts of a request, the rest of which must not be kept with them.
	k.Text, k.Operation = strings.Clone(k.Text), strings.Clone(k.Operation)
	c.set(k, a)
	if isDear && c.changes.isOf(at.point) {
		c.shared.put(ctx, k, a, at.point)
	}
}

func (c *Cache) set(k Key, a *Answer) {
	if k.bytes()+len(a.Body) <= c.max {
		c.entries.Set(k, a)
	}
}

// Ask returns the answer that another server has made to a key and that is good, and keeps it in memory. It asks Redis for those only
// that may have been dear to make, and waits for it for 60 ms at most. Of those who want the same it is called by the one that leads.
func (c *Cache) Ask(ctx context.Context, k Key) (*Answer, bool) {
	if c.shared.redis == nil || !c.fresh() || !c.dear.mayBe(k) {
		return nil, false
	}
	source := c.point().Source
	if source == "" {
		return nil, false
	}
	a, point, ok := c.shared.get(ctx, k, source)
	if !ok {
		return nil, false
	}
	if !c.fresh() || !c.changes.vouch(a, point) {
		c.shared.stale.Add(1)
		return nil, false
	}
	c.shared.hits.Add(1)
	k.Text, k.Operation = strings.Clone(k.Text), strings.Clone(k.Operation)
	c.set(k, a)
	return a, true
}

// Change makes the answers that depend on one of the tags old, whoever has made them.
func (c *Cache) Change(tags ...string) {
	xids := make([]uint64, len(tags))
	for i := range xids {
		xids[i] = unknown
	}
	c.changes.note(tags, xids)
	c.invalidations.Add(int64(len(tags)))
}
