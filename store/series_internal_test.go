package store

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// TestAskArgs asks random sets of keys: the parameters are exactly these pairs of a company and an ask, and each ask is
// sent once, with what it was given.
func TestAskArgs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	asks := []*MetricAsk{
		{Name: "us-gaap:Assets"},
		{Name: "us-gaap:Assets"}, // equal, but two
		{Name: "us-gaap:Assets", Unit: "USD", Period: edgar.PeriodInstant},
		{Name: "price:close", Ticker: "AAPL"},
		{Name: "price:close", AsOf: edgar.NewDate(2024, 1, 1)},
	}
	var every []LatestKey
	for company := range int64(4) {
		for _, ask := range asks {
			every = append(every, LatestKey{company, ask})
		}
	}
	for range 1000 {
		random.Shuffle(len(every), func(i, k int) { every[i], every[k] = every[k], every[i] })
		keys := every[:random.IntN(len(every)+1)]
		args, list := askArgs(keys, func(k LatestKey) (int64, *MetricAsk, *MetricAsk) { return k.Company, k.Ask, k.Ask })
		companies, numbers := args[0].([]int64), args[1].([]int32)
		if len(companies) != len(keys) || len(numbers) != len(keys) {
			t.Fatalf("%d keys: %d companies, %d numbers", len(keys), len(companies), len(numbers))
		}
		distinct := map[*MetricAsk]bool{}
		for i, k := range keys {
			distinct[k.Ask] = true
			if companies[i] != k.Company || list[numbers[i]-1] != k.Ask {
				t.Fatalf("key %d is company %d and ask %d, want company %d", i, companies[i], numbers[i], k.Company)
			}
		}
		names, units := args[2].([]string), args[3].([]*string)
		periods, tickers, days := args[4].([]*edgar.Period), args[5].([]*string), args[6].([]edgar.Date)
		if len(list) != len(distinct) || len(names) != len(list) {
			t.Fatalf("%d asks are sent as %d", len(distinct), len(list))
		}
		for i, want := range list {
			got := MetricAsk{
				Name: names[i], Unit: value(units[i]), Period: value(periods[i]), Ticker: value(tickers[i]), AsOf: want.AsOf,
			}
			if diff := cmp.Diff(*want, got); diff != "" {
				t.Fatalf("ask %d: want -, sent +:\n%s", i, diff)
			}
			if days[i] != want.AsOf && (want.AsOf != 0 || days[i] != edgar.MaxDate) {
				t.Fatalf("ask %d as of %s is sent as of %s", i, want.AsOf, days[i])
			}
		}
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
