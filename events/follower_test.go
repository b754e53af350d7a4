package events_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// soon is a time between reads for tests that need not be told.
const soon = 5 * time.Millisecond

func wantBatches(t testing.TB, f *followed, want ...events.Batch) {
	t.Helper()
	if diff := cmp.Diff(want, f.caughtUp(t), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

// TestDelivery has a transaction that took its id early commit late, with a connection of the follower's own and without.
func TestDelivery(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"direct", "polled"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := storetest.New(t)
			o := events.Options{}
			if name == "direct" {
				o.DirectURL = url
			}
			s, f := open(t, url, 4), follow(t, url, o)
			if polls := strings.Contains(f.log.String(), "polled for"); polls != (name == "polled") {
				t.Errorf("log: %s", f.log.String())
			}
			wantBatches(t, f)
			early, err := s.Pool().Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = early.Rollback(context.WithoutCancel(t.Context())) }()
			if err := store.Publish(t.Context(), early, company("early")); err != nil {
				t.Fatal(err)
			}
			change(t, s, company("late"), store.Change{Kind: store.ChangeFilings})
			wantBatches(t, f, of(company("late"), store.Change{Kind: store.ChangeFilings}))
			if err := early.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantBatches(t, f, of(company("early")))
			wantBatches(t, f)

			execute(t, s, "select everything_changed()")
			wantBatches(t, f, everything())
			execute(t, s, "insert into outbox (kind, keys) values ('company', '{1}'), ('planets', '{Mars}')") // of a newer release
			wantBatches(t, f, everything())
			f.awaitLog(t, "kind=planets")
			change(t, s, company("2"))
			wantBatches(t, f, of(company("2")))
		})
	}
}

// TestNotified has nothing but a notification say that there is something to read.
func TestNotified(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s, f := open(t, url, 1), follow(t, url, events.Options{DirectURL: url, Poll: time.Hour})
	for i := range 3 {
		change(t, s, company("1"))
		f.await(t, "a notification", func(b []events.Batch, _ string) bool { return len(b) == i+1 })
	}
}

// TestConnectionCut cuts the connection that listens, while nobody writes and while somebody does.
func TestConnectionCut(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s, f := open(t, url, 2), follow(t, url, events.Options{DirectURL: url, Poll: soon})
	const cut = `select pg_terminate_backend(pid, 60000) from pg_stat_activity
		where datname = current_database() and query like '%ReadOutbox%' and pid <> pg_backend_pid()`
	all := func(b []events.Batch, _ string) bool { return len(b) > 0 && b[len(b)-1].All }
	for range 3 {
		execute(t, s, cut)
		f.await(t, "all to be forgotten", all)
		f.caughtUp(t)
		change(t, s, company("1"))
		wantBatches(t, f, of(company("1")))
	}
	execute(t, s, `begin; insert into outbox (kind, keys) values ('company', '{2}'); `+cut+`; commit`)
	f.await(t, "all to be forgotten", all)
}

// TestRestart stops the server that is followed.
func TestRestart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"direct", "polled"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := storetest.NewCluster(t)
			o := events.Options{Poll: soon}
			if name == "direct" {
				o.DirectURL = cluster.URL()
			}
			s, f := open(t, cluster.URL(), 1), follow(t, cluster.URL(), o)
			wantBatches(t, f)
			cluster.Stop(embedded.Immediate)
			f.awaitLog(t, "changes of the data are not seen")
			cluster.Start()
			wantBatches(t, f, everything())
			f.awaitLog(t, "changes of the data are seen again")
			change(t, s, company("1"))
			wantBatches(t, f, of(company("1")))
		})
	}
}

// TestFresh holds reads up.
func TestFresh(t *testing.T) {
	t.Parallel()
	var time clock
	url := storetest.New(t)
	s, f := open(t, url, 2), follow(t, url, events.Options{Now: time.now, Poll: soon})
	wantBatches(t, f)
	tx, err := s.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), "lock table outbox in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	time.advance(500_000_000)
	if !f.Fresh() {
		t.Error("half a second after the last read nothing is fresh")
	}
	time.advance(1)
	if f.Fresh() {
		t.Error("fresh more than half a second after the last read")
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBatches(t, f)
	if !f.Fresh() {
		t.Error("not fresh after a read")
	}
}

// TestManyWriters has a hundred writers commit in any order: every change is delivered once, with a follower of each kind.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 100, 10
	url := storetest.New(t)
	s := open(t, url, 12)
	followers := map[string]*followed{
		"direct": follow(t, url, events.Options{DirectURL: url}), "polled": follow(t, url, events.Options{Poll: soon}),
	}
	want := map[string]int{}
	var ended sync.WaitGroup
	for w := range writers {
		random := rand.New(rand.NewPCG(1, uint64(w))) //nolint:gosec // the same in each run
		var keys []string
		for i := range each {
			keys = append(keys, fmt.Sprint(w, "-", i))
			if random.IntN(4) > 0 {
				want[keys[i]] = 1
			} else {
				keys[i] = "" // is rolled back
			}
		}
		ended.Go(func() {
			for i, key := range keys {
				if err := write(t.Context(), s, fmt.Sprint(w, "-", i), key != "", random.IntN(20)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended.Wait()
	for name, f := range followers {
		got := map[string]int{}
		for _, b := range f.caughtUp(t) {
			if b.All {
				t.Errorf("%s: all is to be forgotten", name)
			}
			for _, c := range b.Changes {
				for _, key := range c.Keys {
					got[key]++
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: times that each change was delivered (-want +got):\n%s", name, diff)
		}
	}
}

// write publishes a change, does something else for some milliseconds, and commits or not.
func write(ctx context.Context, s *store.Store, key string, commits bool, ms int) error {
	tx, err := s.Pool().Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := store.Publish(ctx, tx, company(key)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "select pg_sleep($1::float8 / 1000)", ms); err != nil || !commits {
		return err
	}
	return tx.Commit(ctx)
}

// TestNoDatabase opens a follower where there is none.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, 1)
	_, err := events.Open(t.Context(), events.Options{Store: s, DirectURL: "postgres://user@127.0.0.1:1/x", Now: time.Now})
	if err == nil {
		t.Error("no error")
	}
}
