package shed

import "time"

// waiter is somebody who waits for a place.
type waiter struct {
	class  Class
	since  time.Time
	done   chan error    // gets nil with a place, or why there is none; it has room for that
	waited time.Duration // for its place, once it has one

	older, newer *waiter
}

// queue is those of a class who wait, in the order in which they came.
type queue struct{ oldest, newest *waiter }

func (q *queue) add(w *waiter) {
	w.older = q.newest
	if w.older == nil {
		q.oldest = w
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
