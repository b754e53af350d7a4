package ratelimit

import (
	"time"

	"github.com/corpintel/corpintel/cache"
)

// UseClock makes Redis take the limiter's time for its own.
func (l *Limiter) UseClock() {
	epoch := time.UnixMilli(0)
	l.script.now = func() int64 { return l.now().Sub(epoch).Milliseconds() }
}

// Buckets returns how many buckets are in memory.
func (l *Limiter) Buckets() int {
	l.buckets.mu.RLock()
	defer l.buckets.mu.RUnlock()
	return len(l.buckets.young) + len(l.buckets.old)
}

// MostBuckets bounds a generation of them.
const MostBuckets = mostBuckets

// Cache returns the Redis of the limiter.
func (l *Limiter) Cache() *cache.Cache { return l.cache }
