package ratelimit

import (
	"sync"
	"time"
)

// Debts and leases are counted in cost times minute, so that what a budget pays back in any number of ms is a whole number.

// bucket is what a server knows of a key.
type bucket struct {
	mu sync.Mutex
	// debt is what was spent and is not filled again, as of at (ms). It holds what this server has allowed and, as of the
	// last answer of Redis, what others have: never more than Redis knows, unless Redis has forgotten.
	debt, at int64
	// lease is what was taken ahead and is not spent.
	lease lease
	// leasing says that a caller is asking for a lease. Others that have to ask meanwhile ask for their cost only.
	leasing bool
}

// lease is a part of the bucket in Redis. It lies on top of all that was taken before, so it is filled again last: what
// backs it is at most the debt as of when it was taken, less what has been filled since.
type lease struct{ units, debt, at int64 }

// worth returns what of the lease may be spent at a time.
func (l lease) worth(at, budget int64) int64 {
	return max(0, min(l.units, l.debt-filled(l.at, at, budget)))
}

// filled returns what a budget pays back between two times; a minute pays back everything.
func filled(from, to, budget int64) int64 { return min(max(0, to-from), minute) * budget }

type outcome int

const (
	undecided outcome = iota
	allowed
	refused
)

// turn is one call of Spend.
type turn struct {
	at, budget, cost int64
	outcome          outcome
	debt             int64 // of the bucket, after it

	taken   lease // the old lease, which pays for a part of the cost
	wanted  int64 // the cost (times minute) without it
	leasing bool
}

// begin decides what can be decided without Redis. For the rest it takes the cost from the server's own account already,
// so that callers who ask at the same time cannot spend more together than the account has.
func (b *bucket) begin(at, budget, cost int64) turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(at, budget)
	at = b.at // somebody who came later may have been here first
	t := turn{at: at, budget: budget, cost: cost, debt: b.debt}
	if b.debt+cost*minute > budget*minute {
		t.outcome = refused
		return t
	}
	b.debt += cost * minute
	t.debt = b.debt
	worth := b.lease.worth(at, budget)
	if worth >= cost*minute {
		b.lease.units = worth - cost*minute
		t.outcome = allowed
		return t
	}
	t.wanted = cost * minute
	if !b.leasing {
		b.leasing, t.leasing = true, true
		t.taken = b.lease
		t.taken.units = worth
		t.wanted -= worth
		b.lease = lease{}
	}
	return t
}

// fill pays back what the budget has since the last time. The clock never goes back here. A debt from a greater budget is
// cut to what a minute pays back.
func (b *bucket) fill(at, budget int64) {
	b.debt = max(0, min(b.debt, budget*minute)-filled(b.at, at, budget))
	b.at = max(b.at, at)
}

// finishAlone decides without Redis: the account has the cost.
func (b *bucket) finishAlone(t *turn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.outcome, t.debt = allowed, b.debt
	if t.leasing {
		b.leasing = false // what was taken of the old lease is spent
	}
}

// finish does what Redis has decided.
func (b *bucket) finish(t *turn, a answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.leasing {
		b.leasing = false
	}
	if !a.allowed {
		b.refuse(t, a)
		return
	}
	if t.leasing {
		b.lease = lease{units: a.lease, debt: a.debt, at: t.at}
		b.learn(t, a.debt-a.lease)
	}
	t.outcome, t.debt = allowed, b.debt
}

// refuse gives back what a turn has taken.
func (b *bucket) refuse(t *turn, a answer) {
	b.debt = max(0, b.debt-t.cost*minute)
	debt := a.debt - t.taken.units
	if t.leasing {
		b.lease = t.taken
		b.learn(t, debt)
	}
	t.outcome, t.debt = refused, max(b.debt, debt)
}

// learn takes over a debt of the time of the turn, if it is greater than what is known. Only the one who has the lease can
// tell which part of the debt in Redis is not spent.
func (b *bucket) learn(t *turn, debt int64) {
	b.debt = max(b.debt, debt-filled(t.at, b.at, t.budget))
}

// decision tells how a turn has ended.
func (t *turn) decision() Decision {
	d := Decision{
		Allowed:   t.outcome == allowed,
		Limit:     t.budget,
		Remaining: max(0, (t.budget*minute-t.debt)/minute),
		Reset:     fills(t.debt, t.budget),
	}
	switch {
	case d.Allowed:
	case t.cost > t.budget:
		d.TooCostly = true
	default:
		d.RetryAfter = fills(t.debt+t.cost*minute-t.budget*minute, t.budget)
	}
	return d
}

// fills returns the time in which the budget pays back a debt.
func fills(debt, budget int64) time.Duration {
	return time.Duration((max(0, debt)+budget-1)/budget) * time.Millisecond
}
