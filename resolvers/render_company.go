package resolvers

import (
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

func companyWriters() map[string]writer {
	type company = store.Company
	return map[string]writer{
		"id": leaf(func(b []byte, c *company) []byte {
			return append(store.AppendNodeID(append(b, '"'), store.NodeCompany, c.ID), '"')
		}),
		"cik":           orNull(func(c *company) *edgar.CIK { return c.CIK }, scalar.AppendCIK),
		"name":          textOf(func(c *company) string { return c.Name }),
		"formerNames":   textsOf(func(c *company) []string { return c.FormerNames }),
		"ticker":        textOrNull(func(c *company) *string { return c.Ticker }),
		"exchange":      textOrNull(func(c *company) *string { return c.Exchange }),
		"sic":           textOrNull(func(c *company) *string { return c.SIC }),
		"sector":        textOrNull(func(c *company) *string { return c.Sector }),
		"industry":      textOrNull(func(c *company) *string { return c.Industry }),
		"country":       textOrNull(func(c *company) *string { return c.Country }),
		"fiscalYearEnd": textOrNull(func(c *company) *string { return c.FiscalYearEnd }),
		"marketCap":     orNull(func(c *company) *float64 { return c.MarketCap }, scalar.AppendFloat),

		"tickers": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objects(w, b, primed(w, w.set.Tickers, obj.(*company).ID), at.Fields())
		},
		"filings": func(w *rendering, b []byte, obj any, at *field) []byte {
			return writeFilingsOf(w, b, obj.(*company), at)
		},
		"filingSummary": func(w *rendering, b []byte, obj any, at *field) []byte {
			sum := primed(w, w.set.FilingSummaries, obj.(*company).ID)
			if sum == nil {
				sum = &store.FilingSummary{}
			}
			return w.object(b, sum, at.Fields())
		},
		"metric":  writeMetricOf,
		"metrics": writeMetricsOf,
		"series":  writeSeriesOf,
		"metricDefinitions": func(w *rendering, b []byte, obj any, at *field) []byte {
			return writeDefinitionsOf(w, b, obj.(*company), at)
		},
	}
}

// asksPageOf says whether a connection is asked for more than its number of nodes.
func asksPageOf(at *field) bool { return at.Asks("nodes") || at.Asks("edges") || at.Asks("pageInfo") }

func writeFilingsOf(w *rendering, b []byte, c *store.Company, at *field) []byte {
	args := bind(w, at, companyFilingsArgs)
	if w.failed {
		return b
	}
	var page *store.FilingPage
	if asksPageOf(at) {
		page = primed(w, w.set.Filings, loaders.FilingsKey{Company: c.ID, Request: args.request})
	}
	return w.object(b, args.connection(c.ID, page), at.Fields())
}

func writeDefinitionsOf(w *rendering, b []byte, c *store.Company, at *field) []byte {
	args := bind(w, at, companyDefinitionsArgs)
	if w.failed {
		return b
	}
	var page *store.DefinitionPage
	if asksPageOf(at) {
		page = primed(w, w.set.Definitions, loaders.DefinitionsKey{Company: c.ID, Request: args.request})
	}
	return w.object(b, args.connection(c.ID, page), at.Fields())
}

func tickerWriters() map[string]writer {
	type ticker = store.Ticker
	return map[string]writer{
		"symbol":   textOf(func(t *ticker) string { return t.Symbol }),
		"exchange": textOrNull(func(t *ticker) *string { return t.Exchange }),
		"primary":  boolOf(func(t *ticker) bool { return t.Primary }),
		"from":     dateOrNull(func(t *ticker) *edgar.Date { return t.From }),
		"to":       dateOrNull(func(t *ticker) *edgar.Date { return t.To }),
	}
}
