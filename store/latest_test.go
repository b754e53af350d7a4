package store_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/store"
)

// TestLatestOfSomeKeys asks for random sets of keys at once, of which some are all asks of all companies and others are
// not: the answers are those of each key alone.
func TestLatestOfSomeKeys(t *testing.T) {
	t.Parallel()
	s := openNew(t, seed(t))
	random := rand.New(rand.NewPCG(1, 9)) //nolint:gosec // the same in each run
	asks := append(slices.Clone(latestAsks), &store.MetricAsk{Name: "us-gaap:Revenues"}, &store.MetricAsk{Name: "us-gaap:Assets"})
	read := func(keys []store.LatestKey) (values, numbers map[store.LatestKey]store.Reported[store.MetricValue]) {
		b := s.Batch()
		values, numbers = b.LatestValues(keys), b.LatestNumbers(keys)
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return values, numbers
	}
	found := 0
	for range 200 {
		companies, some := someCompanies[:1+random.IntN(len(someCompanies))], asks[:1+random.IntN(len(asks))]
		some = some[random.IntN(len(some)):]
		share := []float64{1, 0.8, 0.3}[random.IntN(3)]
		var keys []store.LatestKey
		for _, ask := range some {
			for _, company := range companies {
				if random.Float64() < share {
					keys = append(keys, store.LatestKey{Company: company, Ask: ask})
				}
			}
		}
		values, numbers := read(keys)
		for _, k := range keys {
			value, number := read([]store.LatestKey{k})
			if diff := cmp.Diff(value[k], values[k]); diff != "" {
				t.Fatalf("company %d, %+v (-alone +among %d keys):\n%s", k.Company, *k.Ask, len(keys), diff)
			}
			if diff := cmp.Diff(number[k], numbers[k]); diff != "" {
				t.Fatalf("number of company %d, %+v (-alone +among %d keys):\n%s", k.Company, *k.Ask, len(keys), diff)
			}
			if value[k].Found != nil {
				found++
			}
		}
	}
	if found < 100 {
		t.Errorf("%d values were found, too few to prove anything", found)
	}
}
