package consistency_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
)

// losing has every n-th batch lost.
func losing(n int) func(events.Batch) (events.Batch, bool) {
	var told atomic.Int64 // by all servers
	return func(b events.Batch) (events.Batch, bool) { return b, told.Add(1)%int64(n) > 0 }
}

// deafTo has changes of a kind not be told.
func deafTo(kind store.ChangeKind) func(events.Batch) (events.Batch, bool) {
	return func(b events.Batch) (events.Batch, bool) {
		told := events.Batch{All: b.All, Point: b.Point, Lag: b.Lag}
		for i, c := range b.Changes {
			if c.Kind != kind {
				told.Changes, told.XIDs = append(told.Changes, c), append(told.XIDs, b.XIDs[i])
			}
		}
		return told, true
	}
}

// keeping has what says that anything may have changed not be told.
func keeping(b events.Batch) (events.Batch, bool) { return b, !b.All }

// enough steps find every mistake; most are found by some hundred.
const enough = 8000

// TestMistakesAreNoticed takes the steps with servers that make mistakes: each is noticed.
func TestMistakesAreNoticed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wrong  mistakes
		faults []string // that it takes
	}{
		"answers lose a batch in 50":           {wrong: mistakes{answersTold: losing(50)}},
		"rows lose a batch in 20":              {wrong: mistakes{rowsTold: losing(20)}},
		"answers do not hear of sectors":       {wrong: mistakes{answersTold: deafTo(store.ChangeSector)}},
		"answers do not hear of companies":     {wrong: mistakes{answersTold: deafTo(store.ChangeCompany)}},
		"answers do not hear of the list":      {wrong: mistakes{answersTold: deafTo(store.ChangeCompanies)}},
		"answers do not hear of forms":         {wrong: mistakes{answersTold: deafTo(store.ChangeForm)}},
		"answers do not hear of filings":       {wrong: mistakes{answersTold: deafTo(store.ChangeFilings)}},
		"answers do not hear of definitions":   {wrong: mistakes{answersTold: deafTo(store.ChangeDefinitions)}},
		"rows do not hear of the list":         {wrong: mistakes{rowsTold: deafTo(store.ChangeCompanies)}},
		"rows do not hear of definitions":      {wrong: mistakes{rowsTold: deafTo(store.ChangeDefinitions)}},
		"answers outlive a connection":         {wrong: mistakes{answersTold: keeping}, faults: []string{"the way to the outbox cut"}},
		"rows outlive a connection":            {wrong: mistakes{rowsTold: keeping}, faults: []string{"the way to the outbox cut"}},
		"always fresh":                         {wrong: mistakes{alwaysFresh: true}, faults: []string{"the way to the outbox held up"}},
		"answers made later than they are":     {wrong: mistakes{ahead: 1 << 20}, faults: []string{"Redis as it was before"}},
		"a start that knows nothing of before": {wrong: mistakes{unlearned: true}, faults: []string{"Redis as it was before"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.wrong.patient = true // how fast Redis answers is not what is wrong
			w := newWorld(t, *seed, test.wrong)
			w.isBroken = true
			if err := w.takeWith(enough, test.faults); !errors.Is(err, errOld) {
				t.Errorf("not noticed: %v", err)
			}
		})
	}
}

// takeWith takes steps, and has the faults strike after each ten of them.
func (w *world) takeWith(n int, names []string) error {
	for range n / 20 {
		if err := w.take(10); err != nil {
			return err
		}
		for _, f := range faults() {
			if !slices.Contains(names, f.name) {
				continue
			}
			f.strike(w)
			err := w.take(10)
			w.heal(f)
			if err = errors.Join(err, w.wrong); err != nil {
				return err
			}
		}
	}
	return w.wrong
}

// TestMistakesAreNoticedWhileWriting writes and reads on servers that make mistakes.
func TestMistakesAreNoticedWhileWriting(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wrong mistakes
		holds bool // the way to the outbox is held up
	}{
		"answers lose a batch in 3": {wrong: mistakes{answersTold: losing(3)}},
		"rows lose a batch in 3":    {wrong: mistakes{rowsTold: losing(3)}},
		"always fresh":              {wrong: mistakes{alwaysFresh: true}, holds: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStorm(t, test.wrong)
			if test.holds {
				s.servers[1].link.hold()
			}
			end, blown := make(chan struct{}), make(chan error, 1)
			go func() { blown <- s.blow(end) }()
			var err error
			select {
			case err = <-blown:
			case <-time.After(patience):
				close(end)
				err = <-blown
			}
			if !errors.Is(err, errOld) {
				t.Errorf("not noticed: %v", err)
			}
		})
	}
}
