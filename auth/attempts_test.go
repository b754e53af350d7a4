package auth_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
)

// What Attempts let through.
const (
	atOnce   = 20
	interval = 3 * time.Second
)

// clock is a time that tests move on.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// unlimited returns how many of n wrong keys were not limited.
func unlimited(n int, fail func(i int) bool) (through int) {
	for i := range n {
		if !fail(i) {
			through++
		}
	}
	return through
}

func address(i int) netip.Addr {
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], uint32(i)) //nolint:gosec // small
	return netip.AddrFrom4(bytes)
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	home := netip.MustParseAddr("192.0.2.1")
	for name, test := range map[string]struct {
		fail func(a *auth.Attempts, i int) bool
		want int // of 1,000 are not limited
	}{
		"one address, malformed keys": {func(a *auth.Attempts, _ int) bool {
			_, limited := a.Failed(home, "")
			return limited
		}, atOnce},
		"one address, many prefixes": {func(a *auth.Attempts, i int) bool {
			_, limited := a.Failed(home, strconv.Itoa(i))
			return limited
		}, atOnce},
		"one address in two forms": {func(a *auth.Attempts, i int) bool {
			if i%2 == 0 {
				_, limited := a.Failed(netip.MustParseAddr("::ffff:192.0.2.1"), "")
				return limited
			}
			_, limited := a.Failed(home, "")
			return limited
		}, atOnce},
		"one /64": {func(a *auth.Attempts, i int) bool {
			_, limited := a.Failed(netip.MustParseAddr(fmt.Sprintf("2001:db8::%x%%eth%d", i, i)), "")
			return limited
		}, atOnce},
		"one prefix, many addresses": {func(a *auth.Attempts, i int) bool {
			_, limited := a.Failed(address(i), "0123456789")
			return limited
		}, atOnce},
		"no address": {func(a *auth.Attempts, _ int) bool {
			_, limited := a.Failed(netip.Addr{}, "")
			return limited
		}, atOnce},
		"two addresses": {func(a *auth.Attempts, i int) bool {
			_, limited := a.Failed(address(i%2), "")
			return limited
		}, 2 * atOnce},
		"two /64": {func(a *auth.Attempts, i int) bool {
			_, limited := a.Failed(netip.MustParseAddr(fmt.Sprintf("2001:db8:0:%d::1", i%2)), "")
			return limited
		}, 2 * atOnce},
		"many addresses, malformed keys": {func(a *auth.Attempts, i int) bool {
			_, limited := a.Failed(address(i), "")
			return limited
		}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempts := auth.NewAttempts(newClock().Now)
			if got := unlimited(1000, func(i int) bool { return test.fail(attempts, i) }); got != test.want {
				t.Errorf("%d of 1000 are not limited, want %d", got, test.want)
			}
		})
	}
}

// TestAttemptsRecover lets time go by: one more is let through in each interval, and after all of them everything is as it
// was.
func TestAttemptsRecover(t *testing.T) {
	t.Parallel()
	c := newClock()
	attempts := auth.NewAttempts(c.Now)
	home := netip.MustParseAddr("192.0.2.1")
	failed := func(int) bool {
		wait, limited := attempts.Failed(home, "0123456789")
		if limited != (wait > 0) || wait > interval {
			t.Errorf("limited %v for %v", limited, wait)
		}
		return limited
	}
	if got := unlimited(2*atOnce, failed); got != atOnce {
		t.Errorf("%d are let through, want %d", got, atOnce)
	}
	wait, _ := attempts.Failed(home, "")
	c.advance(wait - 1)
	if !failed(0) {
		t.Error("let through too early")
	}
	c.advance(1)
	if got := unlimited(10, failed); got != 1 {
		t.Errorf("%d are let through after %v, want 1", got, wait)
	}
	c.advance(atOnce * interval)
	if got := unlimited(2*atOnce, failed); got != atOnce {
		t.Errorf("%d are let through after a while, want %d", got, atOnce)
	}
}

// TestAttemptsFlooded has far more addresses and prefixes than there are places: nothing grows, and those that go on are
// limited still.
func TestAttemptsFlooded(t *testing.T) { // counts allocations: not with others
	c := newClock()
	attempts := auth.NewAttempts(c.Now)
	home := netip.MustParseAddr("192.0.2.1")
	i, through := 0, 0
	names := make([]string, 1<<17)
	for i := range names {
		names[i] = fmt.Sprintf("%010d", i)
	}
	allocations := testing.AllocsPerRun(len(names)/8, func() {
		for range 8 {
			i++
			attempts.Failed(address(i), names[i%len(names)])
		}
		if _, limited := attempts.Failed(home, ""); !limited {
			through++
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
	if most := len(names) / 8 / 10; through < atOnce || through > most {
		t.Errorf("%d of %d wrong keys of one address are let through in a flood of others, want at most %d", through, len(names)/8, most)
	}
}

// TestAttemptsTogether is for the race detector.
func TestAttemptsTogether(t *testing.T) {
	t.Parallel()
	attempts := auth.NewAttempts(newClock().Now)
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		through int
	)
	for range 8 {
		group.Go(func() {
			n := unlimited(100, func(int) bool {
				_, limited := attempts.Failed(netip.MustParseAddr("192.0.2.1"), "0123456789")
				return limited
			})
			mu.Lock()
			defer mu.Unlock()
			through += n
		})
	}
	group.Wait()
	if through != atOnce {
		t.Errorf("%d are let through, want %d", through, atOnce)
	}
}

// BenchmarkAttempts counts wrong keys of many addresses.
func BenchmarkAttempts(b *testing.B) {
	attempts := auth.NewAttempts(time.Now)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if _, limited := attempts.Failed(address(i), ""); limited && i < 1000 {
			b.Fatal("limited")
		}
	}
}
