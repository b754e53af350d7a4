package loaders

import (
	"context"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"github.com/corpintel/corpintel/store"
)

// Result is what a loader holds for a key: absence (the zero Value) and errors are values, so that they can be primed.
type Result[V any] struct {
	Value V
	Err   error
}

// A source adds the statements for some keys to a batch. Once the batch has run, the function that it returns tells the
// value of the key at i.
type source[K comparable, V any] func(b *store.Batch, keys []K) func(i int, key K) V

// Loader holds the values of one kind for one request.
type Loader[K comparable, V any] struct {
	set    *Set
	source source[K, V]

	mu   sync.RWMutex
	runs []*run[K, V]

	once  sync.Once
	stray *dataloader.Loader[K, Result[V]]
}

// run is what one run of a batch brought for the keys that it asked for: all of them, or the error that it ended with.
// The values stay where the statement put them.
type run[K comparable, V any] struct {
	asked keys[K]
	value func(int, K) V
	err   error
}

// strayWait is how long a load that nobody primed waits for others of its kind. It is a safety net: operations whose
// selections were looked ahead never get there.
const strayWait = time.Millisecond

// strayCapacity is the room for keys of such a batch. The default would be 1,000 slots for each batch.
const strayCapacity = 16

func (l *Loader[K, V]) init(set *Set, source source[K, V]) *Loader[K, V] {
	l.set, l.source = set, source
	return l
}

// strays makes the data loader of keys that were not primed when it is first used: hardly ever.
func (l *Loader[K, V]) strays() *dataloader.Loader[K, Result[V]] {
	l.once.Do(func() {
		l.stray = dataloader.NewBatchedLoader(l.loadStrays,
			dataloader.WithWait[K, Result[V]](strayWait), dataloader.WithInputCapacity[K, Result[V]](strayCapacity))
	})
	return l.stray
}

// loadStrays is the batch function for keys that were not primed.
func (l *Loader[K, V]) loadStrays(ctx context.Context, keys []K) []*dataloader.Result[Result[V]] {
	l.set.shared.unprimed.Add(int64(len(keys)))
	b := l.set.shared.store.Batch()
	value := l.source(b, keys)
	err := b.Run(ctx)
	out := make([]*dataloader.Result[Result[V]], len(keys))
	for i, k := range keys {
		r := Result[V]{Err: err}
		if err == nil {
			r.Value = value(i, k)
		}
		out[i] = &dataloader.Result[Result[V]]{Data: r}
	}
	return out
}

// Load returns the value of a key; the zero value when there is none.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	if value, err, ok := l.Primed(key); ok {
		return value, err
	}
	r, err := l.strays().Load(ctx, key)()
	if err != nil { // a panic in the batch function
		return r.Value, err
	}
	return r.Value, r.Err
}

// Primed returns the value of a key, or the error of its batch, when a batch has asked for it: ok says so. Of several
// batches the first counts, so that a key has one value within an operation.
func (l *Loader[K, V]) Primed(key K) (value V, err error, ok bool) { //nolint:revive // the error is a value that was found, like the other
	l.mu.RLock()
	runs := l.runs
	l.mu.RUnlock()
	for _, r := range runs {
		i, ok := r.asked.find(key)
		if !ok {
			continue
		}
		if r.err != nil {
			return value, r.err, true
		}
		return r.value(i, key), nil, true
	}
	return value, nil, false
}

// Want makes the next run of a batch ask for keys, once each. That they are known already, from an earlier run or another
// resolver, does not count: it would make the number of statements a matter of the data, or of luck.
func (l *Loader[K, V]) Want(b *Batch, keys ...K) {
	w := l.wanted(b)
	for _, k := range keys {
		w.run.asked.add(k)
	}
}

// WantDistinct is Want for keys of which no two are equal. The slice belongs to the loader then.
func (l *Loader[K, V]) WantDistinct(b *Batch, keys []K) {
	w := l.wanted(b)
	if len(w.run.asked.list) > 0 {
		l.Want(b, keys...)
		return
	}
	w.run.asked.list = keys
}

func (l *Loader[K, V]) wanted(b *Batch) *want[K, V] {
	return b.want(l, func() wanted { return &want[K, V]{loader: l, run: new(run[K, V])} }).(*want[K, V])
}

// want is the next run of one loader, as a batch fills it.
type want[K comparable, V any] struct {
	loader *Loader[K, V]
	run    *run[K, V]
}

func (w *want[K, V]) of(l any) bool { return w.loader == l }

func (w *want[K, V]) queue(b *store.Batch) {
	if keys := w.run.asked.list; len(keys) > 0 {
		w.run.value = w.loader.source(b, keys)
	}
}

// deliver primes the loader with what the batch brought, or with its error.
func (w *want[K, V]) deliver(err error) {
	if len(w.run.asked.list) == 0 {
		return
	}
	w.run.err = err
	w.loader.mu.Lock()
	defer w.loader.mu.Unlock()
	w.loader.runs = append(w.loader.runs, w.run)
	w.run = new(run[K, V])
}
