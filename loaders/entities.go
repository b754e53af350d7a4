package loaders

import (
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// EntitiesOptions are what Entities depend on. All are required.
type EntitiesOptions struct {
	Bytes int64       // of memory, about
	Fresh func() bool // whether all changes are known; while it is false nothing is given away
}

// Entities keeps rows in memory that many operations ask for: companies and what hangs on each, definitions, filings; also
// that there is none. What is kept is shared between operations, and never changed. It is safe for concurrent use.
//
// An entry has the number of the last change that was known before the database was asked for it, and is judged when it is
// asked for: it is good while nothing that it depends on has a greater number (changes). So what was read before a change and
// is kept after it was old from the start, and nothing is searched for when something changes.
type Entities struct {
	fresh   func() bool
	max     int // bytes of an entry
	entries *otter.Cache[name, *entry]
	asks    askNumbers
	changes changes
	flights flights

	hits, misses, shared, stale, evictions atomic.Int64
}

// entry is a value as it is kept. It is not changed.
type entry struct {
	value  any
	number uint64 // of the last change that was known before the database was asked
	bytes  uint32
	part   bool // of latest values only the numbers were read
}

// entryBytes is what an entry takes beside its value: itself, and its places in the table and the queues of the cache.
const entryBytes = 224

// NewEntities returns Entities that hold nothing.
func NewEntities(o EntitiesOptions) *Entities {
	e := &Entities{fresh: o.Fresh, max: int(o.Bytes / 4)}
	e.changes.number.Store(1)
	e.entries = otter.Must(&otter.Options[name, *entry]{
		MaximumWeight: uint64(max(o.Bytes, 0)),
		Weigher:       func(_ name, kept *entry) uint32 { return kept.bytes },
		OnAtomicDeletion: func(d otter.DeletionEvent[name, *entry]) {
			if d.WasEvicted() {
				e.evictions.Add(1)
			}
		},
	})
	return e
}

// get returns what is kept under a name and good; old says that something is kept there that a change has made old. Where part
// is false it is the whole.
func (e *Entities) get(n name, part bool) (value any, ok, old bool) {
	kept, ok := e.entries.GetIfPresent(n)
	if !ok || kept.part && !part {
		return nil, false, false
	}
	if !e.changes.spare(n, kept.number, kept.value) {
		return nil, false, true
	}
	return kept.value, true, false
}

// put keeps a value that takes so many bytes, and was read after the change with the number. A part does not take the place of
// a whole.
func (e *Entities) put(n name, value any, bytes int, number uint64, part bool) {
	bytes += entryBytes
	if bytes > e.max || !e.changes.spare(n, number, value) {
		return
	}
	if part {
		if _, whole, _ := e.get(n, false); whole {
			return
		}
	}
	e.entries.Set(n, &entry{value: value, number: number, bytes: uint32(bytes), part: part}) //nolint:gosec // bounded by max
}

// EntityStats count what Entities have done so far.
type EntityStats struct {
	Hits          int64 // keys that were answered from memory
	Misses        int64 // keys that were not, Shared among them
	Shared        int64 // keys that were answered by what another operation asked the database for at the time
	Stale         int64 // of the misses: those that were kept, and that a change had made old
	Evictions     int64 // entries that made room for others
	Invalidations int64 // what changes were told of: companies, and sets as a whole
	Entries       int64 // that are there now, good or old
	Bytes         int64 // that these take, about
}

// Stats returns the counts.
func (e *Entities) Stats() EntityStats {
	return EntityStats{
		Hits: e.hits.Load(), Misses: e.misses.Load(), Shared: e.shared.Load(), Stale: e.stale.Load(),
		Evictions: e.evictions.Load(), Invalidations: e.changes.told.Load(),
		Entries: int64(e.entries.EstimatedSize()), Bytes: int64(e.entries.WeightedSize()), //nolint:gosec // it is bounded by the option
	}
}
