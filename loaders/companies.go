package loaders

import (
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

func companies(b *store.Batch, ids []int64) func(int64) *store.Company {
	found := b.CompaniesByID(ids)
	return func(id int64) *store.Company { return found[id] }
}

func tickers(b *store.Batch, ids []int64) func(int64) []*store.Ticker {
	found := b.TickersOfCompanies(ids)
	return func(id int64) []*store.Ticker { return found[id] }
}

func filing(b *store.Batch, ids []edgar.AccessionNumber) func(edgar.AccessionNumber) *store.Filing {
	found := b.FilingsByAccession(ids)
	return func(id edgar.AccessionNumber) *store.Filing { return found[id] }
}

func filingCompanies(b *store.Batch, ids []edgar.AccessionNumber) func(edgar.AccessionNumber) *store.FilingCompanies {
	found := b.CompaniesOfFilings(ids)
	return func(id edgar.AccessionNumber) *store.FilingCompanies { return found[id] }
}

func filingSummaries(b *store.Batch, ids []int64) func(int64) *store.FilingSummary {
	found := b.FilingSummaries(ids)
	return func(id int64) *store.FilingSummary { return found[id] }
}

func filings(b *store.Batch, keys []FilingsKey) func(FilingsKey) *store.FilingPage {
	found := map[*store.FilingsRequest]map[int64]*store.FilingPage{}
	for _, g := range byRequest(keys, func(k FilingsKey) (int64, *store.FilingsRequest) { return k.Company, k.Request }) {
		found[g.request] = b.FilingsOfCompanies(g.companies, g.request)
	}
	return func(k FilingsKey) *store.FilingPage { return found[k.Request][k.Company] }
}

func filingCounts(b *store.Batch, keys []FilingCountKey) func(FilingCountKey) int {
	found := map[*store.FilingFilter]map[int64]int{}
	for _, g := range byRequest(keys, func(k FilingCountKey) (int64, *store.FilingFilter) { return k.Company, k.Filter }) {
		found[g.request] = b.FilingCountsOfCompanies(g.companies, g.request)
	}
	return func(k FilingCountKey) int { return found[k.Filter][k.Company] }
}

// group are the companies that something is asked of.
type group[R comparable] struct {
	request   R
	companies []int64
}

// byRequest gathers keys by what they ask for: a group is a statement.
func byRequest[K any, R comparable](keys []K, split func(K) (int64, R)) []*group[R] {
	var groups []*group[R]
	index := map[R]*group[R]{}
	for _, k := range keys {
		company, request := split(k)
		g := index[request]
		if g == nil {
			g = &group[R]{request: request}
			index[request] = g
			groups = append(groups, g)
		}
		g.companies = append(g.companies, company)
	}
	return groups
}
