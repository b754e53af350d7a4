package document

import (
	"container/list"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	// tokenBytes is what a token of a validated document takes in memory, measured on large ones.
	tokenBytes = 240
	// entryBytes is what a document takes beside its tokens.
	entryBytes = 512
)

// cache keeps the documents that were used last, as many as fit into maxBytes.
type cache struct {
	mu       sync.Mutex
	maxBytes int64
	bytes    int64
	entries  map[string]*list.Element
	order    *list.List // of entries, the one used last first
	counts   Stats
}

// Stats count what has happened so far.
type Stats struct {
	Hits, Misses int64
	Evictions    int64 // documents that made room for others
	Bytes        int64 // taken now, about
}

func (c *cache) stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.counts
	counts.Bytes = c.bytes
	return counts
}

type entry struct {
	text     string
	document *ast.QueryDocument
	bytes    int64
}

func newCache(maxBytes int64) *cache {
	return &cache{maxBytes: maxBytes, entries: make(map[string]*list.Element), order: list.New()}
}

// get returns what is kept of a text, and counts whether it is.
func (c *cache) get(text string) (*ast.QueryDocument, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.find(text)
	if ok {
		c.counts.Hits++
	} else {
		c.counts.Misses++
	}
	return found, ok
}

// again is get for what has been counted.
func (c *cache) again(text string) (*ast.QueryDocument, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(text)
}

// find returns what is kept of a text. The caller holds mu.
func (c *cache) find(text string) (*ast.QueryDocument, bool) {
	found, ok := c.entries[text]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(found)
	return found.Value.(*entry).document, true
}

// add keeps a document, and drops those that were not used for longest until all fit.
func (c *cache) add(text string, document *ast.QueryDocument, tokens int) {
	added := &entry{text, document, int64(len(text)) + int64(tokens)*tokenBytes + entryBytes}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, again := c.entries[text]; again || added.bytes > c.maxBytes {
		return
	}
	c.entries[text] = c.order.PushFront(added)
	c.bytes += added.bytes
	for c.bytes > c.maxBytes {
		last := c.order.Remove(c.order.Back()).(*entry)
		delete(c.entries, last.text)
		c.bytes -= last.bytes
		c.counts.Evictions++
	}
}
