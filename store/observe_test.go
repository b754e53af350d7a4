package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// observed notes what an Observer is told.
type observed struct {
	statements [][]store.Statement
	trips      []store.RoundTrip
}

func (o *observed) Observe(_ context.Context, trip store.RoundTrip) {
	var statements []store.Statement
	for i := range trip.Len() {
		statements = append(statements, trip.Statement(i))
	}
	o.statements, o.trips = append(o.statements, statements), append(o.trips, trip)
}

func TestObserver(t *testing.T) {
	t.Parallel()
	var seen observed
	s := open(t, storetest.New(t), store.Options{MaxConns: 1, Observer: &seen})
	if n := mustNumber(t, s, "-- name: Three\nselect n from generate_series(1, 3) n"); n != 3 {
		t.Fatalf("got %d, want 3", n)
	}
	b := s.Batch()
	b.CompaniesByID([]int64{1})
	b.TickersOfCompanies([]int64{1})
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := number(t.Context(), s, "-- name: Wrong\nselect 1/0"); err == nil {
		t.Fatal("no error")
	}
	type statement struct {
		Name string
		Rows int
	}
	var got [][]statement
	for i, statements := range seen.statements {
		var trip []statement
		var sum time.Duration
		for _, one := range statements {
			trip = append(trip, statement{one.Name, one.Rows})
			sum += one.Took
		}
		got = append(got, trip)
		whole := seen.trips[i]
		if failed := whole.Err != nil; failed != (i == 2) || !failed && (sum <= 0 || sum > whole.Took) || whole.Waited < 0 {
			t.Errorf("round trip %d: error %v; statements took %v of %v, waited %v", i, whole.Err, sum, whole.Took, whole.Waited)
		}
	}
	want := [][]statement{{{"Three", 3}}, {{"CompaniesByID", 0}, {"TickersOfCompanies", 0}}, {{"Wrong", 0}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if args := seen.statements[1][0].Args; !slices.EqualFunc(args, []any{[]int64{1}}, func(a, b any) bool { return cmp.Equal(a, b) }) {
		t.Errorf("arguments %v", args)
	}
}
