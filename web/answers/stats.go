package answers

// Stats count what has happened so far.
type Stats struct {
	Hits, Misses  int64 // looks into memory
	Evictions     int64 // answers that made room for others
	Stale         int64 // of the misses: kept answers that a change had made old
	Invalidations int64 // tags that were changed
	Bytes         int64 // taken now
	Shared        SharedStats
}

// SharedStats count what was asked of Redis and sent there.
type SharedStats struct {
	Hits   int64 // answers of other servers that were given away
	Misses int64 // nothing was there, or Redis was away
	Stale  int64 // answers that were old, or not known to be good
	Spoilt int64 // what was not the answer to its key, or none at all
	Sent   int64 // answers that were sent to Redis, whatever has become of them
	Passed int64 // dear answers that were not: too long, or too many were on their way
}

// Stats returns the counts.
func (c *Cache) Stats() Stats {
	s := &c.shared
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Evictions: c.evictions.Load(), Stale: c.stale.Load(),
		Invalidations: c.invalidations.Load(), Bytes: int64(c.entries.WeightedSize()), //nolint:gosec // it is bounded by the option
		Shared: SharedStats{
			Hits: s.hits.Load(), Misses: s.misses.Load(), Stale: s.stale.Load(), Spoilt: s.spoilt.Load(),
			Sent: s.sent.Load(), Passed: s.passed.Load(),
		},
	}
}
