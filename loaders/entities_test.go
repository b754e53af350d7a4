package loaders_test

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// always is the freshness of a server that knows of all changes.
func always() bool { return true }

func newEntities(bytes int64) *loaders.Entities {
	return loaders.NewEntities(loaders.EntitiesOptions{Bytes: bytes, Fresh: always})
}

// change is a change of a kind with keys.
func change(kind store.ChangeKind, keys ...string) store.Change {
	return store.Change{Kind: kind, Keys: keys}
}

// kept says of each kind that is kept which change makes all keys of its test old, and which ones make none of them old. What
// the changes are of is read from the seed.
var kept = map[string]struct{ old, others []store.Change }{
	"Companies":       {ofCompanies, othersOfCompanies},
	"Tickers":         {ofCompanies, othersOfCompanies},
	"FilingSummaries": {ofCompanies, othersOfCompanies},
	"Latest":          {ofCompanies, othersOfCompanies},
	"LatestAsOf":      {ofCompanies, othersOfCompanies},
	"SeriesBounds":    {ofCompanies, othersOfCompanies},
	"Filing": {
		[]store.Change{change(store.ChangeFilings)},
		[]store.Change{change(store.ChangeCompany, "1"), change(store.ChangeCompanies), change(store.ChangeDefinitions)},
	},
	"FilingCompanies": {
		[]store.Change{change(store.ChangeForm, "10-K")},
		[]store.Change{change(store.ChangeCompany, "2"), change(store.ChangeCompanies), change(store.ChangeDefinitions)},
	},
	"Definition": {
		[]store.Change{change(store.ChangeDefinitions)},
		[]store.Change{change(store.ChangeCompany, "1"), change(store.ChangeCompanies), change(store.ChangeFilings)},
	},
}

var (
	ofCompanies       = []store.Change{change(store.ChangeCompany, "1", "2", "3", "6", "99")}
	othersOfCompanies = []store.Change{
		change(store.ChangeCompany, "7", "100"), change(store.ChangeCompanies), change(store.ChangeSector, "Mining"),
		change(store.ChangeFilings), change(store.ChangeForm, "10-K"), change(store.ChangeDefinitions), change(store.ChangeRegistryRows),
	}
)

// testKept asks for the same keys in one operation after the other.
func (k *kind[K, V]) testKept(t *testing.T, s *store.Store, sent *statements, old, others []store.Change) {
	t.Helper()
	plain := loaders.New(s, time.Now)
	ask := func(l *loaders.Loaders) []V {
		ctx, batch := k.want(t.Context(), l)
		batch.Run(ctx)
		return k.mustLoad(ctx, t)
	}
	want := ask(plain)
	sent.check(t, 1, k.statements)

	fresh := &atomic.Bool{}
	fresh.Store(true)
	e := loaders.NewEntities(loaders.EntitiesOptions{Bytes: 1 << 20, Fresh: fresh.Load})
	l := loaders.New(s, time.Now, loaders.WithEntities(e))
	expect := func(what string, roundTrips int) {
		t.Helper()
		got := ask(l)
		if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", what, diff)
		}
		if roundTrips == 0 {
			sent.check(t, 0, "")
		} else {
			sent.check(t, 1, k.statements)
		}
	}
	expect("cold", 1)
	expect("warm", 0)
	e.Apply(false, others)
	expect("after changes of others", 0)
	e.Apply(false, old)
	expect("after a change", 1)
	expect("warm again", 0)
	for _, all := range []store.Change{change(store.ChangeEverything), change("of a newer release")} {
		e.Apply(false, []store.Change{all})
		expect("after "+string(all.Kind), 1)
	}
	e.Apply(true, nil)
	expect("after everything", 1)
	if old[0].Kind == store.ChangeCompany {
		e.Apply(false, []store.Change{change(store.ChangeCompany, store.AnyKey)})
		expect("after a change of all companies", 1)
	}
	fresh.Store(false)
	expect("not fresh", 1)
	fresh.Store(true)
	expect("fresh again", 0)

	stats := e.Stats()
	if n := int64(len(k.keys)); stats.Hits == 0 || stats.Hits%n != 0 || stats.Misses%n != 0 || stats.Entries != n || stats.Bytes == 0 {
		t.Errorf("%d keys: %+v", n, stats)
	}
}

func TestEntities(t *testing.T) {
	t.Parallel()
	for name, test := range kept {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sent := open(t)
			kinds[name].(interface {
				testKept(t *testing.T, s *store.Store, sent *statements, old, others []store.Change)
			}).testKept(t, s, sent, test.old, test.others)
		})
	}
}

