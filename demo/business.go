package demo

import (
	"time"

	"github.com/corpintel/corpintel/edgar"
)

const million = 1_000_000

// quarter holds a company's figures of one fiscal quarter. Money is in dollars.
type quarter struct {
	fiscalYear int
	number     int // 1 to 4
	start, end edgar.Date

	revenue, netIncome          int64
	assets, liabilities, equity int64 // at the end
	shares                      int64 // outstanding at the end
}

// books are the figures of all quarters of a company, oldest first, in whole units.
type books struct {
	quarters []quarter
	unit     int64 // a thousand or a million dollars

	// restated is the last quarter of the fiscal year whose net income turned out to be smaller by shortfall,
	// or -1.
	restated  int
	shortfall int64
}

// newBooks returns the figures of c from firstFiscalYear to lastFiscalYear.
func newBooks(c *company) *books {
	r := newRandom(c.number, aboutBusiness)
	m := newModel(c, r)
	b := &books{unit: m.unit, restated: -1}
	for year := firstFiscalYear; year <= lastFiscalYear; year++ {
		for number := 1; number <= 4; number++ {
			q := quarter{
				fiscalYear: fiscalYear(year, c.fiscalMonth),
				number:     number,
				start:      quarterEnd(year, c.fiscalMonth, number-1) + 1,
				end:        quarterEnd(year, c.fiscalMonth, number),
			}
			m.run(r, &q)
			b.quarters = append(b.quarters, q)
		}
	}
	if r.chance(15) {
		b.restated = int(r.between(2015, 2024)-firstFiscalYear)*4 + 3
		b.shortfall = max(b.quarters[b.restated].revenue/100/b.unit, 1) * b.unit
	}
	return b
}

// fiscalYear returns what a company calls the fiscal year that ends in the given month: one that ends in January is
// called after the year before.
func fiscalYear(year int, month time.Month) int {
	if month == time.January {
		return year - 1
	}
	return year
}

// figures are sums over quarters that follow one another; shares are the average.
type figures struct{ revenue, netIncome, shares int64 }

// sum returns the figures of the quarters from first to last, as known when the first report of last came out or later.
func (b *books) sum(first, last int, later bool) figures {
	var f figures
	for _, q := range b.quarters[first : last+1] {
		f.revenue += q.revenue
		f.netIncome += q.netIncome
		f.shares += q.shares
	}
	f.shares /= int64(last - first + 1)
	if later && last == b.restated {
		f.netIncome -= b.shortfall
	}
	return f
}

// earningsPerShare returns cents, rounded half away from zero. One share in a hundred more than are outstanding counts:
// the diluted number.
func (f figures) earningsPerShare() int64 {
	diluted := f.shares + f.shares/100
	if f.netIncome < 0 {
		return -((-f.netIncome*100 + diluted/2) / diluted)
	}
	return (f.netIncome*100 + diluted/2) / diluted
}

// balance is a balance sheet: assets = liabilities + equity.
type balance struct{ assets, liabilities, equity int64 }

// balance returns the balance sheet at the end of a quarter, as known from its first report or later.
func (b *books) balance(last int, later bool) balance {
	q := b.quarters[last]
	if later && last == b.restated {
		return balance{q.assets, q.liabilities + b.shortfall, q.equity - b.shortfall}
	}
	return balance{q.assets, q.liabilities, q.equity}
}

// model is the state of a business as it goes from quarter to quarter.
type model struct {
	industry *industry
	unit     int64
	trend    int64 // quarterly revenue without season and chance
	growth   int64 // of trend per quarter, in millionths
	margin   int64 // net income in millionths of revenue
	payout   int64 // of net income, in percent
	equity   int64
	shares   int64
	issue    int64 // growth of shares per quarter, in millionths
}

func newModel(c *company, r *random) *model {
	m := &model{industry: c.industry, unit: 1000, trend: 12 * million}
	for range r.between(0, 11) + r.between(0, 11) + r.between(0, 11) {
		m.trend += m.trend / 4
	}
	if m.trend > 400*million {
		m.unit = million
	}
	m.growth = r.between(2_000, 16_000) + r.bell(8_000)
	m.margin = m.industry.margin*1000 + r.bell(25_000)
	m.payout = r.between(20, 80)
	m.equity = m.trend * r.between(8, 30) / 10
	m.shares = 4 * m.trend / 10 * m.industry.multiple / r.between(12, 120) / 100 * 100
	m.issue = r.between(-8_000, 6_000)
	return m
}

// run fills in the figures of the next quarter.
func (m *model) run(r *random, q *quarter) {
	m.trend += m.trend * (m.growth + r.bell(15_000)) / million
	q.revenue = m.round(m.trend * m.season(q.end) / 1000)
	q.netIncome = m.round(q.revenue * (m.margin + r.bell(20_000)) / million)

	m.equity += q.netIncome - max(q.netIncome, 0)*m.payout/100
	m.shares += m.shares * m.issue / million
	if m.equity < m.trend/2 { // new shares are sold before the money runs out
		m.equity = m.trend
		m.shares += m.shares / 20
	}
	q.equity = m.round(m.equity)
	q.liabilities = m.round(4 * m.trend * (m.industry.leverage*1000 + r.bell(m.industry.leverage*20)) / 100_000)
	q.assets = q.equity + q.liabilities
	q.shares = m.shares
}

func (m *model) season(end edgar.Date) int64 {
	if end.Time().Month() >= time.October {
		return 1000 + m.industry.season
	}
	return 1000 - m.industry.season/3
}

func (m *model) round(dollars int64) int64 { return dollars / m.unit * m.unit }
