package demo

import (
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// firstCIK is the CIK of the first company. EDGAR has given out numbers up to about 2,100,000.
const firstCIK edgar.CIK = 9_900_000_001

// Companies with a small number are the ones people look at first: they have the whole history.
const (
	fullPriceCompanies   = 20 // all six price series
	longHistoryCompanies = 40 // listed throughout, prices of five years
)

// company is who a company is; what it earns, files and trades at follows from it.
type company struct {
	number       int // from 1; also the id
	name         string
	formerName   string // "" for none
	ticker       string // "" for a subsidiary
	formerTicker string // held until renamedOn, "" for none
	country      string
	exchange     string
	industry     *industry

	fiscalMonth time.Month // in which the fiscal year ends
	firstDay    edgar.Date // of filings and prices
	lastDay     edgar.Date
	renamedOn   edgar.Date // with formerName

	subsidiary       bool // files together with its parent, the company before it; no ticker, no SIC code
	parent           bool
	delisted         bool // on lastDay
	secondClass      bool // a second class of shares is traded
	hidesShares      bool // does not report its shares on the cover page
	hidesLiabilities bool // does not report the sum of its liabilities
}

// newCompany returns the company with this number out of total.
func newCompany(number, total int) *company {
	r := newRandom(number, aboutIdentity)
	c := &company{
		number:           number,
		country:          country(r),
		exchange:         exchange(r),
		industry:         &industries[r.below(int64(len(industries)))],
		fiscalMonth:      fiscalMonth(r),
		firstDay:         firstFilingDay,
		lastDay:          lastDay,
		subsidiary:       isSubsidiary(number),
		parent:           isSubsidiary(number+1) && number < total,
		delisted:         number%50 == 45,
		secondClass:      number%20 == 7,
		hidesShares:      number%40 == 7,
		hidesLiabilities: number%17 == 3,
	}
	if c.subsidiary {
		c.becomeSubsidiary(total)
		return c
	}
	if r.chance(25) && number > longHistoryCompanies {
		c.firstDay += edgar.Date(r.between(400, 3900))
	}
	if c.delisted {
		c.firstDay, c.lastDay = firstFilingDay, lastDay-edgar.Date(r.between(250, 1400))
	}
	c.giveNames(r)
	return c
}

func isSubsidiary(number int) bool { return number%chunkCompanies == 0 }

// becomeSubsidiary makes c borrow for the company before it: the same stem, country, fiscal year.
func (c *company) becomeSubsidiary(total int) {
	parent := newCompany(c.number-1, total)
	name, _ := stem(parent.number)
	c.name = name + " Funding Corp"
	c.country, c.fiscalMonth = parent.country, parent.fiscalMonth
	c.firstDay, c.lastDay = parent.firstDay, parent.lastDay
	c.exchange, c.industry = "", &financing
	c.secondClass, c.hidesShares = false, true
}

// giveNames gives c its names and symbols.
func (c *company) giveNames(r *random) {
	forms := legalForms(c.country)
	stem, ticker := stem(c.number)
	word, form := pick(r, c.industry.words), pick(r, forms)
	if word == "Kitchens" {
		stem += "’s" // as EDGAR has it: a typographic apostrophe
	}
	c.name, c.ticker = stem+" "+word+form, ticker
	if r.chance(12) {
		c.formerName = stem + " " + pick(r, []string{"Enterprises", "International", "Partners", "Acquisition"}) + pick(r, forms)
		c.renamedOn = nextTradingDay(c.firstDay + (c.lastDay-c.firstDay)*edgar.Date(r.between(10, 70))/100)
		if r.chance(50) {
			c.formerTicker = ticker + "X" // no stem has an X: nobody else's
		}
	}
}

// fiscalYearEnd returns the last day of the fiscal year as EDGAR writes it, for example "1231".
func (c *company) fiscalYearEnd() string {
	return quarterEnd(2025, c.fiscalMonth, 4).Time().Format("0102")
}

func (c *company) cik() edgar.CIK { return firstCIK + edgar.CIK(c.number-1) }

// secondTicker returns the symbol of the second class of shares.
func (c *company) secondTicker() string { return c.ticker + "-B" }

func country(r *random) string {
	if r.chance(88) {
		return "US"
	}
	return pick(r, []string{"CA", "CA", "GB", "GB", "IE", "IE", "NL", "CH", "BM", "DE", "JP", "IL"})
}

func exchange(r *random) string {
	switch n := r.below(100); {
	case n < 50:
		return "Nasdaq"
	case n < 92:
		return "NYSE"
	case n < 99:
		return "OTC"
	default:
		return "CBOE"
	}
}

func fiscalMonth(r *random) time.Month {
	switch n := r.below(100); {
	case n < 72:
		return time.December
	case n < 84:
		return time.June
	case n < 89:
		return time.September
	case n < 94:
		return time.March
	default:
		return time.January
	}
}
