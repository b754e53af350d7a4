package prices

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
)

// maxHoldings bounds a symbol map; all changes of symbols there have been are fewer.
const maxHoldings = 100_000

// Holding says that a company held a symbol from a day to a day.
type Holding struct {
	Symbol   string // as edgar.NormalizeSymbol returns it
	CIK      edgar.CIK
	From, To edgar.Date // both included; edgar.MinDate and edgar.MaxDate where the end is open
	Line     int        // in the file, counted from 1
}

// SymbolMap says which company held a symbol on a day. It does not change, so that it can be used concurrently.
type SymbolMap struct {
	holdings []Holding // by symbol, then day; no two of a symbol overlap
}

const (
	mapSymbol = iota
	mapCIK
	mapFrom
	mapTo
)

// ParseSymbolMap reads a CSV file with the columns symbol, cik, from and to, of which the last two may be empty for an
// open end. What it says decides who owns a price, so one line that is wrong makes the whole wrong, and so do two that
// give a symbol to anybody on the same day. Errors: *csvfile.FormatError, or r's.
func ParseSymbolMap(r io.Reader) (*SymbolMap, error) {
	columns := []csvfile.Column{mapSymbol: {Name: "symbol"}, mapCIK: {Name: "cik"}, mapFrom: {Name: "from"}, mapTo: {Name: "to"}}
	table, err := csvfile.NewReader(r, columns, func(line int, reason error) error {
		return &csvfile.FormatError{Line: line, Reason: reason.Error()}
	})
	if err != nil {
		return nil, err
	}
	var m SymbolMap
	for {
		err := table.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(m.holdings) == maxHoldings {
			return nil, &csvfile.FormatError{Line: table.Line(), Reason: fmt.Sprintf("more than %d rows", maxHoldings)}
		}
		h, err := readHolding(table)
		if err != nil {
			return nil, &csvfile.FormatError{Line: table.Line(), Reason: err.Error()}
		}
		m.holdings = append(m.holdings, h)
	}
	if err := m.order(); err != nil {
		return nil, err
	}
	return &m, nil
}

func readHolding(table *csvfile.Reader) (h Holding, err error) {
	h = Holding{From: edgar.MinDate, To: edgar.MaxDate, Line: table.Line()}
	if h.Symbol, err = edgar.ParseSymbol(table.Value(mapSymbol)); err != nil {
		return h, err
	}
	if h.CIK, err = edgar.ParseCIK(table.Value(mapCIK)); err != nil {
		return h, err
	}
	if from := table.Value(mapFrom); from != "" {
		if h.From, err = edgar.ParseDate(from); err != nil {
			return h, fmt.Errorf("from: %w", err)
		}
	}
	if to := table.Value(mapTo); to != "" {
		if h.To, err = edgar.ParseDate(to); err != nil {
			return h, fmt.Errorf("to: %w", err)
		}
	}
	if h.From > h.To {
		return h, fmt.Errorf("from %s is after to %s", h.From, h.To)
	}
	return h, nil
}

// order sorts the holdings, and finds those that overlap.
func (m *SymbolMap) order() error {
	slices.SortFunc(m.holdings, func(a, b Holding) int {
		return cmp.Or(cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(a.From, b.From), cmp.Compare(a.Line, b.Line))
	})
	for i := 1; i < len(m.holdings); i++ {
		a, b := m.holdings[i-1], m.holdings[i]
		if a.Symbol == b.Symbol && b.From <= a.To {
			first, second := min(a.Line, b.Line), max(a.Line, b.Line)
			return &csvfile.FormatError{Line: second, Reason: fmt.Sprintf("%s overlaps with line %d on %s", a.Symbol, first, b.From)}
		}
	}
	return nil
}

// Holder returns the company that held symbol, which is normalised, on a day; false when the map does not say.
func (m *SymbolMap) Holder(symbol string, day edgar.Date) (edgar.CIK, bool) {
	after := sort.Search(len(m.holdings), func(i int) bool {
		h := &m.holdings[i]
		return h.Symbol > symbol || h.Symbol == symbol && h.From > day
	})
	if after == 0 {
		return 0, false
	}
	h := &m.holdings[after-1]
	if h.Symbol != symbol || h.To < day {
		return 0, false
	}
	return h.CIK, true
}

// Holdings returns a copy of what the map says, by symbol, then day.
func (m *SymbolMap) Holdings() []Holding { return slices.Clone(m.holdings) }
