package loaders

import (
	"context"
	"time"

	"github.com/corpintel/corpintel/store"
)

// dataSetFor is how long what was found out about the data set is answered again.
const dataSetFor = 10 * time.Second

// keptDataSet is what was last found out about the data set, by whichever operation asked first.
type keptDataSet struct {
	turn  chan struct{} // holds one element while somebody looks
	value *store.DataSet
	until time.Time
}

func newKeptDataSet() *keptDataSet { return &keptDataSet{turn: make(chan struct{}, 1)} }

// DataSet returns how much the database holds, as of at most ten seconds ago. However many operations ask, one of them asks
// the database. Errors: store.ErrUnavailable, those of ctx.
func (s *Set) DataSet(ctx context.Context) (*store.DataSet, error) {
	kept := s.shared.dataSet
	select {
	case kept.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-kept.turn }()
	now := s.shared.now()
	if now.Before(kept.until) {
		return kept.value, nil
	}
	value, err := s.shared.store.DataSet(ctx)
	if err != nil {
		return nil, err
	}
	kept.value, kept.until = value, now.Add(dataSetFor)
	return value, nil
}
