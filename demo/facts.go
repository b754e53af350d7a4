package demo

import (
	"cmp"
	"slices"

	"github.com/corpintel/corpintel/edgar"
)

// fact is one value as a filing reports it.
type fact struct {
	id         int64
	filing     *filing
	fiscalYear int // of the filing, like the fiscal period
	quarter    int
	concept    int32
	unit       string
	period     edgar.Period
	start, end edgar.Date // an instant has no start
	value      float64
}

// factWriter collects the facts of a company.
type factWriter struct {
	company *company
	books   *books
	units   map[int32]string // by concept
	random  *random
	facts   []fact
}

// newFacts returns what the filings of c report, in the order of the index that makes a fact unique: by concept, end,
// start (none is last) and accession number.
func newFacts(c *company, b *books, filings []filing, concepts []concept) []fact {
	w := &factWriter{company: c, books: b, units: map[int32]string{}, random: newRandom(c.number, aboutFacts)}
	for _, k := range concepts {
		w.units[k.id] = k.unit
	}
	for i := range filings {
		if filings[i].quarter >= 0 {
			w.report(&filings[i])
		}
	}
	slices.SortFunc(w.facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.concept, b.concept), cmp.Compare(a.end, b.end), compareStarts(a, b),
			cmp.Compare(a.filing.accession, b.filing.accession))
	})
	return w.facts
}

func compareStarts(a, b fact) int {
	if a.period == edgar.PeriodInstant || b.period == edgar.PeriodInstant {
		return -cmp.Compare(a.period, b.period)
	}
	return cmp.Compare(a.start, b.start)
}

// report adds the facts of a 10-Q (the quarter and the year to date) or of a 10-K (the year and the one before).
func (w *factWriter) report(f *filing) {
	last := f.quarter
	number := w.books.quarters[last].number
	amended := f.form == "10-K/A"
	switch number {
	case 1:
		w.duration(f, last, last, false)
	case 4:
		w.duration(f, last-3, last, amended)
		w.duration(f, last-7, last-4, true)
		w.instant(f, last-4, true)
	default:
		w.duration(f, last, last, false)
		w.duration(f, last-number+1, last, false)
	}
	w.instant(f, last, amended)
	if !w.company.hidesShares {
		w.cover(f)
	}
}

// duration adds what was earned in the quarters from first to last.
func (w *factWriter) duration(f *filing, first, last int, later bool) {
	start, end := w.books.quarters[first].start, w.books.quarters[last].end
	period := edgar.PeriodOf(start, end)
	sum := w.books.sum(first, last, later)
	w.add(f, revenues, period, start, end, float64(sum.revenue))
	w.add(f, netIncome, period, start, end, float64(sum.netIncome))
	w.add(f, earningsPerShare, period, start, end, float64(sum.earningsPerShare())/100)
}

// instant adds the balance sheet at the end of a quarter.
func (w *factWriter) instant(f *filing, last int, later bool) {
	end := w.books.quarters[last].end
	sheet := w.books.balance(last, later)
	w.add(f, assets, edgar.PeriodInstant, end, end, float64(sheet.assets))
	w.add(f, equity, edgar.PeriodInstant, end, end, float64(sheet.equity))
	if !w.company.hidesLiabilities {
		w.add(f, liabilities, edgar.PeriodInstant, end, end, float64(sheet.liabilities))
	}
}

// cover adds the number of shares on the cover page, of a day shortly before the filing.
func (w *factWriter) cover(f *filing) {
	day := f.filedOn - edgar.Date(w.random.between(3, 9))
	w.add(f, sharesOutstanding, edgar.PeriodInstant, day, day, float64(w.books.quarters[f.quarter].shares))
}

func (w *factWriter) add(f *filing, concept int32, period edgar.Period, start, end edgar.Date, value float64) {
	q := w.books.quarters[f.quarter]
	w.facts = append(w.facts, fact{
		filing: f, fiscalYear: q.fiscalYear, quarter: q.number, concept: concept, unit: w.units[concept],
		period: period, start: start, end: end, value: value,
	})
}

// fiscalPeriods are what filings call the report of a quarter by its number.
var fiscalPeriods = [...]string{1: "Q1", 2: "Q2", 3: "Q3", 4: "FY"}

// currentFact is the fact of a period that was filed last, with what had been filed before.
type currentFact struct {
	*fact
	knownFrom edgar.Date   // since when its value is known
	earlier   []versionRow // the values before, oldest first
}

// currentFacts returns of the facts, sorted as newFacts does, the one of every period that was filed last.
func currentFacts(facts []fact) []currentFact {
	var current []currentFact
	for i := range facts {
		f := &facts[i]
		n := len(current) - 1
		switch {
		case n < 0 || !samePeriod(current[n].fact, f):
			current = append(current, currentFact{fact: f, knownFrom: f.filing.filedOn})
		case compareRank(current[n].filing, f.filing) < 0:
			current[n].supersede(f)
		}
	}
	return current
}

// supersede makes f the current fact. Of the facts that were filed on one day the last one counts, as if it were the only one.
func (c *currentFact) supersede(f *fact) {
	day, last := f.filing.filedOn, len(c.earlier)-1
	switch {
	case f.value == c.value:
	case c.knownFrom < day:
		c.earlier = append(c.earlier, versionRow{date: c.end, knownFrom: c.knownFrom, knownTo: day, value: c.value})
		c.knownFrom = day
	case last >= 0 && c.earlier[last].value == f.value: // restated and taken back on one day: nothing changed
		c.knownFrom = c.earlier[last].knownFrom
		c.earlier = c.earlier[:last]
	}
	c.fact = f
}

func samePeriod(a, b *fact) bool {
	return a.concept == b.concept && a.period == b.period && a.end == b.end && a.start == b.start
}

func compareRank(a, b *filing) int {
	return cmp.Or(cmp.Compare(a.filedOn, b.filedOn), cmp.Compare(a.accession, b.accession))
}
