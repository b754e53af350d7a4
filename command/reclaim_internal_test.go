package command

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeftBehind checks from where on memory is given back.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		allocated, spare uint64
		want             bool
	}{
		"calm after a peak":     {10 << 20, 400 << 20, true},
		"busy":                  {41 << 20, 400 << 20, false},
		"little, and calm":      {0, reclaimLeast - 1, false},
		"just enough":           {0, reclaimLeast, true},
		"a peak goes on":        {4 << 30, 400 << 20, false},
		"nothing, nothing used": {0, 0, false},
	} {
		before := heap{allocated: 1 << 40}
		if got := leftBehind(before, heap{allocated: before.allocated + test.allocated, spare: test.spare}); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestReclaim leaves garbage behind, which is given back the first time that a calm server looks. It is not parallel: others
// would use up memory meanwhile.
func TestReclaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		before := readHeap()
		garbage := make([]*[1 << 20]byte, 4*reclaimLeast>>20)
		for i := range garbage {
			garbage[i] = new([1 << 20]byte)
			garbage[i][0] = 1
		}
		if got := readHeap(); got.allocated-before.allocated < 4*reclaimLeast {
			t.Fatalf("%d bytes allocated of %d", got.allocated-before.allocated, 4*reclaimLeast)
		}
		garbage[0] = nil
		clear(garbage)
		go reclaim(ctx, slog.New(slog.DiscardHandler))
		time.Sleep(reclaimEvery + time.Second)
		if got := readHeap(); got.spare >= reclaimLeast {
			t.Errorf("%d MiB are spare", got.spare>>20)
		}
	})
}
