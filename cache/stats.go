package cache

import "sync/atomic"

// Stats counts what a cache has done since it was opened.
type Stats struct {
	Hits     int64 // values that were found
	Misses   int64 // values that were not there
	Failures int64 // calls that failed
	Rejected int64 // calls that were not made because Redis had failed just before
}

type counters struct {
	hits, misses, failures, rejected atomic.Int64
}

// Stats returns what has been counted so far. A nil Cache counts nothing.
func (c *Cache) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	return Stats{
		Hits:     c.counts.hits.Load(),
		Misses:   c.counts.misses.Load(),
		Failures: c.counts.failures.Load(),
		Rejected: c.counts.rejected.Load(),
	}
}
