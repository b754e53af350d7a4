package edgar

// Period is the class of a period by its length. The numbers are stored in the database.
type Period int16

// The period classes. PeriodOther is none of them: facts of that class are stored but belong to no series.
const (
	PeriodOther Period = iota
	PeriodInstant
	PeriodDaily
	PeriodQuarter
	PeriodHalf
	PeriodNineMonths
	PeriodYear
)

var periodNames = [...]string{"OTHER", "INSTANT", "DAILY", "QUARTER", "HALF", "NINE_MONTHS", "YEAR"}

// Periods are the classes a series can have, in their order.
func Periods() []Period {
	return []Period{PeriodInstant, PeriodDaily, PeriodQuarter, PeriodHalf, PeriodNineMonths, PeriodYear}
}

// ParsePeriod reads the name of a class that a series can have, for example "NINE_MONTHS". Error: *SyntaxError.
func ParsePeriod(s string) (Period, error) {
	for _, p := range Periods() {
		if periodNames[p] == s {
			return p, nil
		}
	}
	return 0, &SyntaxError{Kind: "period", Text: s, Want: "INSTANT, DAILY, QUARTER, HALF, NINE_MONTHS or YEAR"}
}

// PeriodOf returns the class of the period from start to end, both included. Source: the lengths that occur in EDGAR
// company facts (12 to 17 weeks, two, three and four of them).
func PeriodOf(start, end Date) Period {
	switch days := end - start + 1; {
	case days >= 80 && days <= 120:
		return PeriodQuarter
	case days >= 160 && days <= 200:
		return PeriodHalf
	case days >= 245 && days <= 290:
		return PeriodNineMonths
	case days >= 350 && days <= 380:
		return PeriodYear
	default:
		return PeriodOther
	}
}

// String returns the name of p.
func (p Period) String() string {
	if p < 0 || int(p) >= len(periodNames) {
		return "OTHER"
	}
	return periodNames[p]
}
