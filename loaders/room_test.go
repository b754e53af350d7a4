package loaders_test

import (
	"errors"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// TestReserve fills an answer: the field that goes beyond it is refused and takes no room, the others are not.
func TestReserve(t *testing.T) {
	t.Parallel()
	set := loaders.From(loaders.New(nil, time.Now).Attach(t.Context()))
	var fields [5]ast.Field
	for i, n := range []int{0, store.MaxPoints - 10, 11, 10, 1} {
		set.Reserve(&fields[i], n)
	}
	for i, want := range []int{0, 0, store.MaxPoints + 1, 0, store.MaxPoints + 1} {
		size := 0
		if refused, ok := errors.AsType[*store.SizeError](set.Refused(&fields[i])); ok {
			size = refused.Size
		}
		if size != want {
			t.Errorf("field %d is refused for %d, want %d", i, size, want)
		}
	}
}
