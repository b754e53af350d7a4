package demo

import (
	"cmp"
	"slices"

	"github.com/corpintel/corpintel/edgar"
)

// chunkCompanies is how many companies are made and written at a time. A subsidiary is the last of its chunk, so that
// filings which it shares with its parent stay inside.
const chunkCompanies = 25

// recentDays is how many days of prices most companies have: two years.
const recentDays = 504

// generator makes the rows of one company after the other; it hands out the ids.
type generator struct {
	total       int
	fullPrices  bool
	concepts    []concept
	definitions []definition
	ids         map[definitionKey]int32
	days        []edgar.Date

	securities, facts, series int64 // the last id given out
}

func newGenerator(total int, fullPrices bool) *generator {
	concepts := catalogue()
	g := &generator{
		total: total, fullPrices: fullPrices,
		concepts: concepts, definitions: definitionsOf(concepts), ids: map[definitionKey]int32{},
		days: tradingDays(firstPriceDay, lastDay),
	}
	for _, d := range g.definitions {
		g.ids[definitionKey{d.concept.id, d.period}] = d.id
	}
	return g
}

// chunk holds the rows of some companies, each table in the order of its primary key.
type chunk struct {
	companies  []companyRow
	securities []securityRow
	filings    []filingRow
	filers     []filerRow
	forms      []formRow
	facts      []factRow
	units      []unitRow
	series     []seriesRow
	points     []pointRow
	versions   []versionRow
}

// next returns the rows of the companies from number first on.
func (g *generator) next(first int) *chunk {
	ch := &chunk{}
	for number := first; number <= min(first+chunkCompanies-1, g.total); number++ {
		g.add(ch, newCompany(number, g.total))
	}
	ch.countForms()
	ch.dateSnapshots()
	return ch
}

// add adds everything about one company.
func (g *generator) add(ch *chunk, c *company) {
	b := newBooks(c)
	filings := newFilings(c, b)
	ch.addFilings(c, filings)

	facts := newFacts(c, b, filings, g.concepts)
	g.addFacts(ch, c, facts)
	fundamentals := g.addFundamentals(ch, c, facts)

	row := companyRow{company: c}
	for _, f := range facts {
		row.lastReported = max(row.lastReported, f.filing.filedOn)
	}
	if c.ticker != "" {
		days := newPrices(c, b, g.days)
		g.addSecurities(ch, c, days)
		if shares := fundamentals[g.ids[definitionKey{sharesOutstanding, edgar.PeriodInstant}]]; !c.delisted {
			row.marketCap = marketCap(days, shares)
		}
	}
	ch.companies = append(ch.companies, row)
}

// marketCap returns the last close times the shares outstanding, 0 when their number is more than 100 days older.
func marketCap(days []tradingDay, shares []pointRow) float64 {
	const maxAge = 100
	if len(days) == 0 || len(shares) == 0 {
		return 0
	}
	day, count := days[len(days)-1], shares[len(shares)-1]
	if count.date < day.date-maxAge {
		return 0
	}
	return dollars(day.close) * count.value
}

func (ch *chunk) addFilings(c *company, filings []filing) {
	for i := range filings {
		f := &filings[i]
		ch.filings = append(ch.filings, filingRow{f})
		ch.filers = append(ch.filers, filerRow{f, int64(c.number)})
		if f.joint {
			ch.filers = append(ch.filers, filerRow{f, int64(c.number + 1)})
		}
	}
}

func (g *generator) addFacts(ch *chunk, c *company, facts []fact) {
	companyID := int64(c.number)
	for i := range facts {
		f := &facts[i]
		g.facts++
		f.id = g.facts
		ch.facts = append(ch.facts, factRow{f, companyID})
		if n := len(ch.units) - 1; n >= 0 && ch.units[n].companyID == companyID && ch.units[n].conceptID == f.concept {
			ch.units[n].facts++
		} else {
			ch.units = append(ch.units, unitRow{companyID, f.concept, f.unit, 1})
		}
	}
}

// addFundamentals adds the series of what the company reported, and returns their points by definition.
func (g *generator) addFundamentals(ch *chunk, c *company, facts []fact) [][]pointRow {
	points := make([][]pointRow, len(g.definitions)+1)
	for _, f := range currentFacts(facts) {
		id := g.ids[definitionKey{f.concept, f.period}]
		points[id] = append(points[id], pointRow{
			date: f.end, value: f.value, factID: f.id, knownFrom: f.knownFrom, earlier: f.earlier,
		})
	}
	for id, p := range points {
		g.addSeries(ch, seriesRow{companyID: int64(c.number), definitionID: int32(id)}, p)
	}
	return points
}

