package answers

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Key says to what an answer is the answer. Keys are compared as a whole.
type Key struct {
	Text      string // of the document
	Operation string // name, empty where there is one operation
	Variables string // canonical JSON
	Scope     string // who may see the answer, and in which form: role, media type, content coding
}

func (k Key) bytes() int { return len(k.Text) + len(k.Operation) + len(k.Variables) + len(k.Scope) }

// Answer is an answer that is ready to be sent. It is not changed.
type Answer struct {
	Body   []byte
	Header map[string]string // what belongs to the body

	tags   []string
	number uint64    // of the last change that was known before the answer was made
	made   time.Time // when it was kept
	good   atomic.Uint64
}

// Age returns how long ago the answer was made.
func (a *Answer) Age(now time.Time) time.Duration { return max(0, now.Sub(a.made)) }

// Options are what a Cache depends on. All are required.
type Options struct {
	Bytes int64            // of memory, about
	Fresh func() bool      // whether all changes are known; while it is false nothing is given away
	Now   func() time.Time // for the age of answers
}

// maxTags is how many tags changes are noted at. What was kept before they are too many counts as old then.
const maxTags = 1 << 17

// everything is the tag of all answers.
const everything = "*"

// Cache keeps answers, those that are used most, as many as fit into its memory. It is safe for concurrent use.
type Cache struct {
	fresh   func() bool
	now     func() time.Time
	entries *otter.Cache[Key, *Answer]
	max     int

	number  atomic.Uint64 // of the last change
	mu      sync.RWMutex
	changed map[string]uint64 // by tag: the number of its last change
	floor   uint64            // what has a smaller number is old

	flights sync.Map // of Key to *flight

	hits, misses, evictions, stale, invalidations atomic.Int64
}

// New returns an empty Cache.
func New(o Options) *Cache {
	c := &Cache{fresh: o.Fresh, now: o.Now, max: int(o.Bytes / 4), changed: make(map[string]uint64)}
	c.number.Store(1)
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

// entryBytes is what an answer takes beside its parts: the entry, its tags' headers, the header's map.
const entryBytes = 512

func weigh(k Key, a *Answer) uint32 {
	n := k.bytes() + cap(a.Body) + entryBytes
	for name, value := range a.Header {
		n += len(name) + len(value) + 32
	}
	for _, tag := range a.tags {
		n += len(tag) + 16
	}
	return uint32(min(n, 1<<31)) //nolint:gosec // it is not negative
}

// Get returns the answer that is kept for a key and good.
func (c *Cache) Get(k Key) (*Answer, bool) {
	if c.fresh() {
		if a, ok := c.entries.GetIfPresent(k); ok {
			if c.isGood(a) {
				c.hits.Add(1)
				return a, true
			}
			c.stale.Add(1)
			c.entries.Invalidate(k)
		}
	}
	c.misses.Add(1)
	return nil, false
}

// isGood reports whether nothing has changed that an answer depends on.
func (c *Cache) isGood(a *Answer) bool {
	number := c.number.Load()
	if a.good.Load() == number {
		return true // nothing at all has changed since it was looked at
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if a.number < c.floor || c.changed[everything] > a.number {
		return false
	}
	for _, tag := range a.tags {
		if c.changed[tag] > a.number {
			return false
		}
	}
	a.good.Store(number)
	return true
}

// Mark is the state of the data before an answer is made.
type Mark struct{ number uint64 }

// Mark is to be called before the database is asked for what is to be kept.
func (c *Cache) Mark() Mark { return Mark{c.number.Load()} }

// Put keeps an answer that depends on tags, and was made of what was read after the mark. One that takes more than a quarter of
// the memory is not kept.
func (c *Cache) Put(k Key, a *Answer, tags []string, at Mark) {
	if k.bytes()+len(a.Body) > c.max {
		return
	}
	a.tags, a.number, a.made = tags, at.number, c.now()
	if !c.isGood(a) {
		return
	}
	// They may be parts of a request, the rest of which must not be kept with them.
	k.Text, k.Operation = strings.Clone(k.Text), strings.Clone(k.Operation)
	c.entries.Set(k, a)
}

// Change makes the answers that depend on one of the tags old.
func (c *Cache) Change(tags ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	number := c.number.Load() + 1
	for _, tag := range tags {
		c.changed[tag] = number
	}
	if len(c.changed) > maxTags {
		clear(c.changed)
		c.floor = number
	}
	c.invalidations.Add(int64(len(tags)))
	c.number.Store(number) // last: who reads it finds the tags noted
}

// ChangeAll makes all answers old.
func (c *Cache) ChangeAll() { c.Change(everything) }

// Stats count what has happened so far.
type Stats struct {
	Hits, Misses, Evictions int64
	Stale                   int64 // of the misses: kept answers that a change had made old
	Invalidations           int64 // tags that were changed
	Bytes                   int64 // taken now
}

// Stats returns the counts.
func (c *Cache) Stats() Stats {
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Evictions: c.evictions.Load(), Stale: c.stale.Load(),
		Invalidations: c.invalidations.Load(), Bytes: int64(c.entries.WeightedSize()), //nolint:gosec // it is bounded by the option
	}
}
