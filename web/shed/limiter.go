package shed

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Class says who goes first where there is not room for all.
type Class int

// The classes.
const (
	First Class = iota
	Second

	classes = 2
)

// Errors of Acquire.
var (
	// ErrFull says that too many wait already.
	ErrFull = errors.New("too many wait for a place")
	// ErrLate says that no place became free in time.
	ErrLate = errors.New("no place became free in time")
)

// Options are the settings of a Limiter. Required are Places, MaxWait and Now.
type Options struct {
	Places  int           // how much is done at the same time, at least 1
	MaxWait time.Duration // longest wait for a place
	Now     func() time.Time

	// IsHeld reports whether places are held by those who wait for something to come back, which no less load would make
	// faster. That time does not count, for as long as Patience. It is called often, and must not block; nil: never.
	IsHeld   func() bool
	Patience time.Duration
}

const (
	// queuedPerPlace is how many may wait for each place. It bounds memory: time is what turns away before.
	queuedPerPlace = 256
	// shrink is by how much the longest wait is shorter while a queue stands; a wait that is no longer than that is a short one.
	shrink = 10
	// settles is how long what has come back is slow: connections are opened, and statements prepared.
	settles = time.Second
	// look is how often it is looked who does not wait any more.
	look = 10 * time.Millisecond
	// turn is which of the places that become free goes to the second class while both wait.
	turn = 8
)

// Limiter gives places away. It is safe for concurrent use.
type Limiter struct {
	maxWait  time.Duration
	now      func() time.Time
	isHeld   func() bool
	patience time.Duration
	counts   counts
	most     int       // that wait
	waiters  sync.Pool // those of before, with nothing in done

	mu     sync.Mutex
	free   int // while anybody waits there is none
	queues [classes]queue
	queued int
	looked bool      // somebody looks at those who wait
	held   time.Time // up to when time does not count
	back   time.Time // from when on it does, if places are not held again
	turns  int       // places that were given away while both classes waited
}

// New returns a Limiter of which nobody has a place.
func New(o Options) *Limiter {
	l := &Limiter{
		maxWait: o.MaxWait, now: o.Now, isHeld: o.IsHeld, patience: o.Patience, free: o.Places, most: o.Places * queuedPerPlace,
	}
	if l.isHeld == nil {
		l.isHeld = func() bool { return false }
	}
	l.counts.places = o.Places
	l.waiters.New = func() any { return &waiter{done: make(chan error, 1)} }
	return l
}

// Acquire takes a place, which is to be given back with Release. Errors: ErrFull, ErrLate, that of ctx; then there is none.
func (l *Limiter) Acquire(ctx context.Context, c Class) error {
	l.mu.Lock()
	if l.free > 0 {
		l.free--
		l.counts.taken.Add(1)
		l.mu.Unlock()
		return nil
	}
	w, err := l.enqueue(ctx, c)
	l.mu.Unlock()
	if err != nil {
		return err
	}
	err = <-w.done
	w.ctx = nil
	l.waiters.Put(w)
	return err
}

// Release gives a place back.
func (l *Limiter) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass()
}

// pass gives a place to somebody who waits.
func (l *Limiter) pass() {
	now := l.now()
	l.noteHeld(now)
	l.shedLate(now)
	for w := l.next(now); w != nil; w = l.next(now) {
		if err := l.why(w, now); err != nil {
			l.shed(w, err)
			continue
		}
		l.remove(w)
		l.counts.noteWait(now.Sub(w.since))
		w.done <- nil
		return
	}
	l.free++
	l.counts.taken.Add(-1)
	l.move(now)
}

// enqueue makes somebody wait. Errors: ErrFull, that of ctx.
func (l *Limiter) enqueue(ctx context.Context, c Class) (*waiter, error) {
	if err := ctx.Err(); err != nil {
		l.counts.noteShed(err)
		return nil, err
	}
	now := l.now()
	l.noteHeld(now)
	if l.queued == l.most && !l.makeRoom(c) {
		l.counts.noteShed(ErrFull)
		return nil, ErrFull
	}
	w := l.waiters.Get().(*waiter)
	w.ctx, w.class, w.since = ctx, c, now
	l.queues[c].add(w)
	l.queued++
	l.counts.queued.Add(1)
	if !l.looked {
		l.looked = true
		go l.watch()
	}
	return w, nil
}

