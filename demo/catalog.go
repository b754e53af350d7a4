package demo

import (
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

// concept is what a series is of, in the one unit in which it is reported here.
type concept struct {
	id                 int32
	taxonomy, name     string
	unit               string
	label, description string
	periods            []edgar.Period
}

// The ids of the concepts: their places in the catalogue.
const (
	revenues = iota + 1
	netIncome
	earningsPerShare
	assets
	liabilities
	equity
	sharesOutstanding
	priceOpen // prices are in the order of prices.Field
	priceHigh
	priceLow
	priceClose
	priceAdjClose
	priceVolume
)

// catalogue returns the concepts in the order of their ids. Labels and descriptions of what companies report are those
// of the US-GAAP and DEI taxonomies.
func catalogue() []concept {
	var (
		durations = []edgar.Period{edgar.PeriodQuarter, edgar.PeriodHalf, edgar.PeriodNineMonths, edgar.PeriodYear}
		instant   = []edgar.Period{edgar.PeriodInstant}
	)
	concepts := []concept{
		{
			revenues, "us-gaap", "Revenues", "USD", "Revenues",
			"Amount of revenue recognized from goods sold, services rendered, insurance premiums, or other activities that constitute an earning process. Includes, but is not limited to, investment and interest income before deduction of interest expense when recognized as a component of revenue, and sales and trading gain (loss).",
			durations,
		},
		{
			netIncome, "us-gaap", "NetIncomeLoss", "USD", "Net Income (Loss) Attributable to Parent",
			"The portion of profit or loss for the period, net of income taxes, which is attributable to the parent.",
			durations,
		},
		{
			earningsPerShare, "us-gaap", "EarningsPerShareDiluted", "USD/shares", "Earnings Per Share, Diluted",
			"The amount of net income (loss) for the period available to each share of common stock or common unit outstanding during the reporting period and to each share or unit that would have been outstanding assuming the issuance of common shares or units for all dilutive potential common shares or units outstanding during the reporting period.",
			durations,
		},
		{
			assets, "us-gaap", "Assets", "USD", "Assets",
			"Sum of the carrying amounts as of the balance sheet date of all assets that are recognized. Assets are probable future economic benefits obtained or controlled by an entity as a result of past transactions or events.",
			instant,
		},
		{
			liabilities, "us-gaap", "Liabilities", "USD", "Liabilities",
			"Sum of the carrying amounts as of the balance sheet date of all liabilities that are recognized. Liabilities are probable future sacrifices of economic benefits arising from present obligations of an entity to transfer assets or provide services to other entities in the future.",
			instant,
		},
		{
			equity, "us-gaap", "StockholdersEquity", "USD", "Stockholders' Equity Attributable to Parent",
			"Total of all stockholders' equity (deficit) items, net of receivables from officers, directors, owners, and affiliates of the entity which are attributable to the parent.",
			instant,
		},
		{
			sharesOutstanding, "dei", "EntityCommonStockSharesOutstanding", "shares", "Entity Common Stock, Shares Outstanding",
			"Indicate number of shares or other units outstanding of each of registrant's classes of capital or common stock or other ownership interests, if and as stated on cover of related periodic report.",
			instant,
		},
	}
	for f, c := range prices.Concepts() {
		concepts = append(concepts, concept{
			priceOpen + int32(f), c.Taxonomy, c.Name, c.Unit, c.Label, c.Description, []edgar.Period{c.Period},
		})
	}
	return concepts
}

// definition is a concept in one period class. Its id is its place in the list of definitions.
type definition struct {
	id      int32
	concept concept
	period  edgar.Period
}

// definitionKey names a definition by the concept's id and the period class.
type definitionKey struct {
	concept int32
	period  edgar.Period
}

// definitionsOf returns the definitions of the concepts, ordered by concept and period.
func definitionsOf(concepts []concept) []definition {
	var definitions []definition
	for _, k := range concepts {
		for _, p := range k.periods {
			definitions = append(definitions, definition{int32(len(definitions) + 1), k, p})
		}
	}
	return definitions
}
