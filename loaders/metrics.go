package loaders

import (
	"slices"

	"github.com/corpintel/corpintel/store"
)

func definition(b *store.Batch, ids []int32) func(int32) *store.MetricDefinition {
	found := b.DefinitionsByID(ids)
	return func(id int32) *store.MetricDefinition { return found[id] }
}

func definitions(b *store.Batch, keys []DefinitionsKey) func(DefinitionsKey) *store.DefinitionPage {
	found := map[*store.DefinitionsRequest]map[int64]*store.DefinitionPage{}
	for _, g := range byRequest(keys, func(k DefinitionsKey) (int64, *store.DefinitionsRequest) { return k.Company, k.Request }) {
		found[g.request] = b.DefinitionsOfCompanies(g.companies, g.request)
	}
	return func(k DefinitionsKey) *store.DefinitionPage { return found[k.Request][k.Company] }
}

func definitionCounts(b *store.Batch, keys []DefinitionCountKey) func(DefinitionCountKey) int {
	found := map[*store.MetricDefinitionFilter]map[int64]int{}
	for _, g := range byRequest(keys, func(k DefinitionCountKey) (int64, *store.MetricDefinitionFilter) { return k.Company, k.Filter }) {
		found[g.request] = b.DefinitionCountsOfCompanies(g.companies, g.request)
	}
	return func(k DefinitionCountKey) int { return found[k.Filter][k.Company] }
}

func latest(b *store.Batch, keys []store.LatestKey) func(store.LatestKey) *store.MetricValue {
	found := map[*store.MetricAsk]map[store.LatestKey]*store.MetricValue{}
	for _, r := range rectangles(keys, func(k store.LatestKey) (int64, *store.MetricAsk) { return k.Company, k.Ask }) {
		values := b.LatestValues(r.companies, r.asks)
		for _, ask := range r.asks {
			found[ask] = values
		}
	}
	return func(k store.LatestKey) *store.MetricValue { return found[k.Ask][k] }
}

func seriesPoints(b *store.Batch, keys []store.SeriesKey) func(store.SeriesKey) *store.Series {
	return series(b, keys, true)
}

func seriesBounds(b *store.Batch, keys []store.SeriesKey) func(store.SeriesKey) *store.Series {
	return series(b, keys, false)
}

func series(b *store.Batch, keys []store.SeriesKey, points bool) func(store.SeriesKey) *store.Series {
	found := map[*store.SeriesAsk]map[store.SeriesKey]*store.Series{}
	for _, r := range rectangles(keys, func(k store.SeriesKey) (int64, *store.SeriesAsk) { return k.Company, k.Ask }) {
		values := b.Series(r.companies, r.asks, points)
		for _, ask := range r.asks {
			found[ask] = values
		}
	}
	return func(k store.SeriesKey) *store.Series { return found[k.Ask][k] }
}

func units(b *store.Batch, keys []store.UnitsKey) func(store.UnitsKey) []string {
	found := map[string]map[store.UnitsKey][]string{}
	for _, r := range rectangles(keys, func(k store.UnitsKey) (int64, string) { return k.Company, k.Name }) {
		used := b.UnitsUsed(r.companies, r.asks)
		for _, name := range r.asks {
			found[name] = used
		}
	}
	return func(k store.UnitsKey) []string { return found[k.Name][k] }
}

// rectangle are companies all of which are asked the same.
type rectangle[A comparable] struct {
	companies []int64
	asks      []A
}

// rectangles gathers keys so that a statement asks each of its companies each of its asks. Keys that come from looking
// ahead are one rectangle for each list of companies.
func rectangles[K any, A comparable](keys []K, split func(K) (int64, A)) []*rectangle[A] {
	var out []*rectangle[A]
next:
	for _, g := range byRequest(keys, split) {
		for _, r := range out {
			if slices.Equal(r.companies, g.companies) {
				r.asks = append(r.asks, g.request)
				continue next
			}
		}
		out = append(out, &rectangle[A]{g.companies, []A{g.request}})
	}
	return out
}
