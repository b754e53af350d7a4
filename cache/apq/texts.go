package apq

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"
)

// overhead is what an entry takes beside its text, about.
const overhead = 256

// texts are those used last, as far as they fit into a number of bytes.
type texts struct {
	most int // bytes

	mu      sync.Mutex
	entries map[[sha256.Size]byte]*list.Element
	order   list.List // of *entry, the one used last in front
	bytes   int
	counts  Stats
}

// Stats count what has happened so far to texts in memory.
type Stats struct {
	Hits, Misses int64
	Evictions    int64 // texts that made room for others
	Bytes        int64 // taken now, about
}

func (t *texts) stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := t.counts
	counts.Bytes = int64(t.bytes)
	return counts
}

type entry struct {
	key     [sha256.Size]byte
	text    string
	renewed time.Time
}

// get returns a text, and when it was last seen or stored in Redis.
func (t *texts) get(key [sha256.Size]byte) (text string, renewed time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	element := t.entries[key]
	if element == nil {
		t.counts.Misses++
		return "", time.Time{}, false
	}
	t.counts.Hits++
	t.order.MoveToFront(element)
	e := element.Value.(*entry)
	return e.text, e.renewed, true
}

// add keeps a text, and drops those used longest ago to make room.
func (t *texts) add(key [sha256.Size]byte, text string, renewed time.Time) {
	if len(text)+overhead > t.most {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if element := t.entries[key]; element != nil {
		element.Value.(*entry).renewed = renewed
		t.order.MoveToFront(element)
		return
	}
	if t.entries == nil {
		t.entries = make(map[[sha256.Size]byte]*list.Element)
	}
	t.bytes += len(text) + overhead
	for t.bytes > t.most {
		last := t.order.Back()
		e := t.order.Remove(last).(*entry)
		delete(t.entries, e.key)
		t.bytes -= len(e.text) + overhead
		t.counts.Evictions++
	}
	t.entries[key] = t.order.PushFront(&entry{key: key, text: text, renewed: renewed})
}
