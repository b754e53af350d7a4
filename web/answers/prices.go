package answers

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

const (
	// defaultDear is how long the making of a small answer takes that is shared, and once more for each dearBytes of it: to have
	// one from Redis takes a twentieth to a third of that.
	defaultDear = 2 * time.Millisecond
	dearBytes   = 128 << 10
	// askFor is for how many cheap answers after a dear one Redis is asked for those to the same operation.
	askFor = 8
)

// prices remember what answers to operations have cost, whatever their variables: for those that cost little nobody waits for
// Redis. An operation that was not answered yet may be dear. They are a table without chains: of two operations at one place
// each counts for both. It is safe for concurrent use.
type prices struct {
	seed   maphash.Seed
	dear   time.Duration
	scores [4096]atomic.Int32 // 0: not known; less: cheap; more: how many cheap ones make it cheap
}

func (p *prices) init(dear time.Duration) {
	p.seed, p.dear = maphash.MakeSeed(), dear
	if dear <= 0 {
		p.dear = defaultDear
	}
}

func (p *prices) of(k Key) *atomic.Int32 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	_, _ = h.WriteString(k.Text) // it returns no error
	_ = h.WriteByte(0)           // nor does it
	_, _ = h.WriteString(k.Operation)
	return &p.scores[h.Sum64()%uint64(len(p.scores))]
}

// note notes how long it took to make an answer of so many bytes, and reports whether that was dear.
func (p *prices) note(k Key, took time.Duration, size int) bool {
	score := p.of(k)
	if took >= p.dear+p.dear*time.Duration(size)/dearBytes {
		score.Store(askFor)
		return true
	}
	if n := score.Load(); n > 1 {
		score.CompareAndSwap(n, n-1) // one of several at a time is enough
	} else {
		score.CompareAndSwap(n, -1)
	}
	return false
}

// mayBe reports whether an answer may be dear to make.
func (p *prices) mayBe(k Key) bool { return p.of(k).Load() >= 0 }
