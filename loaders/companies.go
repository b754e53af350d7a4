package loaders

import (
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

func companies(b *store.Batch, ids []int64) func(int, int64) *store.Company {
	found := b.CompaniesByID(ids)
	return func(_ int, id int64) *store.Company { return found[id] }
}

func companyTotals(b *store.Batch, keys []CompanyTotalKey) func(int, CompanyTotalKey) int {
	return totals(keys, func(k CompanyTotalKey) *int {
		if k.Search != nil {
			return b.SearchCompanyCount(k.Search)
		}
		return b.CompanyCount(k.Filter)
	})
}

func filingTotals(b *store.Batch, filters []*store.FilingFilter) func(int, *store.FilingFilter) int {
	return totals(filters, b.FilingCount)
}

// totals asks for the number of all rows of each list: a statement for each.
func totals[K comparable](keys []K, ask func(K) *int) func(int, K) int {
	found := make(map[K]*int, len(keys))
	for _, k := range keys {
		found[k] = ask(k)
	}
	return func(_ int, k K) int { return *found[k] }
}

func tickers(b *store.Batch, ids []int64) func(int, int64) []*store.Ticker {
	found := b.TickersOfCompanies(ids)
	return func(_ int, id int64) []*store.Ticker { return found[id] }
}

func filing(b *store.Batch, ids []edgar.AccessionNumber) func(int, edgar.AccessionNumber) *store.Filing {
	found := b.FilingsByAccession(ids)
	return func(_ int, id edgar.AccessionNumber) *store.Filing { return found[id] }
}

func filingCompanies(b *store.Batch, ids []edgar.AccessionNumber) func(int, edgar.AccessionNumber) *store.FilingCompanies {
	found := b.CompaniesOfFilings(ids)
	return func(_ int, id edgar.AccessionNumber) *store.FilingCompanies { return found[id] }
}

func filingSummaries(b *store.Batch, ids []int64) func(int, int64) *store.FilingSummary {
	found := b.FilingSummaries(ids)
	return func(_ int, id int64) *store.FilingSummary { return found[id] }
}

func filings(b *store.Batch, keys []FilingsKey) func(int, FilingsKey) *store.FilingPage {
	return byRequest(keys, func(k FilingsKey) (int64, *store.FilingsRequest) { return k.Company, k.Request }, b.FilingsOfCompanies)
}

func filingCounts(b *store.Batch, keys []FilingCountKey) func(int, FilingCountKey) int {
	return byRequest(keys, func(k FilingCountKey) (int64, *store.FilingFilter) { return k.Company, k.Filter }, b.FilingCountsOfCompanies)
}

// byRequest asks for each request of the companies that it is asked of: a statement for each.
func byRequest[K any, R comparable, V any](
	keys []K, split func(K) (company int64, request R), ask func([]int64, R) map[int64]V,
) func(int, K) V {
	companies := map[R][]int64{}
	var requests []R // in the order of the keys, so that operations send their statements in one order
	for _, k := range keys {
		company, request := split(k)
		if _, known := companies[request]; !known {
			requests = append(requests, request)
		}
		companies[request] = append(companies[request], company)
	}
	found := make(map[R]map[int64]V, len(requests))
	for _, r := range requests {
		found[r] = ask(companies[r], r)
	}
	return func(_ int, k K) V {
		company, request := split(k)
		return found[request][company]
	}
}
