package loaders_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/loaders"
)

// TestDataSet checks that the database is asked once in ten seconds, however many operations ask.
func TestDataSet(t *testing.T) {
	t.Parallel()
	s, sent := open(t)
	now := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	l := loaders.New(s, func() time.Time { return now })
	ask := func() {
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				d, err := loaders.From(l.Attach(t.Context())).DataSet(t.Context())
				if err != nil || d.Companies == 0 {
					t.Errorf("%+v, error %v", d, err)
				}
			})
		}
		all.Wait()
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {9 * time.Second, 0}, {time.Second, 1}, {time.Hour, 1}} {
		now = now.Add(step.after)
		ask()
		if names, _ := sent.take(); len(names) != step.want {
			t.Errorf("after %v more: statements %v, want %d", step.after, names, step.want)
		}
	}
}

// TestDataSetFails checks that a failure is told to those who asked, and not to the next one.
func TestDataSetFails(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	l := loaders.New(s, time.Now)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := loaders.From(l.Attach(gone)).DataSet(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if _, err := loaders.From(l.Attach(t.Context())).DataSet(t.Context()); err != nil {
		t.Error(err)
	}
}
