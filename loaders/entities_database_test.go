package loaders_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// afterRead calls a function once a statement of a name has been read, before anybody sees what it brought.
type afterRead struct {
	name string
	call func()
}

type statementKey struct{}

func (a *afterRead) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, statementKey{}, d.SQL)
}

func (a *afterRead) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if sql, _ := ctx.Value(statementKey{}).(string); a.call != nil && strings.HasPrefix(sql, "-- name: "+a.name+"\n") {
		a.call()
	}
}

// TestFillRace changes a row after it was read and before it is kept: who asks after the change does not get the old row.
func TestFillRace(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(ctx context.Context, set *loaders.Set) (*store.Company, error){
		"in a batch": func(ctx context.Context, set *loaders.Set) (*store.Company, error) {
			batch := set.Batch()
			set.Companies.Want(batch, 1)
			batch.Run(ctx)
			return set.Companies.Load(ctx, 1)
		},
		"alone": func(ctx context.Context, set *loaders.Set) (*store.Company, error) { return set.CompanyByID(ctx, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := &afterRead{name: "CompaniesByID"}
			s, err := store.Open(t.Context(), storetest.New(t), store.Options{MaxConns: 2, Tracer: hook})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			rows, err := os.ReadFile("../store/testdata/seed.sql")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Pool().Exec(t.Context(), string(rows)); err != nil {
				t.Fatal(err)
			}
			e := newEntities(1 << 20)
			l := loaders.New(s, time.Now, loaders.WithEntities(e))
			hook.call = func() {
				hook.call = nil
				if _, err := s.Pool().Exec(t.Context(), "update companies set name = 'Another Inc.' where id = 1"); err != nil {
					t.Error(err)
				}
				e.Apply(false, []store.Change{change(store.ChangeCompany, "1")})
			}
			for i, want := range []string{"Apple Inc.", "Another Inc.", "Another Inc."} {
				ctx := l.Attach(t.Context())
				if c, err := ask(ctx, loaders.From(ctx)); err != nil || c.Name != want {
					t.Errorf("the answer to question %d is %+v, %v; want %s", i, c, err, want)
				}
			}
			if stats := e.Stats(); stats.Hits != 1 || stats.Misses != 2 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// TestColdTogether asks for the same of everything from 500 operations at once: each statement is sent once.
func TestColdTogether(t *testing.T) {
	t.Parallel()
	s, sent := open(t)
	l := loaders.New(s, time.Now, loaders.WithEntities(newEntities(1<<20)))
	together(500, func(int) {
		ctx := l.Attach(t.Context())
		set := loaders.From(ctx)
		if c, err := set.CompanyByTicker(ctx, "AAPL"); err != nil || c.ID != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		batch := set.Batch()
		set.Companies.Want(batch, 1, 2, 99)
		set.Tickers.Want(batch, 1, 2)
		set.Latest.Want(batch, store.LatestKey{Company: 1, Ask: &store.MetricAsk{Name: "us-gaap:Assets"}})
		set.FilingCompanies.Want(batch, 32019323000106)
		batch.Run(ctx)
		if of, err := set.FilingCompanies.Load(ctx, 32019323000106); err != nil || of.Main.ID != 1 {
			t.Errorf("%+v, %v", of, err)
		}
	})
	names, _ := sent.take()
	if got, want := strings.Join(names, " "), "CompaniesByID CompaniesOfFilings CompanyByTicker LatestValues TickersOfCompanies"; got != want {
		t.Errorf("statements %s, want %s", got, want)
	}
}

// TestHitAllocations counts what it takes to find rows in memory: how many are asked for does not matter.
func TestHitAllocations(t *testing.T) { //nolint:paralleltest // it counts allocations
	s := crowd(t)
	l := loaders.New(s, time.Now, loaders.WithEntities(newEntities(32<<20)))
	want := map[string]float64{"ticker": 3, "cik": 3, "filing": 3, "latest": 23, "latestAsOf": 21, "bounds": 19, "definitions": 15}
	for _, q := range questions(t, s) {
		allocs := testing.AllocsPerRun(100, func() {
			ctx := l.Attach(t.Context())
			if err := q.ask(ctx, loaders.From(ctx)); err != nil {
				t.Fatal(err)
			}
		})
		most, known := want[q.name]
		if !known {
			most = 17
		}
		if t.Logf("%s: %.0f allocations", q.name, allocs); allocs > most {
			t.Errorf("%s: %.0f allocations, want at most %.0f", q.name, allocs, most)
		}
	}
}

// TestFailedBatch fails one statement of a batch: what is kept is there all the same, and what is new is not kept.
func TestFailedBatch(t *testing.T) {
	t.Parallel()
	s, sent := open(t)
	l := loaders.New(s, time.Now, loaders.WithEntities(newEntities(1<<20)))
	broken := &store.DefinitionsRequest{
		Filter: &store.MetricDefinitionFilter{}, Page: store.Page{Limit: 1, Bounded: true}, From: store.DefinitionPosition{Name: "\x00"},
	}
	for range 2 {
		ctx := l.Attach(t.Context())
		set := loaders.From(ctx)
		batch := set.Batch()
		set.Companies.Want(batch, 1)
		batch.Run(ctx)
		set.Companies.Want(batch, 2)
		set.Definitions.Want(batch, loaders.DefinitionsKey{Company: 1, Request: broken})
		batch.Run(ctx)
		if c, err := set.Companies.Load(ctx, 1); err != nil || c == nil {
			t.Errorf("company 1: %+v, %v", c, err)
		}
		if c, err := set.Companies.Load(ctx, 2); err == nil {
			t.Errorf("company 2 of a failed batch: %+v", c)
		}
	}
	names, _ := sent.take()
	var companies int
	for _, name := range names {
		if name == "CompaniesByID" {
			companies++
		}
	}
	if companies != 3 {
		t.Errorf("statements %s: want one for company 1 and two for company 2", names)
	}

	// Who waits for a batch that fails for a reason of its own asks anew.
	var waiting sync.WaitGroup
	for i := range 50 {
		waiting.Go(func() {
			ctx := l.Attach(t.Context())
			set := loaders.From(ctx)
			batch := set.Batch()
			set.Companies.Want(batch, 3)
			if i%2 == 0 {
				set.Definitions.Want(batch, loaders.DefinitionsKey{Company: 1, Request: broken})
			}
			batch.Run(ctx)
			if c, err := set.Companies.Load(ctx, 3); i%2 == 1 && (err != nil || c == nil) {
				t.Errorf("company 3: %+v, %v", c, err)
			}
		})
	}
	waiting.Wait()
}
