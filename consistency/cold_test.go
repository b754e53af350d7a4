package consistency_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/auth"
)

// statements sees the statements of a store, but for those that look for changes of the registry.
type statements struct {
	mu    sync.Mutex
	names []string
}

func (s *statements) add(sql string) {
	line, _, _ := strings.Cut(sql, "\n")
	name, ok := strings.CutPrefix(line, "-- name: ")
	if ok && !strings.Contains(name, "Registry") {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, name)
	}
}

// take returns the names of the statements since the last call, sorted.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names = nil
	slices.Sort(names)
	return names
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestColdTogether asks the same 500 times at once of a server that has just started: the database is asked what it is asked for one
// of them. Another server that is asked as often then has it from Redis, and asks nothing.
func TestColdTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, *seed, mistakes{alwaysFresh: true, patient: true}) // however slow the machine is
	first, second := w.servers[0], w.servers[1]
	q := w.favourites()[2]
	want, err := w.ask(q)
	if err != nil {
		t.Fatal(err)
	}
	w.redis.Stop() // one is to be asked alone
	first.statements.take()
	if got, err := w.askAs(first, auth.RoleAnalyst, q, "identity"); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s, %v", got, err)
	}
	alone := first.statements.take()
	w.redis.Start()
	first.stop()
	first.start(t, w)
	if err := eventually(t.Context(), w.probe); err != nil {
		t.Fatal(err)
	}
	first.statements.take()
	w.askOften(t, first, q, want)
	if diff := cmp.Diff(alone, first.statements.take()); len(alone) == 0 || diff != "" {
		t.Errorf("statements of 500 (+) and of one (-):\n%s", diff)
	}
	first.kept.Close() // waits for Redis
	second.statements.take()
	w.askOften(t, second, q, want)
	if names := second.statements.take(); len(names) > 0 || second.counts().sharedHits != 1 {
		t.Errorf("the second server sent %v: %+v", names, second.kept.Stats())
	}
}

// askOften asks a server the same 500 times at once.
func (w *world) askOften(t *testing.T, s *server, q question, want []byte) {
	t.Helper()
	var asking sync.WaitGroup
	for range 500 {
		asking.Go(func() {
			if got, err := w.askAs(s, auth.RoleAnalyst, q, "identity"); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
	asking.Wait()
}
