package loaders

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/store"
)

// database answers questions for companies when it is let, and counts them.
type database struct {
	asked atomic.Int64
	ask   func(ctx context.Context, ids []int64) error // nil: at once
}

func (d *database) fetch(ctx context.Context, ids []int64) (func(int, int64) *store.Company, error) {
	d.asked.Add(1)
	if d.ask != nil {
		if err := d.ask(ctx, ids); err != nil {
			return nil, err
		}
	}
	return func(_ int, id int64) *store.Company { return &store.Company{ID: id} }, nil
}

// askCompanies does what an operation with one batch does.
func askCompanies(ctx context.Context, e *Entities, d *database, ids ...int64) error {
	q := &question[int64, *store.Company]{entities: e, shape: companyShape, keys: ids, ask: d.fetch}
	if missing := q.look(); len(missing) > 0 {
		if err := q.run(ctx, missing, false); err != nil {
			return err
		}
	}
	if err := q.await(ctx); err != nil {
		return err
	}
	for i, id := range ids {
		if c := q.values[i]; c == nil || c.ID != id {
			return fmt.Errorf("%+v instead of company %d", c, id)
		}
	}
	return nil
}

func newTestEntities() *Entities {
	return NewEntities(EntitiesOptions{Bytes: 1 << 20, Fresh: func() bool { return true }})
}

// TestOneFlight asks for the same from 500 operations at once: one of them asks the database.
func TestOneFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, let := newTestEntities(), make(chan struct{})
		d := &database{ask: func(context.Context, []int64) error { <-let; return nil }}
		var running sync.WaitGroup
		for range 500 {
			running.Go(func() {
				if err := askCompanies(t.Context(), e, d, 1, 2, 3); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // all wait
		close(let)
		running.Wait()
		stats := e.Stats()
		if n := d.asked.Load(); n != 1 || stats.Shared != 499*3 || stats.Misses != 500*3 || len(e.flights.ways) != 0 {
			t.Errorf("the database was asked %d times; %+v", n, stats)
		}
		if err := askCompanies(t.Context(), e, d, 3, 1); err != nil || d.asked.Load() != 1 {
			t.Errorf("%v; the database was asked %d times", err, d.asked.Load())
		}
	})
}

// TestFlightFails fails the question that others wait for, in several ways.
func TestFlightFails(t *testing.T) {
	t.Parallel()
	away := fmt.Errorf("%w: no connection", store.ErrUnavailable)
	for name, test := range map[string]struct {
		fault  error
		others error // what those who wait are told
		asked  int64
	}{
		"its client has gone":   {context.Canceled, nil, 2},
		"its time is over":      {fmt.Errorf("%w: %w", store.ErrUnavailable, context.DeadlineExceeded), nil, 2},
		"its batch is at fault": {errors.New("another statement of the batch"), nil, 2},
		"the database is away":  {away, away, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e, let := newTestEntities(), make(chan struct{})
				first := &database{ask: func(context.Context, []int64) error { <-let; return test.fault }}
				d := &database{}
				var running sync.WaitGroup
				running.Go(func() {
					if err := askCompanies(t.Context(), e, first, 1, 2); !errors.Is(err, test.fault) {
						t.Errorf("error %v of who asked", err)
					}
				})
				synctest.Wait()
				for range 20 {
					running.Go(func() {
						if err := askCompanies(t.Context(), e, d, 2, 1); !errors.Is(err, test.others) {
							t.Errorf("error %v of who waited", err)
						}
					})
				}
				synctest.Wait()
				close(let)
				running.Wait()
				if n := first.asked.Load() + d.asked.Load(); n != test.asked {
					t.Errorf("the database was asked %d times, want %d", n, test.asked)
				}
				// No error is kept.
				if err := askCompanies(t.Context(), e, d, 1, 2); err != nil || len(e.flights.ways) != 0 {
					t.Errorf("afterwards: %v, %d under way", err, len(e.flights.ways))
				}
			})
		})
	}
}

// TestFlightsKeepFailing lets who asks fail again and again: who waits asks alone in the end, and succeeds.
func TestFlightsKeepFailing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newTestEntities()
		failing := &database{ask: func(context.Context, []int64) error { time.Sleep(time.Second); return errors.New("a fault") }}
		good := &database{ask: func(context.Context, []int64) error { time.Sleep(time.Second); return nil }}
		var running sync.WaitGroup
		for i := range 100 {
			running.Go(func() {
				if i%2 == 0 {
					_ = askCompanies(t.Context(), e, failing, 1)
				} else if err := askCompanies(t.Context(), e, good, 1); err != nil {
					t.Error(err)
				}
			})
		}
		start := time.Now()
		running.Wait()
		if took := time.Since(start); took > (patience+2)*time.Second {
			t.Errorf("it took as long as %s: each waits for the others in turn", took)
		}
	})
}

// TestWaiterLeaves ends the time of who waits: it is told, and who asked is not disturbed.
func TestWaiterLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, let := newTestEntities(), make(chan struct{})
		d := &database{ask: func(context.Context, []int64) error { <-let; return nil }}
		var running sync.WaitGroup
		running.Go(func() {
			if err := askCompanies(t.Context(), e, d, 1); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := askCompanies(limited, e, d, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v of who left", err)
		}
		close(let)
		running.Wait()
	})
}

