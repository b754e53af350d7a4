package loaders

import (
	"sync"
	"sync/atomic"
)

// keys are the keys of one question, each once. They are mostly looked for in the order in which they were asked for, the
// renderer's: an index is made only when that does not help. find is safe for concurrent use once all keys are added.
type keys[K comparable] struct {
	list  []K
	next  atomic.Int32 // where the key after the one found last is
	once  sync.Once
	index map[K]int32
}

// add adds a key that may be there already.
func (k *keys[K]) add(key K) {
	if k.index == nil {
		k.makeIndex()
	}
	if _, ok := k.index[key]; !ok {
		k.index[key] = int32(len(k.list)) //nolint:gosec // bounded by the arguments of an operation
		k.list = append(k.list, key)
	}
}

func (k *keys[K]) makeIndex() {
	k.index = make(map[K]int32, len(k.list))
	for i, key := range k.list {
		k.index[key] = int32(i)
	}
}

// find returns the place of a key.
func (k *keys[K]) find(key K) (int, bool) {
	if i := int(k.next.Load()); i < len(k.list) && k.list[i] == key {
		k.next.Store(int32(i + 1)) //nolint:gosec // as above
		return i, true
	}
	k.once.Do(func() {
		if k.index == nil {
			k.makeIndex()
		}
	})
	i, ok := k.index[key]
	if ok {
		k.next.Store(i + 1)
	}
	return int(i), ok
}
