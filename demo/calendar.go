package demo

import (
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// The data cover twelve years of filings and five of prices.
var (
	firstFilingDay = edgar.NewDate(2014, time.November, 21)
	firstPriceDay  = edgar.NewDate(2021, time.November, 22)
	lastDay        = edgar.NewDate(2026, time.November, 20)
)

// Fiscal years are modelled from firstFiscalYear on, early enough for the comparatives of the first annual report.
const (
	firstFiscalYear = 2012
	lastFiscalYear  = 2027
)

// quarterEnd returns the last day of quarter number (1 to 4) of the fiscal year that ends in the given month of year.
func quarterEnd(year int, fiscalMonth time.Month, number int) edgar.Date {
	return edgar.NewDate(year, fiscalMonth-time.Month(3*(4-number))+1, 0)
}

// tradingDays returns the days from first to last on which the exchanges are open, oldest first.
func tradingDays(first, last edgar.Date) []edgar.Date {
	days := make([]edgar.Date, 0, (last-first)*7/10)
	for d := first; d <= last; d++ {
		if isTradingDay(d) {
			days = append(days, d)
		}
	}
	return days
}

// nextTradingDay returns d, or the first day after it on which the exchanges are open.
func nextTradingDay(d edgar.Date) edgar.Date {
	for !isTradingDay(d) {
		d++
	}
	return d
}

func isTradingDay(d edgar.Date) bool {
	t := d.Time()
	switch day := t.Weekday(); {
	case day == time.Saturday, day == time.Sunday,
		day == time.Monday && isFixedHoliday(t.AddDate(0, 0, -1)),
		day == time.Friday && isFixedHoliday(t.AddDate(0, 0, 1)):
		return false
	}
	return !isFixedHoliday(t) && !isMovingHoliday(t)
}

// isFixedHoliday reports whether t is New Year's Day, Juneteenth, Independence Day or Christmas. One that falls on a
// Saturday or Sunday closes the exchanges on the Friday or Monday beside it.
func isFixedHoliday(t time.Time) bool {
	switch t.Month() {
	case time.January:
		return t.Day() == 1
	case time.June:
		return t.Day() == 19
	case time.July:
		return t.Day() == 4
	case time.December:
		return t.Day() == 25
	default:
		return false
	}
}

// isMovingHoliday reports whether t is the day of Martin Luther King, of Presidents, Memorial Day, Labor Day or
// Thanksgiving. (Good Friday is a trading day here: the data are made up.)
func isMovingHoliday(t time.Time) bool {
	week := (t.Day() + 6) / 7
	switch t.Month() {
	case time.January, time.February:
		return t.Weekday() == time.Monday && week == 3
	case time.May:
		return t.Weekday() == time.Monday && t.Day() > 24
	case time.September:
		return t.Weekday() == time.Monday && week == 1
	case time.November:
		return t.Weekday() == time.Thursday && week == 4
	default:
		return false
	}
}
