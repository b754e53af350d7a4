package loaders

import "github.com/corpintel/corpintel/store"

func definition(b *store.Batch, ids []int32) func(int, int32) *store.MetricDefinition {
	found := b.DefinitionsByID(ids)
	return func(_ int, id int32) *store.MetricDefinition { return found[id] }
}

func definitions(b *store.Batch, keys []DefinitionsKey) func(int, DefinitionsKey) *store.DefinitionPage {
	return byRequest(keys, func(k DefinitionsKey) (int64, *store.DefinitionsRequest) { return k.Company, k.Request }, b.DefinitionsOfCompanies)
}

func definitionCounts(b *store.Batch, keys []DefinitionCountKey) func(int, DefinitionCountKey) int {
	return byRequest(keys, func(k DefinitionCountKey) (int64, *store.MetricDefinitionFilter) { return k.Company, k.Filter }, b.DefinitionCountsOfCompanies)
}

func definitionTotals(b *store.Batch, filters []*store.MetricDefinitionFilter) func(int, *store.MetricDefinitionFilter) int {
	return totals(filters, b.DefinitionCount)
}

// latest asks for latest values, without their facts in an operation that shows none.
func (s *Set) latest(b *store.Batch, keys []store.LatestKey) func(int, store.LatestKey) store.Reported[store.MetricValue] {
	ask := b.LatestValues
	if s.numbers.Load() {
		ask = b.LatestNumbers
	}
	found := ask(keys)
	return func(_ int, k store.LatestKey) store.Reported[store.MetricValue] { return found[k] }
}

func seriesPoints(b *store.Batch, keys []store.SeriesKey) func(int, store.SeriesKey) store.Reported[store.Series] {
	found := b.Series(keys, true)
	return func(_ int, k store.SeriesKey) store.Reported[store.Series] { return found[k] }
}

func seriesBounds(b *store.Batch, keys []store.SeriesKey) func(int, store.SeriesKey) store.Reported[store.Series] {
	found := b.Series(keys, false)
	return func(_ int, k store.SeriesKey) store.Reported[store.Series] { return found[k] }
}

func latestAsOf(b *store.Batch, keys []store.LatestKey) func(int, store.LatestKey) store.Reported[store.MetricValue] {
	found := b.LatestValuesAsOf(keys)
	return func(_ int, k store.LatestKey) store.Reported[store.MetricValue] { return found[k] }
}

func seriesAsOf(b *store.Batch, keys []store.SeriesKey) func(int, store.SeriesKey) store.Reported[store.Series] {
	found := b.SeriesAsOf(keys)
	return func(_ int, k store.SeriesKey) store.Reported[store.Series] { return found[k] }
}

func restatements(b *store.Batch, values []*store.MetricValue) func(int, *store.MetricValue) []*store.MetricValue {
	found := b.Restatements(values)
	return func(_ int, v *store.MetricValue) []*store.MetricValue { return found[v] }
}

func seriesBuckets(b *store.Batch, keys []store.BucketsKey) func(int, store.BucketsKey) store.Reported[store.Series] {
	found := b.SeriesBuckets(keys)
	return func(_ int, k store.BucketsKey) store.Reported[store.Series] { return found[k] }
}
