package lru_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/cache/lru"
)

// TestUsedLastStay keeps values in little memory, one of which is used all the time.
func TestUsedLastStay(t *testing.T) {
	t.Parallel()
	c := lru.New[int, int](3500)
	for i := range 100 {
		c.Add(i, -i, 1000)
		if got, ok := c.Get(0); !ok || got != 0 {
			t.Fatalf("after %d: %d, %t", i, got, ok)
		}
	}
	for key, want := range map[int]bool{0: true, 96: false, 97: false, 98: true, 99: true} {
		if got, ok := c.Again(key); ok != want || ok && got != -key {
			t.Errorf("%d: %d, %t, want it kept: %t", key, got, ok, want)
		}
	}
	c.Add(100, 0, 3501)
	c.Set(101, 0, 3501)
	for _, key := range []int{100, 101} {
		if _, ok := c.Get(key); ok {
			t.Errorf("%d is larger than the cache, and kept", key)
		}
	}
	want := lru.Stats{Hits: 100, Misses: 2, Evictions: 97, Bytes: 3000}
	if diff := cmp.Diff(want, c.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// TestAddAndSet say which of two values under one key stays.
func TestAddAndSet(t *testing.T) {
	t.Parallel()
	c := lru.New[string, string](10)
	wantOf := func(want string, bytes int64) {
		t.Helper()
		if got, _ := c.Get("a"); got != want || c.Stats().Bytes != bytes {
			t.Errorf("%q in %d bytes, want %q in %d", got, c.Stats().Bytes, want, bytes)
		}
	}
	c.Add("a", "first", 4)
	c.Add("a", "second", 5)
	wantOf("first", 4)
	c.Set("a", "third", 6)
	wantOf("third", 6)
	c.Set("a", "too large", 11)
	wantOf("", 0)
	if n := c.Stats().Evictions; n != 0 {
		t.Errorf("%d evictions: nothing made room", n)
	}
}

// TestAgainstList compares random calls with a list in the order of use.
func TestAgainstList(t *testing.T) {
	t.Parallel()
	type pair struct{ key, value, bytes int }
	const most = 50
	var list []pair                       // the one used last at the end
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	c := lru.New[int, int](most)
	for step := range 20_000 {
		p := pair{random.IntN(20), step, random.IntN(most/2) + 1}
		at := slices.IndexFunc(list, func(have pair) bool { return have.key == p.key })
		switch call := random.IntN(3); {
		case call == 0:
			got, ok := c.Get(p.key)
			if ok != (at >= 0) || ok && got != list[at].value {
				t.Fatalf("step %d: %d is %d, %t; want it of %v", step, p.key, got, ok, list)
			}
			if ok {
				used := list[at]
				list = append(slices.Delete(list, at, at+1), used)
			}
			continue
		case call == 1 && at >= 0:
			c.Add(p.key, p.value, int64(p.bytes))
			continue
		case call == 1:
			c.Add(p.key, p.value, int64(p.bytes))
		default:
			c.Set(p.key, p.value, int64(p.bytes))
			if at >= 0 {
				list = slices.Delete(list, at, at+1)
			}
		}
		list = append(list, p)
		bytes := 0
		for _, have := range list {
			bytes += have.bytes
		}
		for ; bytes > most; list = list[1:] {
			bytes -= list[0].bytes
		}
		if got := c.Stats().Bytes; got != int64(bytes) {
			t.Fatalf("step %d: %d bytes, want %d of %v", step, got, bytes, list)
		}
	}
}

// TestConcurrentUse is for the race detector, and holds the bound.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := lru.New[int, int](100)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 500 {
				key := (i * j) % 30
				c.Add(key, key, 10)
				c.Set(key+1, key+1, 10)
				if got, ok := c.Get(key); ok && got != key {
					t.Errorf("%d under %d", got, key)
				}
				if n := c.Stats().Bytes; n > 100 {
					t.Errorf("%d bytes", n)
				}
			}
		})
	}
	group.Wait()
}

// TestNoAllocations holds for what is kept.
func TestNoAllocations(t *testing.T) {
	c := lru.New[string, []byte](100)
	c.Add("a", make([]byte, 10), 10)
	if got := testing.AllocsPerRun(1000, func() { c.Get("a"); c.Again("a") }); got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
