package auth

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// How many wrong keys of a kind are answered: so many at once, and then one in each interval.
const (
	wrongAtOnce   = 20
	wrongInterval = 3 * time.Second
)

// Attempts limits wrong keys by the address that they come from (of IPv6 by the /64) and by the prefix that they have.
// It saves work and logs, and protects nothing else: 256 bits cannot be guessed, and a right key is never refused because
// of wrong ones.
//
// It takes the same memory (512 KiB) whatever comes: of more addresses or prefixes at a time than there are places, those
// are forgotten first that have the fewest wrong keys left to wait for. It is safe for concurrent use.
type Attempts struct {
	now   func() time.Time
	start time.Time
	seed  maphash.Seed // nobody can choose addresses or prefixes that fall on the same places

	mu       sync.Mutex
	sources  attemptTable
	prefixes attemptTable
}

// NewAttempts returns Attempts that have seen none.
func NewAttempts(now func() time.Time) *Attempts {
	return &Attempts{now: now, start: now(), seed: maphash.MakeSeed()}
}

// Failed counts a wrong key and says whether it is beyond the limit, and if so, when the next one will not be. The prefix
// is that of ParseKey, empty for a malformed key, which counts for its address only. An address that is not valid is one
// as any other.
func (a *Attempts) Failed(addr netip.Addr, prefix string) (retryAfter time.Duration, limited bool) {
	now := a.now().Sub(a.start)
	source := maphash.Comparable(a.seed, network(addr))
	name := maphash.String(a.seed, prefix)

	a.mu.Lock()
	defer a.mu.Unlock()
	from := a.sources.place(source, now)
	retryAfter = from.wait(now)
	var of *attemptPlace
	if prefix != "" {
		of = a.prefixes.place(name, now)
		retryAfter = max(retryAfter, of.wait(now))
	}
	if retryAfter > 0 {
		return retryAfter, true
	}
	from.count()
	if of != nil {
		of.count()
	}
	return 0, false
}

// network returns what one client has of the addresses: one of IPv4, 2^64 of IPv6.
func network(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}

// attemptTable has places for what was counted lately, in sets: whatever is counted has its place in one of them.
type attemptTable [attemptSets][attemptPlaces]attemptPlace

const (
	attemptSets   = 4096
	attemptPlaces = 4
)

// attemptPlace counts by one number, the time at which all that was counted is forgotten again: each attempt puts it off by an
// interval (GCRA). Times count from the start of Attempts.
type attemptPlace struct {
	hash   uint64
	paidBy time.Duration
}

// place returns the place of what has that hash: the one that it has, else that of its set which is forgotten first.
func (t *attemptTable) place(hash uint64, now time.Duration) *attemptPlace {
	set := &t[hash%attemptSets]
	first := &set[0]
	for i := range set {
		p := &set[i]
		if p.hash == hash {
			first = p
			break
		}
		if p.paidBy < first.paidBy {
			first = p
		}
	}
	if first.hash != hash || first.paidBy < now {
		*first = attemptPlace{hash: hash, paidBy: now}
	}
	return first
}

// wait returns how long it takes until one more may be counted.
func (p *attemptPlace) wait(now time.Duration) time.Duration {
	return max(0, p.paidBy-now-(wrongAtOnce-1)*wrongInterval)
}

func (p *attemptPlace) count() { p.paidBy += wrongInterval }