// TestNumbersAndFacts asks for latest values without and with their facts: who shows facts never gets a value without, and a
// value with them serves all.
func TestNumbersAndFacts(t *testing.T) {
	t.Parallel()
	s, sent := open(t)
	e := newEntities(1 << 20)
	l := loaders.New(s, time.Now, loaders.WithEntities(e))
	key := store.LatestKey{Company: 1, Ask: assets}
	ask := func(facts bool) *store.MetricValue {
		t.Helper()
		ctx := l.Attach(t.Context())
		set := loaders.From(ctx)
		set.ShowFacts(func() bool { return facts })
		batch := set.Batch()
		set.Latest.Want(batch, key)
		batch.Run(ctx)
		v, err := set.Latest.Load(ctx, key)
		if err != nil || v.Found == nil || v.Found.Value != 352583000000 || facts && v.Found.FactID == 0 {
			t.Fatalf("%+v, %v", v.Found, err)
		}
		return v.Found
	}
	ask(false)
	sent.check(t, 1, "LatestNumbers")
	ask(false)
	sent.check(t, 0, "")
	whole := ask(true)
	sent.check(t, 1, "LatestValues")
	if again := ask(false); cmp.Diff(whole, again) != "" {
		t.Errorf("numbers %+v, after %+v", again, whole)
	}
	ask(true)
	sent.check(t, 0, "")
}

// TestOne asks for single rows by what names them.
func TestOne(t *testing.T) {
	t.Parallel()
	type set = *loaders.Set
	for name, test := range map[string]struct {
		statement   string
		there, none func(context.Context, set) (any, error)
		old, others []store.Change
	}{
		"CIK": {
			"CompanyByCIK",
			func(ctx context.Context, s set) (any, error) { return s.CompanyByCIK(ctx, 320193) },
			func(ctx context.Context, s set) (any, error) { return s.CompanyByCIK(ctx, 5) },
			[]store.Change{change(store.ChangeCompanies)},
			[]store.Change{change(store.ChangeCompany, "2"), change(store.ChangeFilings)},
		},
		"ticker": {
			"CompanyByTicker",
			func(ctx context.Context, s set) (any, error) { return s.CompanyByTicker(ctx, "BRK-B") },
			func(ctx context.Context, s set) (any, error) { return s.CompanyByTicker(ctx, "ABCDEFGH-ABCDE") },
			[]store.Change{change(store.ChangeCompanies)},
			[]store.Change{change(store.ChangeCompany, "1"), change(store.ChangeFilings)},
		},
		"id": {
			"CompaniesByID",
			func(ctx context.Context, s set) (any, error) { return s.CompanyByID(ctx, 2) },
			func(ctx context.Context, s set) (any, error) { return s.CompanyByID(ctx, 99) },
			[]store.Change{change(store.ChangeCompany, "2", "99")},
			[]store.Change{change(store.ChangeCompany, "1"), change(store.ChangeCompanies)},
		},
		"accession": {
			"FilingsByAccession",
			func(ctx context.Context, s set) (any, error) { return s.FilingByAccession(ctx, 32019323000106) },
			func(ctx context.Context, s set) (any, error) { return s.FilingByAccession(ctx, 7) },
			[]store.Change{change(store.ChangeFilings)},
			[]store.Change{change(store.ChangeCompany, "1"), change(store.ChangeCompanies)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sent := open(t)
			e := newEntities(1 << 20)
			plain := loaders.From(loaders.New(s, time.Now).Attach(t.Context()))
			want, err := test.there(t.Context(), plain)
			if err != nil {
				t.Fatal(err)
			}
			sent.check(t, 1, test.statement)
			expect := func(what string, roundTrips int) {
				t.Helper()
				l := loaders.New(s, time.Now, loaders.WithEntities(e))
				for range 2 { // of two operations the second finds what the first has fetched
					set := loaders.From(l.Attach(t.Context()))
					got, err := test.there(t.Context(), set)
					if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" || err != nil {
						t.Errorf("%s: %v; want -, got +:\n%s", what, err, diff)
					}
					if _, err := test.none(t.Context(), set); !errors.Is(err, store.ErrNotFound) {
						t.Errorf("%s: error %v of what is not there", what, err)
					}
				}
				names, trips := sent.take()
				if trips != roundTrips {
					t.Errorf("%s: %d round trips, want %d: %s", what, trips, roundTrips, names)
				}
			}
			expect("cold", 2)
			e.Apply(false, test.others)
			expect("after changes of others", 0)
			e.Apply(false, test.old)
			expect("after a change", 2)
		})
	}
}
