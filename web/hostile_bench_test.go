//go:build unix

package web_test

import (
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkHostile is how long each hostile body takes until it is refused or let through, in time and in processor time
// (cpu-ms/op: that of the collector included, that of other programs not).
func BenchmarkHostile(b *testing.B) {
	h := newGuarded()
	bodies := hostile()
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				judge(b.Context(), h, bodies[name])
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime returns how long this program has run on any processor.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
