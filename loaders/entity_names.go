package loaders

import (
	"strings"
	"sync"

	"github.com/corpintel/corpintel/store"
)

// name is under what a value is kept. It is small and without pointers: it is hashed for each key of a batch.
type name struct {
	id int64  // of what of is about, or the first bytes of a symbol
	of uint64 // the kind in the highest byte, below it the number of an ask or the other bytes of a symbol
}

// kind is what is kept.
type kind byte

const (
	ofCompany    kind = 1 + iota
	ofTickers         // of a company, as all up to ofBounds
	ofSummary         // of filings
	ofLatest          // value of an ask
	ofLatestThen      // as of a day
	ofBounds          // of a series
	ofDefinition
	ofFiling
	ofFilers // of a filing
	ofCIK    // the company that has it
	ofSymbol // the company that holds it
)

const kindShift = 56

func (k kind) name(id int64, of uint64) name { return name{id, uint64(k)<<kindShift | of} }

func (n name) kind() kind { return kind(n.of >> kindShift) }

// symbolBytes is how long a symbol may be to have a name.
const symbolBytes = 15

// symbolName returns the name of a symbol, which ends it; false for one that is too long.
func symbolName(symbol string) (n name, ok bool) {
	if len(symbol) > symbolBytes {
		return name{}, false
	}
	for i, b := range []byte(symbol) {
		if i < 8 {
			n.id |= int64(b) << (8 * i)
		} else {
			n.of |= uint64(b) << (8 * (i - 8))
		}
	}
	return ofSymbol.name(n.id, n.of), true
}

// maxAsks bounds how many asks have numbers.
const maxAsks = 4096

// askNumbers gives asks numbers: equal asks of different operations have the same. A number is given once.
type askNumbers struct {
	mu    sync.RWMutex
	known map[store.SeriesAsk]uint64
	last  uint64
}

func (a *askNumbers) of(ask *store.SeriesAsk) uint64 {
	a.mu.RLock()
	n, ok := a.known[*ask]
	a.mu.RUnlock()
	if ok {
		return n
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n, ok = a.known[*ask]; ok {
		return n
	}
	if a.known == nil || len(a.known) == maxAsks {
		a.known = make(map[store.SeriesAsk]uint64) // what was kept under their numbers is not found any more, and makes room
	}
	own := *ask // its texts may be parts of a request, the rest of which must not be kept with them
	own.Name, own.Unit, own.Ticker = strings.Clone(ask.Name), strings.Clone(ask.Unit), strings.Clone(ask.Ticker)
	a.last++
	a.known[own] = a.last
	return a.last
}

// memo remembers the numbers of the asks of one question by their address, in the order in which they come: of one company
// all, then of the next one.
type memo[A any] struct {
	asks    []*A
	numbers []uint64
	next    int
}

func (m *memo[A]) of(ask *A, number func() uint64) uint64 {
	if m.next < len(m.asks) && m.asks[m.next] == ask {
		return m.found(m.next)
	}
	for i, known := range m.asks {
		if known == ask {
			return m.found(i)
		}
	}
	m.asks, m.numbers = append(m.asks, ask), append(m.numbers, number())
	return m.found(len(m.asks) - 1)
}

func (m *memo[A]) found(i int) uint64 {
	if m.next = i + 1; m.next == len(m.asks) {
		m.next = 0
	}
	return m.numbers[i]
}

// byNumber names keys that are numbers.
func byNumber[K ~int64 | ~int32](of kind) func(*Entities, []K, []name) []name {
	return func(_ *Entities, keys []K, to []name) []name {
		for _, k := range keys {
			to = append(to, of.name(int64(k), 0))
		}
		return to
	}
}

func latestNames(of kind) func(*Entities, []store.LatestKey, []name) []name {
	return func(e *Entities, keys []store.LatestKey, to []name) []name {
		var asks memo[store.MetricAsk]
		for _, k := range keys {
			n := asks.of(k.Ask, func() uint64 { return e.asks.of(&store.SeriesAsk{MetricAsk: *k.Ask}) })
			to = append(to, of.name(k.Company, n))
		}
		return to
	}
}

func boundsNames(e *Entities, keys []store.SeriesKey, to []name) []name {
	var asks memo[store.SeriesAsk]
	for _, k := range keys {
		n := asks.of(k.Ask, func() uint64 { return e.asks.of(k.Ask) })
		to = append(to, ofBounds.name(k.Company, n))
	}
	return to
}
