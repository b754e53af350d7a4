// Package lru keeps in memory what was used last, as much as fits into a number of bytes. It is for what never changes under
// its key: texts and documents. What can become old is kept by packages that hear of changes.
package lru

import (
	"container/list"
	"sync"
)

// Cache keeps values by key. Its methods may be used concurrently.
type Cache[K comparable, V any] struct {
	most int64 // bytes

	mu      sync.Mutex
	bytes   int64
	entries map[K]*list.Element
	order   list.List // of *entry, the one used last in front
	counts  Stats
}

// Stats count what has happened so far.
type Stats struct {
	Hits, Misses int64
	Evictions    int64 // values that made room for others
	Bytes        int64 // taken now, as the callers of Add and Set say
}

type entry[K comparable, V any] struct {
	key   K
	value V
	bytes int64
}

// New returns a cache of at most that many bytes.
func New[K comparable, V any](most int64) *Cache[K, V] {
	return &Cache[K, V]{most: most, entries: make(map[K]*list.Element)}
}

// Get returns what is kept under a key, and counts whether there is something.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.find(key)
	if ok {
		c.counts.Hits++
	} else {
		c.counts.Misses++
	}
	return value, ok
}

// Again is Get for a question that has been counted.
func (c *Cache[K, V]) Again(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(key)
}

// find is Again. The caller holds mu.
func (c *Cache[K, V]) find(key K) (value V, ok bool) {
	element := c.entries[key]
	if element == nil {
		return value, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*entry[K, V]).value, true
}

// Add keeps a value that takes that many bytes, unless there is one under its key already or it is larger than the cache.
func (c *Cache[K, V]) Add(key K, value V, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key] == nil {
		c.keep(key, value, bytes)
	}
}

// Set is Add that replaces the value that is there.
func (c *Cache[K, V]) Set(key K, value V, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[key]; element != nil {
		c.remove(element)
	}
	c.keep(key, value, bytes)
}

// keep puts a value in front, and drops those used longest ago until all fit. The caller holds mu.
func (c *Cache[K, V]) keep(key K, value V, bytes int64) {
	if bytes > c.most {
		return
	}
	c.entries[key] = c.order.PushFront(&entry[K, V]{key, value, bytes})
	c.bytes += bytes
	for c.bytes > c.most {
		c.remove(c.order.Back())
		c.counts.Evictions++
	}
}

func (c *Cache[K, V]) remove(element *list.Element) {
	gone := c.order.Remove(element).(*entry[K, V])
	delete(c.entries, gone.key)
	c.bytes -= gone.bytes
}

// Stats returns the counts.
func (c *Cache[K, V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.counts
	counts.Bytes = c.bytes
	return counts
}
