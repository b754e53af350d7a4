package events_test

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestPoint checks that a follower tells up to where it has delivered, of the same source after it has connected again, and of none where
// a source cannot be told.
func TestPoint(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, 2)
	f := follow(t, url, events.Options{DirectURL: url, Poll: soon})
	first := f.Point()
	if first.Source == "" || first.Xmin == 0 || first.Xmax < first.Xmin {
		t.Errorf("%+v", first)
	}
	change(t, s, company("1"))
	wantBatches(t, f, of(company("1")))
	second := f.Point()
	if second.Source != first.Source || second.Xmax <= first.Xmax {
		t.Errorf("after a change %+v, before %+v", second, first)
	}
	execute(t, s, `select pg_terminate_backend(pid, 60000) from pg_stat_activity
		where datname = current_database() and query like '%ReadOutbox%' and pid <> pg_backend_pid()`)
	f.await(t, "all to be forgotten", func(b []events.Batch, _ string) bool { return len(b) > 0 && b[len(b)-1].All })
	f.caughtUp(t)
	if third := f.Point(); third.Source != first.Source || third.Xmin < second.Xmin {
		t.Errorf("on another connection %+v, before %+v", third, second)
	}
	for name, o := range map[string]events.Options{"polled": {}, "pooled": {DirectURL: pooled(t, url)}} {
		f := follow(t, url, o)
		if point := f.Point(); point.Source != "" || point.Xmax == 0 {
			t.Errorf("%s: %+v", name, point)
		}
	}
}

// TestHistory checks that a follower knows of what was changed before it was opened.
func TestHistory(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, 2)
	change(t, s, company("1"))
	f, err := events.Open(t.Context(), events.Options{Store: s, DirectURL: url, Now: new(clock).now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := f.History(t.Context())
	if err != nil || len(h.Changes) != 1 || h.Changes[0].Keys[0] != "1" || h.XIDs[0] < h.Floor || h.XIDs[0] >= f.Point().Xmax {
		t.Errorf("%+v, %v", h, err)
	}
	for name, direct := range map[string]string{"polled": "", "pooled": pooled(t, url)} {
		f, err := events.Open(t.Context(), events.Options{Store: s, DirectURL: direct, Now: new(clock).now, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.History(t.Context()); !errors.Is(err, events.ErrNoHistory) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
