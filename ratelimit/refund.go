package ratelimit

// Refund gives back a cost that key has spent, since what it was spent for was not done. It never asks Redis: what was taken there
// is kept by this server, which spends it for the key later, as far as it still counts then.
func (l *Limiter) Refund(key string, budget, cost int64) Decision {
	if budget <= 0 {
		return Decision{Allowed: true}
	}
	budget, cost = min(budget, Largest), min(max(cost, 0), Largest)
	now := l.elapsed()
	return l.buckets.get(key, now).refund(now, budget, cost)
}

// refund takes a cost off the server's own account, and adds it to the lease. Where that has no debt of its own behind it, what was
// added is worth nothing, as always.
func (b *bucket) refund(at, budget, cost int64) Decision {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(at, budget)
	b.debt = max(0, b.debt-cost*minute)
	b.lease.units += cost * minute
	t := turn{budget: budget, outcome: allowed, debt: b.debt}
	return t.decision()
}
