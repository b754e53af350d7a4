package answers

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/corpintel/corpintel/store"
)

// maxTags is how many tags changes are noted at. What was kept before they are too many counts as old then.
const maxTags = 1 << 17

// change says when something changed: as the server counts, and by which transaction.
type change struct {
	number uint64
	xid    uint64
}

// unknown stands for a transaction that is not known: no shared answer was made after it.
const unknown = math.MaxUint64

// ledger has what has changed, by tag. It is safe for concurrent use.
type ledger struct {
	number atomic.Uint64 // of the last change

	mu      sync.RWMutex
	changed map[string]change // by tag: its last change; of several transactions the latest
	floor   change            // what was made before it counts as old
	latest  uint64            // transaction of all changes
	source  string            // of the transactions
}

func (l *ledger) init(at store.OutboxPoint) {
	l.changed = make(map[string]change)
	l.number.Store(1)
	l.floor.xid, l.source = at.Xmax, at.Source
}

// isGood reports whether nothing has changed that an answer depends on.
func (l *ledger) isGood(a *Answer) bool {
	number := l.number.Load()
	if a.good.Load() == number {
		return true // nothing at all has changed since it was looked at
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if a.number < l.floor.number {
		return false
	}
	for _, tag := range a.tags {
		if l.changed[tag].number > a.number {
			return false
		}
	}
	a.good.Store(number)
	return true
}

// vouch reports whether an answer that another server has made is good, and gives it the number of the last change if so.
func (l *ledger) vouch(a *Answer, at store.OutboxPoint) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if at.Source == "" || at.Source != l.source || at.Xmin < l.floor.xid {
		return false
	}
	for _, tag := range a.tags {
		if l.changed[tag].xid >= at.Xmin {
			return false
		}
	}
	a.number = l.number.Load()
	return true
}

// isOf reports whether transactions are still counted as at a point.
func (l *ledger) isOf(at store.OutboxPoint) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return at.Source != "" && at.Source == l.source
}

// note notes changes of tags; xids are of the transactions that made them.
func (l *ledger) note(tags []string, xids []uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := l.number.Load() + 1
	for i, tag := range tags {
		l.noteTag(tag, number, xids[i])
	}
	l.bound(number)
	l.number.Store(number) // last: who reads it finds the tags noted
}

func (l *ledger) noteTag(tag string, number, xid uint64) {
	last := l.changed[tag]
	l.changed[tag] = change{max(last.number, number), max(last.xid, xid)}
	l.latest = max(l.latest, xid)
}

// bound forgets changes when they are too many.
func (l *ledger) bound(number uint64) {
	if len(l.changed) <= maxTags {
		return
	}
	clear(l.changed)
	l.floor = change{number, max(l.floor.xid, after(l.latest))}
}

// all notes that anything may have changed up to a point.
func (l *ledger) all(at store.OutboxPoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := l.number.Load() + 1
	clear(l.changed)
	l.floor, l.latest, l.source = change{number, at.Xmax}, 0, at.Source
	l.number.Store(number)
}

// learn notes what was changed before the first point; of the transactions from floor on everything is known then.
func (l *ledger) learn(tags []string, xids []uint64, floor uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.floor.xid = min(l.floor.xid, floor)
	for i, tag := range tags {
		l.noteTag(tag, 0, xids[i])
	}
	l.bound(l.floor.number)
}

// after is the number of the transaction after one.
func after(xid uint64) uint64 { return xid + min(1, unknown-xid) }
