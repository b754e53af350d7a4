package demo

import "github.com/corpintel/corpintel/edgar"

// Prices are held in hundredths of a cent.
const (
	priceUnit = 10_000
	cent      = priceUnit / 100
)

// tradingDay is one day of a security.
type tradingDay struct {
	date                        edgar.Date
	open, high, low, close, adj int64
	volume                      int64
}

// market is a security's price as it goes from day to day.
type market struct {
	books      *books
	multiple   int64 // market value in hundredths of a year's revenue
	volatility int64 // of a day, in millionths
	turnover   int64 // shares traded a day, in millionths of those outstanding
	dividend   int64 // a quarter, in millionths of the price
	quarter    int   // the last one that the market knows
	price      int64
}

// newPrices returns the days on which the first class of c's shares was traded, oldest first. The price wanders, and is
// drawn to a multiple of the last four quarters' revenue per share.
func newPrices(c *company, b *books, days []edgar.Date) []tradingDay {
	r := newRandom(c.number, aboutPrices)
	m := &market{
		books:      b,
		multiple:   c.industry.multiple * r.between(7, 15),
		volatility: r.between(9_000, 26_000),
		turnover:   r.between(1_500, 9_000),
		quarter:    3,
	}
	if r.chance(55) {
		m.dividend = r.between(1_000, 11_000)
	}
	var traded []tradingDay
	for _, d := range days {
		if d >= c.firstDay && d <= c.lastDay {
			traded = append(traded, m.trade(r, d))
		}
	}
	m.adjust(traded)
	return traded
}

// trade returns the next day.
func (m *market) trade(r *random, d edgar.Date) tradingDay {
	fair := m.fairPrice(d)
	if m.price == 0 {
		m.price = fair
	}
	open := whole(m.price + m.price*r.bell(m.volatility/4)/million)
	m.price = max(m.price+m.price*r.bell(m.volatility)/million+(fair-m.price)/100, priceUnit)
	closing := whole(m.price)
	shares := m.books.quarters[m.quarter].shares
	volume := shares / 1000 * m.turnover / 1000 * r.between(50, 160) / 100
	if r.chance(3) { // news
		volume *= r.between(2, 5)
	}
	return tradingDay{
		date:   d,
		open:   open,
		high:   whole(max(open, closing) + m.price*r.below(m.volatility)/million),
		low:    max(whole(min(open, closing)-m.price*r.below(m.volatility)/million), cent),
		close:  closing,
		volume: volume / 100 * 100,
	}
}

// fairPrice returns what a share is worth by the figures that were public on d.
func (m *market) fairPrice(d edgar.Date) int64 {
	const untilPublic = 40 // days
	for m.quarter+1 < len(m.books.quarters) && m.books.quarters[m.quarter+1].end+untilPublic <= d {
		m.quarter++
	}
	year := m.books.sum(m.quarter-3, m.quarter, false)
	cents := year.revenue * m.multiple / max(year.shares, 1)
	return max(cents*cent, priceUnit)
}

// adjust fills in the closing prices less the dividends of the quarters since.
func (m *market) adjust(days []tradingDay) {
	const daysPerQuarter = 63
	for i := range days {
		quarters := int64((len(days) - 1 - i) / daysPerQuarter)
		days[i].adj = days[i].close - days[i].close*quarters*m.dividend/million
	}
}

// secondClass returns the days of the second class of shares: a little cheaper, and traded less.
func secondClass(c *company, first []tradingDay) []tradingDay {
	r := newRandom(c.number, aboutSecondClass)
	discount := r.between(10, 80) // in thousandths
	days := make([]tradingDay, len(first))
	for i, d := range first {
		ratio := million - discount*1000 + r.bell(1_500)
		scale := func(price int64) int64 { return max(whole(price*ratio/million), cent) }
		days[i] = tradingDay{
			date: d.date, open: scale(d.open), high: scale(d.high), low: scale(d.low), close: scale(d.close),
			volume: d.volume / 2000 * 100,
		}
		days[i].adj = days[i].close * d.adj / d.close
	}
	return days
}

// whole rounds a price down to cents.
func whole(price int64) int64 { return price / cent * cent }

// dollars returns the price with at most four decimals.
func dollars(price int64) float64 { return float64(price) / priceUnit }