// TestPanicInFlight checks that nobody waits for who has died.
func TestPanicInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, let := newTestEntities(), make(chan struct{})
		dying := &database{ask: func(context.Context, []int64) error { <-let; panic("a fault of ours") }}
		var running sync.WaitGroup
		running.Go(func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_ = askCompanies(t.Context(), e, dying, 1)
		})
		synctest.Wait()
		running.Go(func() {
			if err := askCompanies(t.Context(), e, &database{}, 1); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		close(let)
		running.Wait()
	})
}

// TestChangeDuringFlight makes a company another one while it is read: who asks from then on does not get what was read
// before, neither from who asks nor from what is kept.
func TestChangeDuringFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, let := newTestEntities(), make(chan struct{})
		slow, d := &database{ask: func(context.Context, []int64) error { <-let; return nil }}, &database{}
		var running sync.WaitGroup
		running.Go(func() {
			if err := askCompanies(t.Context(), e, slow, 1, 2); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		e.Apply(false, []store.Change{{Kind: store.ChangeCompany, Keys: []string{"1"}}})
		if err := askCompanies(t.Context(), e, d, 1); err != nil || d.asked.Load() != 1 {
			t.Errorf("%v; the database was asked %d times for what has changed", err, d.asked.Load())
		}
		e.Apply(false, []store.Change{{Kind: store.ChangeCompany, Keys: []string{"1"}}})
		close(let)
		running.Wait()
		if err := askCompanies(t.Context(), e, d, 2); err != nil || d.asked.Load() != 1 {
			t.Errorf("%v; what has not changed is not kept", err)
		}
		if err := askCompanies(t.Context(), e, d, 1); err != nil || d.asked.Load() != 2 {
			t.Errorf("%v; the database was asked %d times: what was read before the change is kept", err, d.asked.Load())
		}
	})
}

// TestOverlap asks for parts of each other's keys, in any order, while some give up: nobody waits for ever.
func TestOverlap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newTestEntities()
		d := &database{ask: func(ctx context.Context, _ []int64) error {
			select {
			case <-time.After(10 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		var running sync.WaitGroup
		for i := range uint64(100) {
			running.Go(func() {
				random := rand.New(rand.NewPCG(i, 7)) //nolint:gosec // the same each time
				for step := range 50 {
					ids := map[int64]bool{}
					for range 1 + random.IntN(8) {
						ids[random.Int64N(20)] = true
					}
					list := slices.Collect(maps.Keys(ids))
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(60))*time.Millisecond)
					if err := askCompanies(ctx, e, d, list...); err != nil && ctx.Err() == nil {
						t.Errorf("step %d: %v", step, err)
					}
					cancel()
					if random.IntN(4) == 0 {
						e.Apply(false, []store.Change{{Kind: store.ChangeCompany, Keys: []string{strconv.Itoa(random.IntN(20))}}})
					}
				}
			})
		}
		running.Wait()
		if len(e.flights.ways) != 0 {
			t.Errorf("%d under way", len(e.flights.ways))
		}
	})
}

// TestNames checks that different things have different names.
func TestNames(t *testing.T) {
	t.Parallel()
	seen := map[name]string{}
	add := func(n name, what string) {
		if other, known := seen[n]; known {
			t.Errorf("%s and %s have the same name", what, other)
		}
		seen[n] = what
	}
	for _, symbol := range []string{"A", "AA", "AB", "BA", "ABCDEFGH", "ABCDEFGHI", "ABCDEFG-I", "ABCDEFGHABCDEFG", "ABCDEFGHABCDEFH"} {
		n, ok := symbolName(symbol)
		if !ok || n.kind() != ofSymbol {
			t.Errorf("%s has no name", symbol)
		}
		add(n, symbol)
	}
	if _, ok := symbolName("ABCDEFGHABCDEFGH"); ok {
		t.Error("a symbol of 16 bytes has a name")
	}
	for _, k := range []kind{ofCompany, ofTickers, ofSummary, ofLatest, ofLatestThen, ofBounds, ofDefinition, ofFiling, ofFilers, ofCIK} {
		add(k.name(1, 0), fmt.Sprint("kind ", k))
		add(k.name(1, 1), fmt.Sprint("kind ", k, ", ask 1"))
		if k.name(-1, 1<<kindShift-1).kind() != k {
			t.Errorf("the name of kind %d is of another one", k)
		}
	}
}

// TestAskNumbers gives more asks numbers than are remembered: equal ones have the same while they are, and none has that of
// another one.
func TestAskNumbers(t *testing.T) {
	t.Parallel()
	var asks askNumbers
	seen := map[uint64]int{}
	for i := range 3 * maxAsks {
		ask := store.SeriesAsk{MetricAsk: store.MetricAsk{Name: fmt.Sprint("us-gaap:", i)}}
		n := asks.of(&ask)
		if again := ask; asks.of(&again) != n {
			t.Fatalf("equal asks have the numbers %d and another one", n)
		}
		if other, known := seen[n]; known {
			t.Fatalf("asks %d and %d have the same number", i, other)
		}
		seen[n] = i
		if len(asks.known) > maxAsks {
			t.Fatalf("%d asks are remembered", len(asks.known))
		}
	}
	var m memo[store.MetricAsk]
	a, b := &store.MetricAsk{Name: "a"}, &store.MetricAsk{Name: "b"}
	var got []uint64
	made := uint64(0)
	for _, ask := range []*store.MetricAsk{a, b, a, b, b, a} {
		got = append(got, m.of(ask, func() uint64 { made++; return made }))
	}
	if diff := cmp.Diff([]uint64{1, 2, 1, 2, 2, 1}, got); diff != "" {
		t.Errorf("numbers: want -, got +:\n%s", diff)
	}
}
