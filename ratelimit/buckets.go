package ratelimit

import "sync"

// mostBuckets bounds a generation of buckets.
const mostBuckets = 1 << 16

// buckets are the buckets of the keys that were used lately, in two generations. A bucket that nobody uses for a minute is
// full again and its lease is worth nothing, so it may be forgotten; where there are more keys than there is room for,
// those used least may be forgotten earlier, and only Redis knows of them then.
type buckets struct {
	mu       sync.RWMutex
	young    map[string]*bucket
	old      map[string]*bucket
	rotateAt int64 // ms
}

// get returns the bucket of a key.
func (s *buckets) get(key string, now int64) *bucket {
	s.mu.RLock()
	b, fresh := s.young[key], now < s.rotateAt
	s.mu.RUnlock()
	if b != nil && fresh {
		return b
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || now >= s.rotateAt || len(s.young) >= mostBuckets {
		s.old, s.young = s.young, make(map[string]*bucket)
		s.rotateAt = now + minute
	}
	if b = s.young[key]; b != nil {
		return b
	}
	if b = s.old[key]; b == nil {
		b = &bucket{at: now}
	}
	s.young[key] = b
	return b
}
