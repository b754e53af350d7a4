package shed

import (
	"context"
	"time"
)

// waiter is somebody who waits for a place.
type waiter struct {
	ctx   context.Context //nolint:containedctx // of Acquire, which waits for it to be done
	class Class
	since time.Time
	done  chan error // gets nil with a place, or why there is none; it has room for that

	older, newer *waiter
}

// queue is those of a class who wait, in the order in which they came.
//
// It stands when for a whole maxWait nobody has got a place after a short wait. How long it is says nothing: those who ask again
// as soon as they are answered are always there, and each may still wait for next to nothing.
type queue struct {
	oldest, newest *waiter

	moved time.Time // nobody waited, or who had waited longest got a place after a short wait
	until time.Time // it stands up to then, also where all who waited have been turned away
}

// moves notes that the queue does not stand.
func (q *queue) moves(now time.Time) { q.moved, q.until = now, time.Time{} }

// stands reports whether the queue does. For a maxWait it is taken to do so; then those who came first are first again, which shows
// within a short wait whether it still does.
func (q *queue) stands(now time.Time, maxWait time.Duration) bool {
	if now.Before(q.until) {
		return true
	}
	if q.oldest == nil || now.Sub(q.moved) <= maxWait {
		return false
	}
	q.until = now.Add(maxWait)
	q.moved = now.Add(maxWait / shrink)
	return true
}

// next returns who is to get a place, of those who wait.
func (q *queue) next(now time.Time, maxWait time.Duration) *waiter {
	if q.stands(now, maxWait) {
		return q.newest
	}
	if now.Sub(q.oldest.since) <= maxWait/shrink {
		q.moves(now)
	}
	return q.oldest
}

func (q *queue) add(w *waiter) {
	w.older = q.newest
	if w.older == nil {
		q.oldest = w
		q.moved = w.since
	} else {
		w.older.newer = w
	}
	q.newest = w
}

func (q *queue) remove(w *waiter) {
	if w.older == nil {
		q.oldest = w.newer
	} else {
		w.older.newer = w.newer
	}
	if w.newer == nil {
		q.newest = w.older
	} else {
		w.newer.older = w.older
	}
	w.older, w.newer = nil, nil
}
