package loaders_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// TestBatch fills a batch several times: a run asks once for what was wanted since the last one, whatever is known.
func TestBatch(t *testing.T) {
	t.Parallel()
	s, sent := open(t)
	ctx := loaders.New(s, time.Now).Attach(t.Context())
	set := loaders.From(ctx)
	batch := set.Batch()

	batch.Run(ctx)
	sent.check(t, 0, "")

	set.Companies.Want(batch, 1, 2, 1)
	set.Companies.Want(batch, 2)
	set.Tickers.Want(batch, 1)
	set.FilingSummaries.Want(batch)
	batch.Run(ctx)
	sent.check(t, 1, "CompaniesByID TickersOfCompanies")

	known, err := set.Companies.Load(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	batch.Run(ctx)
	sent.check(t, 0, "")

	set.Companies.Want(batch, 3, 1, 3)
	batch.Run(ctx)
	if diff := cmp.Diff([]int64{3, 1}, sent.lastArg()); diff != "" {
		t.Errorf("asked the second time: want -, got +:\n%s", diff)
	}
	sent.check(t, 1, "CompaniesByID")
	if again, err := set.Companies.Load(ctx, 1); again != known || err != nil {
		t.Errorf("a company is two rows within one operation (%v)", err)
	}

	// Another operation knows nothing of this one.
	elsewhere := loaders.From(loaders.New(s, time.Now).Attach(ctx))
	if elsewhere == set {
		t.Error("two operations share a set")
	}
	if company, err := elsewhere.Companies.Load(ctx, 1); err != nil || company == known {
		t.Errorf("two operations share a row (%v)", err)
	}
	sent.check(t, 1, "CompaniesByID")
}

// TestBatchAfterFailure runs a batch that has failed again: what had failed stays so in this operation, what is new is
// fetched.
func TestBatchAfterFailure(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	ctx := loaders.New(s, time.Now).Attach(t.Context())
	set := loaders.From(ctx)
	batch := set.Batch()
	// An invalid position: PostgreSQL refuses the statement, and all of its batch.
	broken := &store.DefinitionsRequest{Filter: &store.MetricDefinitionFilter{}, Page: store.Page{Limit: 1, Bounded: true}, From: store.DefinitionPosition{Name: "\x00"}}
	set.Definitions.Want(batch, loaders.DefinitionsKey{Company: 1, Request: broken})
	set.Companies.Want(batch, 1)
	batch.Run(ctx)
	_, errDefinitions := set.Definitions.Load(ctx, loaders.DefinitionsKey{Company: 1, Request: broken})
	_, errCompany := set.Companies.Load(ctx, 1)
	if errDefinitions == nil || !errors.Is(errCompany, errDefinitions) {
		t.Errorf("errors of one batch: %v, %v", errDefinitions, errCompany)
	}
	set.Companies.Want(batch, 1, 2)
	batch.Run(ctx)
	if _, err := set.Companies.Load(ctx, 1); err == nil {
		t.Error("what had failed is there")
	}
	if company, err := set.Companies.Load(ctx, 2); err != nil || company == nil {
		t.Errorf("company 2: %v, %v", company, err)
	}
}

func TestFromWithoutAttach(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("there is a loader set in a context without one")
		}
	}()
	loaders.From(t.Context())
}

// together runs f with the numbers from 0 at the same time.
func together(n int, f func(i int)) {
	var ready, running sync.WaitGroup
	ready.Add(n)
	for i := range n {
		running.Go(func() {
			ready.Done()
			ready.Wait()
			f(i)
		})
	}
	running.Wait()
}

// TestIntern interns equal keys from many goroutines: each gets the same value, whoever came first.
func TestIntern(t *testing.T) {
	t.Parallel()
	const goroutines, keys = 32, 50
	set := loaders.From(loaders.New(nil, time.Now).Attach(t.Context()))
	var got [goroutines][keys]*store.MetricAsk
	together(goroutines, func(i int) {
		for k := range keys {
			ask := store.MetricAsk{Name: fmt.Sprint("us-gaap:", k)}
			got[i][k] = loaders.Intern(set, ask, &ask)
		}
	})
	for i := range got {
		if got[i] != got[0] {
			t.Fatal("equal keys have two values")
		}
	}
	if text := loaders.Intern(set, "us-gaap:0", "x"); text != "x" {
		t.Errorf("keys of different types are the same: %q", text)
	}
}

// TestArguments builds the arguments of fields from many goroutines: each gets the same value and error.
func TestArguments(t *testing.T) {
	t.Parallel()
	const goroutines, fields = 32, 50
	set := loaders.From(loaders.New(nil, time.Now).Attach(t.Context()))
	var document [fields]ast.Field
	type outcome struct {
		value *int
		err   error
	}
	var got [goroutines][fields]outcome
	together(goroutines, func(i int) {
		for k := range fields {
			got[i][k].value, got[i][k].err = loaders.Arguments(set, &document[k], func() (*int, error) {
				return new(int), errors.New("bad argument")
			})
		}
	})
	for i := range got {
		if got[i] != got[0] {
			t.Fatal("a field has two arguments")
		}
	}
	_, err := loaders.Arguments(set, &document[0], func() (*int, error) { t.Error("built again"); return nil, nil })
	if err != got[0][0].err { //nolint:errorlint // the very same
		t.Errorf("error %v, want %v", err, got[0][0].err)
	}

	// While one builds, another one is done: both have what that made.
	var late ast.Field
	var first string
	second, err := loaders.Arguments(set, &late, func() (string, error) {
		first, _ = loaders.Arguments(set, &late, func() (string, error) { return "first", nil })
		return "second", errors.New("not the one")
	})
	if first != "first" || second != "first" || err != nil {
		t.Errorf("got %s, then %s, %v", first, second, err)
	}
}