// addSecurities adds the symbols that c holds and held, and the prices of those that it holds.
func (g *generator) addSecurities(ch *chunk, c *company, days []tradingDay) {
	var until edgar.Date
	if c.delisted {
		until = c.lastDay
	}
	id := g.addSecurity(ch, c, securityRow{symbol: c.ticker, validTo: until, primary: !c.delisted})
	g.addPrices(ch, c, id, days)
	if c.secondClass {
		id = g.addSecurity(ch, c, securityRow{symbol: c.secondTicker(), validTo: until, position: 1})
		g.addPrices(ch, c, id, secondClass(c, days))
	}
	if c.formerTicker != "" {
		g.addSecurity(ch, c, securityRow{symbol: c.formerTicker, validTo: c.renamedOn})
	}
}

func (g *generator) addSecurity(ch *chunk, c *company, s securityRow) int64 {
	g.securities++
	s.id, s.companyID, s.exchange = g.securities, int64(c.number), c.exchange
	s.seen = lastDay
	if s.validTo != 0 {
		s.seen = s.validTo
	}
	ch.securities = append(ch.securities, s)
	return s.id
}

// addPrices adds the price series of a security: all days or the recent ones, all kinds of price or two of them.
func (g *generator) addPrices(ch *chunk, c *company, securityID int64, days []tradingDay) {
	if !g.fullPrices && c.number > longHistoryCompanies {
		days = days[max(0, len(days)-recentDays):]
	}
	for _, kind := range []struct {
		concept int32
		value   func(*tradingDay) float64
	}{
		{priceOpen, func(d *tradingDay) float64 { return dollars(d.open) }},
		{priceHigh, func(d *tradingDay) float64 { return dollars(d.high) }},
		{priceLow, func(d *tradingDay) float64 { return dollars(d.low) }},
		{priceClose, func(d *tradingDay) float64 { return dollars(d.close) }},
		{priceAdjClose, func(d *tradingDay) float64 { return dollars(d.adj) }},
		{priceVolume, func(d *tradingDay) float64 { return float64(d.volume) }},
	} {
		if kind.concept != priceClose && kind.concept != priceVolume && !g.fullPrices && c.number > fullPriceCompanies {
			continue
		}
		points := make([]pointRow, len(days))
		for i := range days {
			points[i] = pointRow{date: days[i].date, value: kind.value(&days[i])}
		}
		id := g.ids[definitionKey{kind.concept, edgar.PeriodDaily}]
		g.addSeries(ch, seriesRow{companyID: int64(c.number), securityID: securityID, definitionID: id}, points)
	}
}

// addSeries adds s and its points, oldest first, unless there are none.
func (g *generator) addSeries(ch *chunk, s seriesRow, points []pointRow) {
	if len(points) == 0 {
		return
	}
	g.series++
	s.id, s.points = g.series, int32(len(points))
	s.first, s.last = points[0].date, points[len(points)-1]
	ch.series = append(ch.series, s)
	for _, p := range points {
		p.seriesID = s.id
		ch.points = append(ch.points, p)
		for _, v := range p.earlier {
			v.seriesID = s.id
			ch.versions = append(ch.versions, v)
		}
	}
}

// countForms adds the number of filings by company and form.
func (ch *chunk) countForms() {
	type key struct {
		companyID int64
		form      string
	}
	counts := map[key]*formRow{}
	for _, f := range ch.filers {
		k := key{f.companyID, f.form}
		n := counts[k]
		if n == nil {
			n = &formRow{companyID: f.companyID, form: f.form, first: f.filedOn}
			counts[k] = n
		}
		n.n++
		n.first, n.last = min(n.first, f.filedOn), max(n.last, f.filedOn)
	}
	for _, n := range counts {
		ch.forms = append(ch.forms, *n)
	}
	slices.SortFunc(ch.forms, func(a, b formRow) int {
		return cmp.Or(cmp.Compare(a.companyID, b.companyID), cmp.Compare(a.form, b.form))
	})
}

// dateSnapshots dates what a submissions file tells: by the newest filing in it.
func (ch *chunk) dateSnapshots() {
	newest := map[int64]edgar.Date{}
	for _, n := range ch.forms {
		newest[n.companyID] = max(newest[n.companyID], n.last)
	}
	for i := range ch.companies {
		ch.companies[i].lastFiled = newest[int64(ch.companies[i].number)]
	}
	for _, f := range ch.filers {
		f.asOf = max(f.asOf, newest[f.companyID])
	}
}
