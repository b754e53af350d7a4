package store_test

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// TestCompact copies rows of every kind that has slabs: a copy is equal and has no memory in common with the row.
func TestCompact(t *testing.T) {
	t.Parallel()
	s := openNew(t, seed(t))
	batch := s.Batch()
	companies := batch.CompaniesByID([]int64{1, 2, 3, 4, 5, 6})
	filings := batch.FilingsByAccession([]edgar.AccessionNumber{32019323000106, 32019323000107, 106798300000001, 999999999999999999})
	filers := batch.CompaniesOfFilings([]edgar.AccessionNumber{32019323000107, 106798300000001, 88439400000003})
	assets, closing := &store.MetricAsk{Name: "us-gaap:Assets"}, &store.MetricAsk{Name: "price:close"}
	values := batch.LatestValues([]store.LatestKey{{Company: 1, Ask: assets}, {Company: 2, Ask: assets}, {Company: 2, Ask: closing}})
	if err := batch.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(companies) != 6 || len(filings) != 4 || len(filers) != 3 || len(values) < 2 {
		t.Fatalf("%d companies, %d filings, %d filers, %d values", len(companies), len(filings), len(filers), len(values))
	}
	for _, c := range companies {
		checkCompact(t, c, (*store.Company).Compact)
	}
	for _, f := range filings {
		checkCompact(t, f, (*store.Filing).Compact)
	}
	for _, f := range filers {
		checkCompact(t, f, (*store.FilingCompanies).Compact)
		if own, _ := f.Compact(); own.Main.ID != f.Main.ID || own.Main != own.All[mainAt(f)] {
			t.Errorf("the main company is not one of all: %+v", own)
		}
	}
	for _, v := range values {
		checkCompact(t, v.Found, (*store.MetricValue).Compact)
	}
}

func mainAt(f *store.FilingCompanies) int {
	for i, c := range f.All {
		if c == f.Main {
			return i
		}
	}
	return -1
}

func checkCompact[T any](t *testing.T, row *T, compact func(*T) (*T, int)) {
	t.Helper()
	own, bytes := compact(row)
	if diff := cmp.Diff(row, own, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("row -, copy +:\n%s", diff)
	}
	before, after := map[uintptr]bool{}, map[uintptr]bool{}
	memory(reflect.ValueOf(row), before)
	memory(reflect.ValueOf(own), after)
	for at := range after {
		if before[at] {
			t.Errorf("%+v and its copy have memory in common", row)
		}
	}
	if least := int(unsafe.Sizeof(*row)); bytes < least {
		t.Errorf("%d bytes, a %T alone has %d", bytes, *row, least)
	}
}

// memory notes the addresses of all that can be reached from v.
func memory(v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			if v.Type() != reflect.TypeFor[*time.Location]() { // locations belong to nobody
				seen[v.Pointer()] = true
				memory(v.Elem(), seen)
			}
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			memory(field, seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			memory(v.Index(i), seen)
		}
	case reflect.String:
		if v.Len() > 0 {
			seen[uintptr(unsafe.Pointer(unsafe.StringData(v.String())))] = true //nolint:gosec // where it is, not what
		}
	default:
	}
}
