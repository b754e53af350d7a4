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
	label  string // the name that it has in the set
	source source[K, V]
	shape  *shape[K, V] // nil: its values are not kept beyond the operation

	mu   sync.RWMutex
	runs []*run[K, V]

	once  sync.Once
	stray *dataloader.Loader[K, Result[V]]
}

// run is what one run of a batch brought for the keys that it asked for: all of them, or the error that it ended with.
// The values stay where the statement put them, unless some of them came from elsewhere.
type run[K comparable, V any] struct {
	asked  keys[K]
	value  func(int, K) V
	values []V // instead of value
	err    error
}

func (r *run[K, V]) at(i int, key K) V {
	if r.values != nil {
		return r.values[i]
	}
	return r.value(i, key)
}

// strayWait is how long a load that nobody primed waits for others of its kind. It is a safety net: operations whose
// selections were looked ahead never get there.
const strayWait = time.Millisecond

// strayCapacity is the room for keys of such a batch. The default would be 1,000 slots for each batch.
const strayCapacity = 16

func (l *Loader[K, V]) init(set *Set, label string, source source[K, V]) *Loader[K, V] {
	l.set, l.label, l.source = set, label, source
	return l
}

// keep makes the values of the loader be kept in Entities, where there are any.
func (l *Loader[K, V]) keep(s *shape[K, V]) *Loader[K, V] {
	if l.set.shared.entities != nil {
		l.shape = s
	}
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
	l.set.shared.watch(l.label, len(keys))
	b := l.set.shared.store.Batch()
	value := l.source(b, keys)
	err := l.runStrays(ctx, b, keys, value)
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
		return r.at(i, key), nil, true
	}
	return value, nil, false
}

// Want makes the next run of a batch ask for keys, once each. That they are known already, from an earlier run or another
// resolver, does not count: it would make the number of statements a matter of the data, or of luck.
func (l *Loader[K, V]) Want(b *Batch, keys ...K) {
	w := l.wanted(b)
	w.note(b.field, keys)
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
	w.note(b.field, keys)
	w.run.asked.list = keys
}

func (l *Loader[K, V]) wanted(b *Batch) *want[K, V] {
	return b.want(l, func() wanted { return &want[K, V]{loader: l, run: new(run[K, V])} }).(*want[K, V])
}

// want is the next run of one loader, as a batch fills it.
type want[K comparable, V any] struct {
	loader   *Loader[K, V]
	run      *run[K, V]
	question *question[K, V] // nil: all is asked of the database
	askers   []asker[K]      // of the run, in an operation that is explained
}

func (w *want[K, V]) of(l any) bool { return w.loader == l }

func (w *want[K, V]) queue(b *store.Batch) {
	keys := w.run.asked.list
	if len(keys) > 0 {
		w.loader.set.shared.watch(w.loader.label, len(keys))
	}
	switch {
	case len(keys) == 0:
	case w.loader.shape == nil:
		w.run.value = w.loader.source(b, keys)
	default:
		w.ask(b, keys)
	}
}

// ask adds the statements for what is neither kept nor asked for by others.
func (w *want[K, V]) ask(b *store.Batch, keys []K) {
	l := w.loader
	q := &question[K, V]{
		entities: l.set.shared.entities, shape: l.shape, keys: keys, part: l.shape.parts && l.set.numbers.Load(),
	}
	missing := q.look()
	w.run.values = q.values
	if len(missing) == 0 {
		return
	}
	w.question, q.ask = q, l.fetch
	if asked := q.board(missing, false); len(asked) > 0 {
		q.found = l.source(b, asked)
	}
}

// fetch asks for keys in a round trip of their own.
func (l *Loader[K, V]) fetch(ctx context.Context, keys []K) (func(int, K) V, error) {
	b := l.set.shared.store.Batch()
	found := l.source(b, keys)
	return found, b.Run(ctx)
}

// settle ends what queue has begun: err is that of the batch.
func (w *want[K, V]) settle(err error) {
	if w.question != nil {
		w.question.settle(err)
	}
}

// deliver primes the loader with what the batch brought, or with its error, once others have brought what they were asking for
// already.
func (w *want[K, V]) deliver(ctx context.Context, err error) {
	if len(w.run.asked.list) == 0 {
		return
	}
	if w.question != nil && err == nil {
		err = w.question.await(ctx)
	}
	w.run.err = err
	w.loader.mu.Lock()
	defer w.loader.mu.Unlock()
	w.loader.runs = append(w.loader.runs, w.run)
	w.run, w.question = new(run[K, V]), nil
}
