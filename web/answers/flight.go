package answers

import "context"

// flight is the making of an answer that others wait for.
type flight struct{ done chan struct{} }

// Lead makes the caller the one who makes the answer to a key, which it must say the end of; or, where another one does, waits
// for that one's end, or that of ctx. Both then look whether an answer is kept by now (GetAgain): who leads may have missed what the
// one before has kept since. Who waited in vain makes one without anybody waiting for it: what could not be kept cannot be shared.
func (c *Cache) Lead(ctx context.Context, k Key) (leads bool, end func()) {
	own := &flight{make(chan struct{})}
	other, busy := c.flights.LoadOrStore(k, own)
	if !busy {
		return true, func() {
			c.flights.Delete(k)
			close(own.done)
		}
	}
	select {
	case <-other.(*flight).done:
	case <-ctx.Done():
	}
	return false, func() {}
}
