package loaders

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// shape is how the values of a loader are kept.
type shape[K comparable, V any] struct {
	// names appends the names of keys.
	names func(e *Entities, keys []K, to []name) []name
	// compact returns what is kept of a value, which keeps nothing else in memory, and about how many bytes it takes.
	compact func(V) (V, int)
	// parts says that of values only a part may be read (Set.ShowFacts).
	parts bool
}

var (
	companyShape = &shape[int64, *store.Company]{names: byNumber[int64](ofCompany), compact: compactCompany}
	tickersShape = &shape[int64, []*store.Ticker]{names: byNumber[int64](ofTickers), compact: compactTickers}
	summaryShape = &shape[int64, *store.FilingSummary]{names: byNumber[int64](ofSummary), compact: compactSummary}
	latestShape  = &shape[store.LatestKey, store.Reported[store.MetricValue]]{
		names: latestNames(ofLatest), compact: compactValue, parts: true,
	}
	latestThenShape = &shape[store.LatestKey, store.Reported[store.MetricValue]]{names: latestNames(ofLatestThen), compact: compactValue}
	boundsShape     = &shape[store.SeriesKey, store.Reported[store.Series]]{names: boundsNames, compact: compactBounds}
	definitionShape = &shape[int32, *store.MetricDefinition]{names: byNumber[int32](ofDefinition), compact: compactDefinition}
	filingShape     = &shape[edgar.AccessionNumber, *store.Filing]{names: byNumber[edgar.AccessionNumber](ofFiling), compact: compactFiling}
	filersShape     = &shape[edgar.AccessionNumber, *store.FilingCompanies]{
		names: byNumber[edgar.AccessionNumber](ofFilers), compact: compactFilers,
	}
)

func compactCompany(c *store.Company) (*store.Company, int) {
	if c == nil {
		return nil, 0
	}
	return c.Compact()
}

func compactFiling(f *store.Filing) (*store.Filing, int) {
	if f == nil {
		return nil, 0
	}
	return f.Compact()
}

func compactFilers(f *store.FilingCompanies) (*store.FilingCompanies, int) {
	if f == nil {
		return nil, 0
	}
	return f.Compact()
}

func compactValue(v store.Reported[store.MetricValue]) (store.Reported[store.MetricValue], int) {
	v.Units = slices.Clone(v.Units)
	for i, unit := range v.Units {
		v.Units[i] = strings.Clone(unit)
	}
	n := sizeOf(&v) + sizeOfTexts(v.Units)
	if v.Found != nil {
		found, size := v.Found.Compact()
		v.Found, n = found, n+size
	}
	return v, n
}

// What follows is read without slabs: each row is memory of its own already.

func compactTickers(list []*store.Ticker) ([]*store.Ticker, int) {
	n := sizeOf(&list) + cap(list)*pointerBytes
	for _, t := range list {
		n += sizeOf(t) + len(t.Symbol) + sizeOfOptional(t.Exchange) + sizeOf(t.From) + sizeOf(t.To)
	}
	return list, n
}

func compactSummary(s *store.FilingSummary) (*store.FilingSummary, int) {
	if s == nil {
		return nil, 0
	}
	n := sizeOf(s) + sizeOf(s.FirstFiledOn) + sizeOf(s.LastFiledOn) + cap(s.ByForm)*pointerBytes
	for _, form := range s.ByForm {
		n += sizeOf(form) + len(form.Form)
	}
	return s, n
}

func compactBounds(v store.Reported[store.Series]) (store.Reported[store.Series], int) {
	n := sizeOf(&v) + sizeOfTexts(v.Units)
	if s := v.Found; s != nil {
		n += sizeOf(s) + sizeOfOptional(s.Ticker) + sizeOf(s.From) + sizeOf(s.To)
	}
	return v, n
}

func compactDefinition(d *store.MetricDefinition) (*store.MetricDefinition, int) {
	if d == nil {
		return nil, 0
	}
	texts := len(d.Name) + len(d.Taxonomy) + len(d.Concept) + len(d.Unit)
	return d, sizeOf(d) + texts + sizeOfOptional(d.Label) + sizeOfOptional(d.Description)
}

const (
	pointerBytes = int(unsafe.Sizeof(uintptr(0)))
	textBytes    = 2 * pointerBytes // of a text's header
)

// sizeOf returns the bytes of a value; what may be absent takes 16 at least.
func sizeOf[T any](v *T) int {
	if v == nil {
		return 0
	}
	return max(int(unsafe.Sizeof(*v)), 16)
}

func sizeOfOptional(text *string) int {
	if text == nil {
		return 0
	}
	return textBytes + len(*text)
}

func sizeOfTexts(texts []string) int {
	n := cap(texts) * textBytes
	for _, text := range texts {
		n += len(text)
	}
	return n
}
