package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestNoPooler(t *testing.T) {
	t.Parallel()
	s := openNew(t, "select 1")
	got := s.Pooler()
	if diff := cmp.Diff(store.Pooler{Role: "corpintel"}, got); diff != "" {
		t.Errorf("directly connected (-want +got):\n%s", diff)
	}
	if got.Mode() != store.ExecPrepare {
		t.Errorf("mode %s", got.Mode())
	}
}

// TestPooler asks through PgBouncer in transaction mode, on more connections than it has, so that each transaction gets
// another one of the server.
func TestPooler(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	url := storetest.StartPgBouncer(t, database).URL(database)
	execute(t, open(t, database, store.Options{MaxConns: 1}), alterRole(t, database, "jit = off"))
	s := open(t, url, store.Options{MaxConns: 8})
	found := s.Pooler()
	want := store.Pooler{
		There: true, Role: "corpintel", Tracks: found.Tracks, // which is as old or new as it is
		Unset: []string{"plan_cache_mode = force_generic_plan", "enable_memoize = off"},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("through PgBouncer (-want +got):\n%s", diff)
	}
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for i := range 50 {
				if err := ask(t.Context(), s, i%2 == 0); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	asking.Wait()
	if found.Tracks {
		return
	}
	// What auto spares us.
	err := hammer(t, open(t, url, store.Options{MaxConns: 8, ExecMode: store.ExecPrepare}))
	if err == nil {
		t.Error("prepared statements got through a pooler that knows nothing of them: the test asks for too little")
	}
}

// alterRole returns a statement that sets something for later connections of the program's role to a database.
func alterRole(t *testing.T, database, setting string) string {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	return store.Pooler{Role: config.User, Unset: []string{setting}}.Advice(config.Database)
}

// hammer asks several different statements on many connections at a time, and returns the first error.
func hammer(t *testing.T, s *store.Store) error {
	t.Helper()
	var (
		asking sync.WaitGroup
		mu     sync.Mutex
		first  error
	)
	for i := range 8 {
		asking.Go(func() {
			for j := range 50 {
				_, err := number(t.Context(), s, fmt.Sprintf("-- name: Number\nselect %d", (i+j)%5))
				mu.Lock()
				first = errors.Join(first, err)
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	return first
}

// TestPoolerSettings follows the advice, after which connections of the role have the settings by themselves.
func TestPoolerSettings(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, open(t, database, store.Options{MaxConns: 1}), alterRole(t, database, "jit = on"))
	s := open(t, storetest.StartPgBouncer(t, database).URL(database), store.Options{MaxConns: 1})
	advice := s.Pooler().Advice(config.Database)
	execute(t, open(t, database, store.Options{MaxConns: 1}), advice)
	again := open(t, storetest.StartPgBouncer(t, database).URL(database), store.Options{MaxConns: 1})
	if p := again.Pooler(); len(p.Unset) > 0 || p.Advice(config.Database) != "" {
		t.Errorf("still unset after %q: %v", advice, p.Unset)
	}
	if n := mustNumber(t, again, "select count(*) from pg_settings where name = 'jit' and setting = 'off'"); n != 1 {
		t.Error("jit is on")
	}
}

// BenchmarkExecModes asks a page of companies and its filings, whose statements are long, in each mode.
func BenchmarkExecModes(b *testing.B) {
	database := storetest.New(b)
	for _, mode := range []store.ExecMode{store.ExecPrepare, store.ExecDescribe} {
		b.Run(string(mode), func(b *testing.B) {
			s, err := store.Open(b.Context(), database, store.Options{MaxConns: 1, ExecMode: mode})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := ask(b.Context(), s, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
