package loaders

import "github.com/corpintel/corpintel/store"

func definition(b *store.Batch, ids []int32) func(int32) *store.MetricDefinition {
	found := b.DefinitionsByID(ids)
	return func(id int32) *store.MetricDefinition { return found[id] }
}

func definitions(b *store.Batch, keys []DefinitionsKey) func(DefinitionsKey) *store.DefinitionPage {
	return byRequest(keys, func(k DefinitionsKey) (int64, *store.DefinitionsRequest) { return k.Company, k.Request }, b.DefinitionsOfCompanies)
}

func definitionCounts(b *store.Batch, keys []DefinitionCountKey) func(DefinitionCountKey) int {
	return byRequest(keys, func(k DefinitionCountKey) (int64, *store.MetricDefinitionFilter) { return k.Company, k.Filter }, b.DefinitionCountsOfCompanies)
}

func latest(b *store.Batch, keys []store.LatestKey) func(store.LatestKey) store.Reported[store.MetricValue] {
	found := b.LatestValues(keys)
	return func(k store.LatestKey) store.Reported[store.MetricValue] { return found[k] }
}

func seriesPoints(b *store.Batch, keys []store.SeriesKey) func(store.SeriesKey) store.Reported[store.Series] {
	found := b.Series(keys, true)
	return func(k store.SeriesKey) store.Reported[store.Series] { return found[k] }
}

func seriesBounds(b *store.Batch, keys []store.SeriesKey) func(store.SeriesKey) store.Reported[store.Series] {
	found := b.Series(keys, false)
	return func(k store.SeriesKey) store.Reported[store.Series] { return found[k] }
}
