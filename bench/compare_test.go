//go:build unix

package bench_test

import (
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/corpintel/corpintel/bench"
)

// cost is what answering cost.
type cost struct {
	requests   int
	wall, cpu  time.Duration
	allocs     uint64
	statements int64
}

func (c *cost) add(o cost) {
	c.requests += o.requests
	c.wall += o.wall
	c.cpu += o.cpu
	c.allocs += o.allocs
	c.statements += o.statements
}

func (c *cost) per(total float64) float64 { return total / float64(c.requests) }

// gcPercent is that of the program.
const gcPercent = 400

// BenchmarkWorkloads asks the server and the handlers written by hand in turns. Times of a machine that does other things,
// too, say little; ratios say more:
//
//	x-wall, x-cpu            of the server to the handler: time that a request takes, CPU time of this process
//	us-cpu, limit-us-cpu     CPU time of a request
//	allocs, limit-allocs     allocations of a request
//	statements               of the server; the handler has one
func BenchmarkWorkloads(b *testing.B) {
	c := newContest(b)
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	clients := startClient(b)
	server, limit := httptest.NewServer(c.server), httptest.NewServer(c.limit)
	b.Cleanup(server.Close)
	b.Cleanup(limit.Close)
	for _, w := range c.workloads {
		b.Run(w.Name, func(b *testing.B) {
			requests := bodies(b, w)
			run := func(url string, times int) cost {
				return c.measure(b, clients, order{URL: url, Bodies: requests, Times: times})
			}
			// A turn takes some 200 ms, so that what is done at its ends does not count; the first is not counted.
			warm := run(limit.URL+"/"+w.Name, 40)
			run(server.URL+"/graphql", 40)
			turn := int(max(40, 200*time.Millisecond/(warm.wall/40)))
			var ours, theirs cost
			b.ResetTimer()
			for b.Loop() {
				theirs.add(run(limit.URL+"/"+w.Name, turn))
				ours.add(run(server.URL+"/graphql", turn))
			}
			report(b, w, ours, theirs)
		})
	}
}

func report(b *testing.B, w bench.Workload, ours, theirs cost) {
	b.Helper()
	b.Logf("%s: %s", w.Name, w.Title)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ours.wall)/float64(theirs.wall), "x-wall")
	b.ReportMetric(float64(ours.cpu)/float64(theirs.cpu), "x-cpu")
	b.ReportMetric(ours.per(float64(ours.cpu.Microseconds())), "us-cpu")
	b.ReportMetric(theirs.per(float64(theirs.cpu.Microseconds())), "limit-us-cpu")
	b.ReportMetric(ours.per(float64(ours.allocs)), "allocs")
	b.ReportMetric(theirs.per(float64(theirs.allocs)), "limit-allocs")
	b.ReportMetric(ours.per(float64(ours.statements)), "statements")
}

func (c *contest) measure(b *testing.B, clients *client, o order) cost {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	statements, cpu := c.statements.n.Load(), cpuTime(b)
	wall := clients.do(b, o)
	used := cpuTime(b) - cpu
	runtime.ReadMemStats(&after)
	return cost{o.Times, wall, used, after.Mallocs - before.Mallocs, c.statements.n.Load() - statements}
}

// cpuTime returns the CPU time of this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
