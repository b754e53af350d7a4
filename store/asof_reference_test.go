package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// The functions of this file answer what was known on a day by the letter of the rules, from a list of facts, slowly: the
// reference that the statements are held against.

// filedFact is a fact as it was filed.
type filedFact struct {
	unit         string
	start        *edgar.Date // nil for an instant
	end          edgar.Date
	value        float64
	accession    edgar.AccessionNumber
	filed        edgar.Date
	form         string
	fiscalYear   *int
	fiscalPeriod *string
}

func (f *filedFact) class() edgar.Period {
	if f.start == nil {
		return edgar.PeriodInstant
	}
	return edgar.PeriodOf(*f.start, f.end)
}

// rank compares two facts by the day and the accession number of their filings.
func rank(a, b *filedFact) int {
	return cmp.Or(cmp.Compare(a.filed, b.filed), cmp.Compare(a.accession, b.accession))
}

// samePeriod says whether two facts of one concept are about the same unit, start and end.
func samePeriod(a, b *filedFact) bool {
	sameStart := a.start == nil && b.start == nil || a.start != nil && b.start != nil && *a.start == *b.start
	return a.unit == b.unit && a.end == b.end && sameStart
}

// concept are the facts of a concept of a company.
type concept []*filedFact

// asOf are the facts that count as of a day.
func (c concept) asOf(day edgar.Date) concept {
	var known concept
	for _, f := range c {
		if f.filed <= day && f.end <= f.filed {
			known = append(known, f)
		}
	}
	return known
}

// units are the units that were used by a day, in alphabetical order.
func (c concept) units(day edgar.Date) []string {
	var units []string
	for _, f := range c {
		if f.filed <= day && !slices.Contains(units, f.unit) {
			units = append(units, f.unit)
		}
	}
	slices.Sort(units)
	return units
}

// unit returns the unit that most of the facts have, of equals the first by name.
func (c concept) unit() string {
	count := map[string]int{}
	for _, f := range c {
		count[f.unit]++
	}
	best := ""
	for unit, n := range count {
		if best == "" || n > count[best] || n == count[best] && unit < best {
			best = unit
		}
	}
	return best
}

// points are the points of a series, oldest first.
func (c concept) points(unit string, class edgar.Period) []*filedFact {
	atEnd := map[edgar.Date]*filedFact{}
	for _, f := range c {
		if f.unit != unit || f.class() != class {
			continue
		}
		for _, other := range c { // the current fact of the period
			if samePeriod(f, other) && rank(other, f) > 0 {
				f = other
			}
		}
		best := atEnd[f.end]
		if best == nil || rank(f, best) > 0 || rank(f, best) == 0 && f.start != nil && *f.start > *best.start {
			atEnd[f.end] = f
		}
	}
	var points []*filedFact
	for _, f := range atEnd {
		drop := false
		for _, other := range atEnd {
			near := other.end != f.end && other.end-f.end <= 7 && f.end-other.end <= 7
			if near && (rank(other, f) > 0 || rank(other, f) == 0 && other.end > f.end) {
				drop = true
			}
		}
		if !drop || class != edgar.PeriodQuarter && class != edgar.PeriodYear {
			points = append(points, f)
		}
	}
	slices.SortFunc(points, func(a, b *filedFact) int { return cmp.Compare(a.end, b.end) })
	return points
}

// series returns the class that is meant and its points.
func (c concept) series(unit string, class edgar.Period) (edgar.Period, []*filedFact) {
	if class != edgar.PeriodOther {
		return class, c.points(unit, class)
	}
	var best []*filedFact
	for _, candidate := range []edgar.Period{
		edgar.PeriodYear, edgar.PeriodInstant, edgar.PeriodQuarter, edgar.PeriodNineMonths, edgar.PeriodHalf,
	} {
		points := c.points(unit, candidate)
		if len(points) > 0 && (best == nil || points[len(points)-1].end > best[len(best)-1].end) {
			class, best = candidate, points
		}
	}
	return class, best
}

// restatements of the period of a fact, newest first.
func (c concept) restatements(of *filedFact) []*filedFact {
	var walk []*filedFact
	for _, f := range c {
		if samePeriod(f, of) {
			walk = append(walk, f)
		}
	}
	slices.SortFunc(walk, rank)
	var runs []*filedFact
	for i, f := range walk {
		if i == 0 || f.value != walk[i-1].value {
			runs = append(runs, f)
		}
	}
	runs = runs[:len(runs)-1]
	slices.Reverse(runs)
	return runs
}

// answer is what is said about an ask: the latest value with its restatements, and the points; or which units were used.
type answer struct {
	Latest       string
	Restatements []string
	Points       string
	Units        []string
}

// answer answers an ask.
func (c concept) answer(ask *store.SeriesAsk) answer {
	known := c.asOf(ask.AsOf)
	unit := ask.Unit
	if unit == "" {
		unit = known.unit()
	}
	class, points := known.series(unit, ask.Period)
	if len(points) == 0 {
		a := answer{}
		if ask.Unit != "" {
			a.Units = c.units(ask.AsOf)
		}
		return a
	}
	last := points[len(points)-1]
	a := answer{Latest: last.String()}
	for _, f := range known.restatements(last) {
		a.Restatements = append(a.Restatements, f.String())
	}
	var b strings.Builder
	fmt.Fprint(&b, class)
	for _, f := range points {
		if f.end >= ask.From && f.end <= ask.To {
			fmt.Fprintf(&b, " %s %v", f.end, f.value)
		}
	}
	a.Points = b.String()
	return a
}

func (f *filedFact) String() string {
	return strings.Join([]string{
		f.unit, text(f.start), f.end.String(), fmt.Sprint(f.value), f.accession.String(), f.filed.String(), f.form,
		text(f.fiscalYear), text(f.fiscalPeriod),
	}, " ")
}

func valueText(v *store.MetricValue) string {
	return strings.Join([]string{
		v.Unit, text(v.Start), v.Date.String(), fmt.Sprint(v.Value), text(v.AccessionNumber), text(v.FiledOn), *v.Form,
		text(v.FiscalYear), text(v.FiscalPeriod),
	}, " ")
}

func text[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}
