package demo

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// filing is one submission of a company.
type filing struct {
	accession  edgar.AccessionNumber
	form       string
	title      string
	filedOn    edgar.Date
	periodEnd  edgar.Date
	acceptedAt time.Time
	asOf       edgar.Date // of the newest snapshot that names it: the last filing of one of its companies
	quarter    int        // whose figures it reports, an index into books.quarters; -1 for none
	joint      bool       // filed for the subsidiary as well
}

// newFilings returns what c filed, oldest first, that is in the order of the accession numbers.
func newFilings(c *company, b *books) []filing {
	r := newRandom(c.number, aboutFilings)
	w := &filer{company: c, random: r}
	for i, q := range b.quarters {
		w.report(b, i, q)
	}
	current, insider := r.doublings(2, 6), r.doublings(1, 8)
	if c.number%500 == 1 {
		current, insider = 400, 1600 // there are always some that file every day
	}
	w.currentReports(int(current))
	w.insiderReports(int(insider))

	slices.SortStableFunc(w.filings, func(a, b filing) int { return cmp.Compare(a.filedOn, b.filedOn) })
	number(c, w.filings)
	return w.filings
}

// number gives the filings, sorted by date, their accession numbers: the company's CIK, the year, a number within it.
func number(c *company, filings []filing) {
	year, sequence := 0, int64(0)
	for i := range filings {
		f := &filings[i]
		if y := f.filedOn.Time().Year(); y != year {
			year, sequence = y, 0
		}
		sequence++
		f.accession = edgar.AccessionNumber(int64(c.cik())*100_000_000 + int64(year%100)*1_000_000 + sequence)
	}
}

// filer collects the filings of a company.
type filer struct {
	*company
	*random
	filings []filing
}

// add adds f unless the company was not listed on the day of filing.
func (w *filer) add(f filing) {
	f.acceptedAt = f.filedOn.Time().Add(time.Duration(w.between(11*3600, 21*3600)) * time.Second)
	if f.filedOn >= w.firstDay && f.filedOn <= w.lastDay {
		w.filings = append(w.filings, f)
	}
}

// report adds the 10-Q or 10-K of a quarter, and what follows from a 10-K.
func (w *filer) report(b *books, i int, q quarter) {
	if q.number < 4 {
		w.add(filing{
			form: "10-Q", quarter: i, periodEnd: q.end, filedOn: nextTradingDay(q.end + edgar.Date(w.between(26, 42))),
			title: fmt.Sprintf("10-Q: quarterly report for Q%d of fiscal %d", q.number, q.fiscalYear),
		})
		return
	}
	filedOn := nextTradingDay(q.end + edgar.Date(w.between(48, 72)))
	w.add(filing{
		form: "10-K", quarter: i, periodEnd: q.end, filedOn: filedOn,
		title: fmt.Sprintf("10-K: annual report for fiscal %d", q.fiscalYear),
	})
	if i == b.restated && w.chance(50) { // else the next annual report shows the restated year beside its own
		w.add(filing{
			form: "10-K/A", quarter: i, periodEnd: q.end, filedOn: nextTradingDay(filedOn + edgar.Date(w.between(60, 150))),
			title: fmt.Sprintf("10-K/A: amended annual report for fiscal %d", q.fiscalYear),
		})
	}
	if w.subsidiary {
		return
	}
	proxyOn := nextTradingDay(filedOn + edgar.Date(w.between(14, 40)))
	w.add(filing{
		form: "DEF 14A", quarter: -1, periodEnd: nextTradingDay(proxyOn + edgar.Date(w.between(35, 50))), filedOn: proxyOn,
		title: fmt.Sprintf("DEF 14A: proxy statement for the %d annual meeting", proxyOn.Time().Year()),
	})
}

// currentReports adds n reports of events.
func (w *filer) currentReports(n int) {
	for i := range n {
		event := w.someDay()
		f := filing{
			form: "8-K", quarter: -1, periodEnd: event, filedOn: nextTradingDay(event + edgar.Date(w.between(0, 4))),
			title: "8-K: " + pick(w.random, []string{
				"results of operations and financial condition", "departure or election of directors or officers",
				"entry into a material definitive agreement", "Regulation FD disclosure", "other events",
				"submission of matters to a vote of security holders", "completion of an acquisition",
			}),
			joint: w.parent && i%3 == 0,
		}
		w.add(f)
		if w.chance(5) {
			f.form, f.title, f.filedOn = "8-K/A", "8-K/A: amended"+f.title[3:], nextTradingDay(f.filedOn+edgar.Date(w.between(5, 70)))
			w.add(f)
		}
	}
}

// insiderReports adds n reports of changes in the holdings of directors and officers.
func (w *filer) insiderReports(n int) {
	for range n {
		traded := w.someDay()
		f := filing{
			form: "4", quarter: -1, periodEnd: traded, filedOn: nextTradingDay(traded + edgar.Date(w.between(1, 3))),
			title: "4: statement of changes in beneficial ownership",
		}
		w.add(f)
		if w.chance(3) {
			f.form, f.title, f.filedOn = "4/A", "4/A: amended statement of changes in beneficial ownership",
				nextTradingDay(f.filedOn+edgar.Date(w.between(2, 20)))
			w.add(f)
		}
	}
}

// someDay returns a trading day on which the company was listed, at the latest a week before its last day.
func (w *filer) someDay() edgar.Date {
	return nextTradingDay(edgar.Date(w.between(int64(w.firstDay), int64(w.lastDay)-10)))
}
