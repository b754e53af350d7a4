package store_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// TestIDLists sends lists of ids in every mode: they arrive as they are.
func TestIDLists(t *testing.T) {
	t.Parallel()
	eachExecMode(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		sameList(t, s, "bigint[]", []int64{0, -1, math.MaxInt64, math.MinInt64}, []int64{7}, []int64{}, nil)
		sameList(t, s, "bigint[]", []edgar.AccessionNumber{32019323000106}, []edgar.AccessionNumber{}, nil)
		sameList(t, s, "int[]", []int32{0, -1, math.MaxInt32, math.MinInt32}, []int32{}, nil)
		sameList(t, s, "int[]", []int64{1, 2, 3})
	})
}

func sameList[T any](t *testing.T, s *store.Store, as string, lists ...[]T) {
	t.Helper()
	for _, list := range lists {
		var back []T
		if err := s.Pool().QueryRow(t.Context(), "select $1::"+as, list).Scan(&back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, back); diff != "" {
			t.Errorf("%T: want -, got +:\n%s", list, diff)
		}
	}
}
