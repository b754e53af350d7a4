package loaders

import (
	"context"
	"errors"
	"fmt"

	"github.com/corpintel/corpintel/store"
)

// question is what is asked of Entities, and of the database where they do not have it.
//
//	look    takes what is kept
//	board   divides the rest: what this question asks the database for, and what others are asking for already
//	settle  keeps what the database said, and tells it to those who wait for it
//	await   waits for the others
//
// A question waits for nobody before it is settled itself: so questions that want parts of each other do not lock up.
type question[K comparable, V any] struct {
	entities *Entities
	shape    *shape[K, V]
	part     bool // part of a value is enough
	// ask asks the database in a round trip of its own.
	ask func(ctx context.Context, keys []K) (func(i int, key K) V, error)

	keys   []K
	names  []name
	values []V // by place, as the keys

	flight *flight
	led    []int32 // places that the database is asked for
	found  func(i int, key K) V
	others []awaited
}

// look takes what is kept, and returns the places of what is not.
func (q *question[K, V]) look() (missing []int32) {
	q.names = q.shape.names(q.entities, q.keys, make([]name, 0, len(q.keys)))
	q.values = make([]V, len(q.keys))
	fresh, stale := q.entities.fresh(), int64(0)
	for i, n := range q.names {
		if fresh {
			value, ok, old := q.entities.get(n, q.part)
			if ok {
				q.values[i] = value.(V)
				continue
			}
			if old {
				stale++
			}
		}
		missing = append(missing, int32(i))
	}
	q.entities.hits.Add(int64(len(q.keys) - len(missing)))
	q.entities.misses.Add(int64(len(missing)))
	q.entities.stale.Add(stale)
	return missing
}

// board decides what of the missing places the database is to be asked for, and returns its keys. Alone the question asks for
// all, and nobody waits for it.
func (q *question[K, V]) board(missing []int32, alone bool) []K {
	q.flight = &flight{done: make(chan struct{}), number: q.entities.changes.number.Load()}
	if q.led, q.others = missing, nil; !alone && q.entities.fresh() {
		q.led, q.others = q.entities.board(q.flight, q.names, missing, q.part, func(i int32, value any) { q.values[i] = value.(V) })
	}
	if len(q.led) == len(q.keys) {
		return q.keys
	}
	keys := make([]K, len(q.led))
	for i, at := range q.led {
		keys[i] = q.keys[at]
	}
	return keys
}

// settle ends what board has begun: err is that of the database.
func (q *question[K, V]) settle(err error) {
	f := q.flight
	if f == nil {
		return
	}
	q.flight = nil
	defer q.entities.land(f, q.names, q.led, q.part)
	f.values, f.err = q.values, errUnfinished
	if err == nil {
		for i, at := range q.led {
			q.values[at] = q.found(i, q.keys[at])
			kept, bytes := q.shape.compact(q.values[at])
			q.entities.put(q.names[at], kept, bytes, f.number, q.part)
		}
	}
	f.err = err
}

// patience is how often a question joins others whose questions fail, before it asks alone.
const patience = 2

// await waits for what others bring. Where they fail for a reason of their own, such as a client that has gone, it asks itself.
// Errors: those of the database and of ctx.
func (q *question[K, V]) await(ctx context.Context) error {
	for round := 0; len(q.others) > 0; round++ {
		missing, err := q.collect(ctx)
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := q.run(ctx, missing, round >= patience); err != nil {
			return err
		}
	}
	return nil
}

// collect waits for the others, and returns the places that they did not fill.
func (q *question[K, V]) collect(ctx context.Context) (missing []int32, err error) {
	for _, o := range q.others {
		select {
		case <-o.flight.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for what another operation asks: %w", ctx.Err())
		}
		switch err := o.flight.err; {
		case err == nil:
			q.values[o.to] = o.flight.values.([]V)[o.at]
			q.entities.shared.Add(1)
		case isShared(err):
			return nil, err
		default:
			missing = append(missing, o.to)
		}
	}
	q.others = nil
	return missing, nil
}

// isShared says whether an error is that of everybody who asks: the database is away.
func isShared(err error) bool {
	return errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// run asks for the missing places in a round trip of its own.
func (q *question[K, V]) run(ctx context.Context, missing []int32, alone bool) (err error) {
	keys := q.board(missing, alone)
	err = errUnfinished
	defer func() { q.settle(err) }()
	if len(keys) == 0 {
		return nil
	}
	q.found, err = q.ask(ctx, keys)
	return err
}
