package edgar_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

// repeated reads as head, n times body, and tail.
type repeated struct {
	head, body, tail string
	n                int
	rest             string
}

func (r *repeated) Read(p []byte) (int, error) {
	for r.rest == "" {
		switch {
		case r.head != "":
			r.rest, r.head = r.head, ""
		case r.n > 0:
			r.rest, r.n = r.body, r.n-1
		case r.tail != "":
			r.rest, r.tail = r.tail, ""
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// heapWatch is a visitor that measures the heap now and then.
type heapWatch struct {
	factCounter
	most uint64
}

func (w *heapWatch) Fact(f *edgar.FactRecord) error {
	if w.facts%5_000 == 0 {
		w.most = max(w.most, liveHeap())
	}
	return w.factCounter.Fact(f)
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestReadCompanyFactsMemory reads 8 MB of facts of one unit. It is not parallel, for the heap is everybody's.
func TestReadCompanyFactsMemory(t *testing.T) {
	const facts = 50_000
	before, after, _ := strings.Cut(factsOf("|"), "|")
	document := &repeated{head: before + oneFact, body: ",\n" + oneFact, n: facts - 1, tail: after}
	var watch heapWatch
	start := liveHeap()
	if err := edgar.ReadCompanyFacts(document, &watch); err != nil {
		t.Fatal(err)
	}
	if watch.facts != facts || watch.rejections != 0 {
		t.Errorf("%d facts, %d rejections, want %d, none", watch.facts, watch.rejections, facts)
	}
	if grown := int64(watch.most) - int64(start); grown > 1<<20 { //nolint:gosec // heaps are far below an int64
		t.Errorf("the heap grew by %d kB", grown>>10)
	}
}

// TestReadCompanyFactsSkipsInConstantMemory skips 8 MB of an unknown value.
func TestReadCompanyFactsSkipsInConstantMemory(t *testing.T) {
	document := &repeated{
		head: `{"unknown":[0`, body: `,{"a":["` + strings.Repeat("x", 1000) + `"]}`, n: 8_000,
		tail: `],"cik":1,"facts":{"dei":{"A":{"units":{"USD":[` + oneFact + `]}}}}}`,
	}
	var watch heapWatch
	start := liveHeap()
	if err := edgar.ReadCompanyFacts(document, &watch); err != nil {
		t.Fatal(err)
	}
	if grown := int64(watch.most) - int64(start); watch.facts != 1 || grown > 1<<20 { //nolint:gosec // heaps are far below
		t.Errorf("%d facts, and the heap grew by %d kB", watch.facts, grown>>10)
	}
}