// makeRoom turns away who has waited longest, of the last class that is not before c: its client is the most likely to have left.
func (l *Limiter) makeRoom(c Class) bool {
	for last := Class(classes - 1); last >= c; last-- {
		if w := l.queues[last].oldest; w != nil {
			l.shed(w, ErrFull)
			return true
		}
	}
	return false
}

// noteHeld makes the time up to now not count, where places are held.
func (l *Limiter) noteHeld(now time.Time) {
	if l.isHeld() {
		l.back = now.Add(settles)
	}
	if now.After(l.back) {
		return
	}
	l.held = now
	l.move(now)
}

// move notes that no queue stands.
func (l *Limiter) move(now time.Time) {
	for i := range l.queues {
		l.queues[i].moves(now)
	}
}

// left returns how much longer w may wait, where the longest wait is a time.
func (l *Limiter) left(w *waiter, now time.Time, longest time.Duration) time.Duration {
	counted := min(now.Sub(w.since), now.Sub(l.held))
	return min(longest-counted, l.maxWait+l.patience-now.Sub(w.since))
}

// why returns why somebody is not to wait any more, nil when he is.
func (l *Limiter) why(w *waiter, now time.Time) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if l.left(w, now, l.maxWait) <= 0 {
		return ErrLate
	}
	return nil
}

// shedLate turns away who has waited longest in a queue that stands, if that is too long: one for each place that becomes free. Those who
// come back at once would otherwise have the server do nothing but turn them away, which costs nearly as much as a small answer.
func (l *Limiter) shedLate(now time.Time) {
	for i := range l.queues {
		q := &l.queues[i]
		if w := q.oldest; w != nil && q.stands(now, l.maxWait) && l.left(w, now, l.maxWait/shrink) < 0 {
			l.shed(w, ErrLate)
		}
	}
}

// next returns who gets the next place, nil when nobody waits.
func (l *Limiter) next(now time.Time) *waiter {
	c := First
	switch {
	case l.queued == 0:
		return nil
	case l.queues[First].oldest == nil:
		c = Second
	case l.queues[Second].oldest != nil:
		if l.turns++; l.turns%turn == 0 {
			c = Second
		}
	}
	return l.queues[c].next(now, l.maxWait)
}

// shed turns somebody away.
func (l *Limiter) shed(w *waiter, why error) {
	l.remove(w)
	l.counts.noteShed(why)
	w.done <- why
}

func (l *Limiter) remove(w *waiter) {
	l.queues[w.class].remove(w)
	l.queued--
	l.counts.queued.Add(-1)
}

// watch turns away those who wait for too long or whose contexts have ended, as long as anybody waits. A timer for each of them,
// which most do not need, costs more than to wait does.
func (l *Limiter) watch() {
	timer := time.NewTimer(look)
	defer timer.Stop()
	for range timer.C {
		next, ok := l.turnAway()
		if !ok {
			return
		}
		timer.Reset(next)
	}
}

// turnAway turns away who waits in vain, and returns when to look again; false: nobody waits, and nobody looks any more.
func (l *Limiter) turnAway() (next time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.noteHeld(now)
	next = look
	for i := range l.queues {
		for w := l.queues[i].oldest; w != nil; {
			waiting := w
			w = w.newer
			if err := l.why(waiting, now); err != nil {
				l.shed(waiting, err)
			} else {
				next = min(next, l.left(waiting, now, l.maxWait))
			}
		}
	}
	l.looked = l.queued > 0
	return next, l.looked
}

// latest is after how many seconds at most those that were turned away are asked to come again. The times differ, or all would come
// together again.
const latest = 4

// RetryAfter returns after how long somebody who was turned away is to come again: one to four whole seconds, by chance.
func (*Limiter) RetryAfter() time.Duration {
	return time.Duration(1+rand.IntN(latest)) * time.Second //nolint:gosec // it is no secret
}
