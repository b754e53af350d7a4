package command

import (
	"context"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The runtime collects garbage when the heap has grown by so much, so after a peak, when hardly anything grows any more, what the peak
// has left behind would stay for minutes.
const (
	// reclaimEvery is how often a server looks whether it has more memory than it needs.
	reclaimEvery = 5 * time.Second
	// reclaimLeast is how much that must be for a collection to be worth it.
	reclaimLeast = 64 << 20
	// calmShare is which part of that the server may use up within reclaimEvery where it is calm. One that uses it up faster has a
	// use for it, and the collector will be along soon anyway.
	calmShare = 10
)

// heap is how the heap stands.
type heap struct {
	allocated uint64 // bytes, since the program began
	spare     uint64 // bytes that were not in use when garbage was collected last, and are not given back
}

// leftBehind reports whether a server that has come from before to now has memory that a peak has left behind.
func leftBehind(before, now heap) bool {
	return now.spare >= reclaimLeast && (now.allocated-before.allocated)*calmShare <= now.spare
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	has, live := value(2)+value(3)+value(4), value(1)
	return heap{allocated: value(0), spare: max(has, live) - live}
}

// reclaim gives back to the machine what peaks leave behind, until ctx ends.
func reclaim(ctx context.Context, logger *slog.Logger) {
	look := time.NewTicker(reclaimEvery)
	defer look.Stop()
	for before := readHeap(); ; {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
		now := readHeap()
		if leftBehind(before, now) {
			debug.FreeOSMemory()
			logger.DebugContext(ctx, "memory was given back", slog.Uint64("bytes", now.spare-min(now.spare, readHeap().spare)))
		}
		before = now
	}
}
