package telemetry

import (
	"maps"
	"sync"
	"sync/atomic"
)

// other is the value of a label for what has none of its own.
const other = "other"

// anonymous is the value of the label client for who asks without a key.
const anonymous = "anonymous"

// MeansNoClient reports whether a label client has a name as its value for others than the client of that name.
func MeansNoClient(name string) bool { return name == anonymous || name == other }

// lookup has one value for each key, which is made when it is first asked for. Those that are known are found without a lock.
type lookup[K comparable, V any] struct {
	most     int // keys that get a value of their own
	overflow K   // has the value for all others
	create   func(K) V

	known atomic.Pointer[map[K]V] // not changed, but replaced
	mu    sync.Mutex              // of who replaces it
}

func newLookup[K comparable, V any](most int, overflow K, create func(K) V) *lookup[K, V] {
	l := &lookup[K, V]{most: most, overflow: overflow, create: create}
	l.known.Store(&map[K]V{})
	return l
}

// find returns the value of a key that has been asked for.
func (l *lookup[K, V]) find(key K) (V, bool) {
	value, ok := (*l.known.Load())[key]
	return value, ok
}

// get returns the value of a key, which must not be a part of something large.
func (l *lookup[K, V]) get(key K) V {
	known := *l.known.Load()
	if value, ok := known[key]; ok {
		return value
	}
	if value, ok := known[l.overflow]; ok && l.isFull(known) {
		return value
	}
	return l.add(key)
}

func (l *lookup[K, V]) add(key K) V {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := *l.known.Load()
	if l.isFull(known) {
		key = l.overflow
	}
	if value, ok := known[key]; ok {
		return value
	}
	value, next := l.create(key), maps.Clone(known)
	next[key] = value
	l.known.Store(&next)
	return value
}

func (l *lookup[K, V]) isFull(known map[K]V) bool {
	if _, ok := known[l.overflow]; ok {
		return len(known) > l.most
	}
	return len(known) >= l.most
}

// full reports whether no key gets a value of its own any more.
func (l *lookup[K, V]) full() bool { return l.isFull(*l.known.Load()) }
