package loaders_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// open returns a store on a database of the test's own with a few rows of everything, and what it sends.
func open(t testing.TB) (*store.Store, *statements) {
	t.Helper()
	rows, err := os.ReadFile("../store/testdata/seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	sent := &statements{}
	s, err := store.Open(t.Context(), storetest.New(t), store.Options{MaxConns: 2, Tracer: sent})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := s.Pool().Exec(t.Context(), string(rows)); err != nil {
		t.Fatal(err)
	}
	sent.take()
	return s, sent
}

// statements sees what a store sends.
type statements struct {
	mu         sync.Mutex
	names      []string
	args       [][]any
	roundTrips int
}

func (s *statements) add(sql string, args []any) {
	line, _, _ := strings.Cut(sql, "\n")
	if name, ok := strings.CutPrefix(line, "-- name: "); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, name)
		s.args = append(s.args, args)
	}
}

// take returns the names of the statements since the last call, sorted, and the number of round trips they took.
func (s *statements) take() (names []string, roundTrips int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, roundTrips = s.names, s.roundTrips
	s.names, s.args, s.roundTrips = nil, nil, 0
	slices.Sort(names)
	return names, roundTrips
}

// check compares the statements since the last call with names, separated by spaces.
func (s *statements) check(t *testing.T, roundTrips int, names string) {
	t.Helper()
	got, trips := s.take()
	if diff := cmp.Diff(strings.Fields(names), got, cmpopts.EquateEmpty()); diff != "" || trips != roundTrips {
		t.Errorf("%d round trips, want %d; statements: want -, got +:\n%s", trips, roundTrips, diff)
	}
}

// lastArg returns the first argument of the last statement.
func (s *statements) lastArg() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.args) == 0 {
		return nil
	}
	return s.args[len(s.args)-1][0]
}

func (s *statements) roundTrip(ctx context.Context) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roundTrips++
	return ctx
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL, d.Args)
	return s.roundTrip(ctx)
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return s.roundTrip(ctx)
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL, d.Args)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
