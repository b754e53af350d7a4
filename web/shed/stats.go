package shed

import (
	"errors"
	"sync/atomic"
	"time"
)

// Stats are what a Limiter has counted since it was made, and how it stands.
type Stats struct {
	Places int // that there are
	Taken  int // of them
	Queued int // who wait for one

	Waited   int64         // who waited for a place, and got it
	WaitTime time.Duration // theirs, together

	Full int64 // turned away as too many waited
	Late int64 // turned away as no place became free in time
	Left int64 // gone while they waited
}

// Stats returns the counts. It takes no lock.
func (l *Limiter) Stats() Stats {
	c := &l.counts
	return Stats{
		Places: c.places, Taken: int(c.taken.Load()), Queued: int(c.queued.Load()),
		Waited: c.waited.Load(), WaitTime: time.Duration(c.waitTime.Load()),
		Full: c.full.Load(), Late: c.late.Load(), Left: c.left.Load(),
	}
}

// counts can be changed and read without the lock of the Limiter.
type counts struct {
	places           int
	taken, queued    atomic.Int64
	waited, waitTime atomic.Int64
	full, late, left atomic.Int64
}

func (c *counts) noteWait(d time.Duration) {
	c.waited.Add(1)
	c.waitTime.Add(int64(d))
}

func (c *counts) noteShed(why error) {
	switch {
	case errors.Is(why, ErrFull):
		c.full.Add(1)
	case errors.Is(why, ErrLate):
		c.late.Add(1)
	default:
		c.left.Add(1)
	}
}
