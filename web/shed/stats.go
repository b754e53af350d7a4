package shed

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/corpintel/corpintel/telemetry"
)

// Stats returns the counts. It takes no lock.
func (l *Limiter) Stats() telemetry.Work {
	c := &l.counts
	return telemetry.Work{
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
