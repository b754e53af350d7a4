package loaders

import (
	"context"
	"runtime"
	"testing"

	"github.com/corpintel/corpintel/store"
)

// keepCompanies keeps made-up companies with the ids from first on, as a batch would.
func keepCompanies(t testing.TB, e *Entities, first, n int64) {
	t.Helper()
	keys := make([]int64, n)
	for i := range keys {
		keys[i] = first + int64(i)
	}
	q := &question[int64, *store.Company]{
		entities: e, shape: companyShape, keys: keys,
		ask: func(context.Context, []int64) (func(int, int64) *store.Company, error) {
			return func(_ int, id int64) *store.Company { return madeUp(id) }, nil
		},
	}
	if missing := q.look(); len(missing) > 0 {
		if err := q.run(t.Context(), missing, false); err != nil {
			t.Fatal(err)
		}
	}
}

func madeUp(id int64) *store.Company {
	if id%4 == 0 {
		return nil // there is none
	}
	sector, ticker := "Information Technology", "TICK"
	return &store.Company{ID: id, Name: "A company with a name of usual length, Inc.", FormerNames: []string{"Another one"}, Sector: &sector, Ticker: &ticker}
}

// TestMemory keeps a million different keys: what is there stays within the bound, and so does what it takes in truth.
func TestMemory(t *testing.T) {
	const bytes = 16 << 20
	n := int64(1_000_000)
	if testing.Short() {
		n = 100_000
	}
	before := heap()
	e := NewEntities(EntitiesOptions{Bytes: bytes, Fresh: func() bool { return true }})
	for first := int64(1); first <= n; first += 100 {
		keepCompanies(t, e, first, 100)
	}
	e.entries.CleanUp()
	stats := e.Stats()
	taken := heap() - before
	t.Logf("%d entries, %d bytes counted, %d bytes taken", stats.Entries, stats.Bytes, taken)
	if stats.Bytes > bytes || stats.Evictions == 0 || stats.Entries < bytes/1024 {
		t.Errorf("%+v", stats)
	}
	if taken > bytes+bytes/8 {
		t.Errorf("%d bytes are taken, want at most %d", taken, bytes+bytes/8)
	}
	if len(e.flights.ways) != 0 {
		t.Errorf("%d questions are under way", len(e.flights.ways))
	}
	runtime.KeepAlive(e)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far from the greatest
}
