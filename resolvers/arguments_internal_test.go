package resolvers

import (
	"errors"
	"testing"

	"github.com/corpintel/corpintel/graph/cursor"
	"github.com/corpintel/corpintel/graph/gqlerr"
)

// TestForgedSearchCursor: whoever computes the check sum of a cursor can name a position that no answer has.
func TestForgedSearchCursor(t *testing.T) {
	t.Parallel()
	const query = "acme"
	list := cursor.Of("Query.searchCompanies " + query)
	for rank, valid := range map[int64]bool{-1: false, 0: false, 1: true, 3: true, 4: false, 1 << 40: false} {
		after := list.Encode(cursor.Position{}.Int(rank).Float(1).Text("Acme").Int(1).Int(1))
		_, err := newSearchArgs(query, paging{after: &after})
		if _, refused := errors.AsType[*gqlerr.InputError](err); refused == valid {
			t.Errorf("rank %d: error %v", rank, err)
		}
	}
}
