package store

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// BucketUnit is how long a bucket is, as the schema names it.
type BucketUnit string

// The units of buckets: calendar days, weeks from Monday (ISO 8601), months, quarters and years.
const (
	BucketDay     BucketUnit = "DAY"
	BucketWeek    BucketUnit = "WEEK"
	BucketMonth   BucketUnit = "MONTH"
	BucketQuarter BucketUnit = "QUARTER"
	BucketYear    BucketUnit = "YEAR"
)

// BucketUnits are the units, shortest first.
func BucketUnits() []BucketUnit {
	return []BucketUnit{BucketDay, BucketWeek, BucketMonth, BucketQuarter, BucketYear}
}

// UnmarshalGQL reads a unit. Error: it is none.
func (u *BucketUnit) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	switch *u = BucketUnit(s); *u {
	case BucketDay, BucketWeek, BucketMonth, BucketQuarter, BucketYear:
		return nil
	}
	return fmt.Errorf("%q is no unit of buckets: want DAY, WEEK, MONTH, QUARTER or YEAR", s)
}

// MarshalGQL writes the unit.
func (u BucketUnit) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(u))) }

// Monthly says whether buckets of the unit are made of whole months.
func (u BucketUnit) Monthly() bool {
	return u == BucketMonth || u == BucketQuarter || u == BucketYear
}

// Start returns the first day of the bucket that d is in.
func (u BucketUnit) Start(d edgar.Date) edgar.Date {
	const thursday = 3 // 1970-01-01, counted from Monday
	switch u {
	case BucketWeek:
		return d - ((d+thursday)%7+7)%7
	case BucketMonth:
		year, month, _ := d.Time().Date()
		return edgar.NewDate(year, month, 1)
	case BucketQuarter:
		year, month, _ := d.Time().Date()
		return edgar.NewDate(year, month-(month-1)%3, 1)
	case BucketYear:
		return edgar.NewDate(d.Time().Year(), time.January, 1)
	case BucketDay:
	}
	return d
}

// months is how many of them a bucket has; 0 for units that are counted in days.
func (u BucketUnit) months() int {
	switch u {
	case BucketMonth:
		return 1
	case BucketQuarter:
		return 3
	case BucketYear:
		return 12
	case BucketDay, BucketWeek:
	}
	return 0
}

// Next returns the first day of the bucket after the one that begins at start.
func (u BucketUnit) Next(start edgar.Date) edgar.Date {
	switch u {
	case BucketDay:
		return start + 1
	case BucketWeek:
		return start + 7
	case BucketMonth, BucketQuarter, BucketYear:
	}
	year, month, _ := start.Time().Date()
	return edgar.NewDate(year, month+time.Month(u.months()), 1)
}

// Span returns the number of buckets from the one that from is in to the one that to is in.
func (u BucketUnit) Span(from, to edgar.Date) int {
	switch first, last := u.Start(from), u.Start(to); u {
	case BucketDay:
		return int(last-first) + 1
	case BucketWeek:
		return int(last-first)/7 + 1
	case BucketMonth, BucketQuarter, BucketYear:
		y1, m1, _ := first.Time().Date()
		y2, m2, _ := last.Time().Date()
		return (12*(y2-y1)+int(m2-m1))/u.months() + 1
	}
	return 0
}

// BucketFill says what becomes of buckets without points, as the schema names it.
type BucketFill string

// What becomes of buckets without points: they are absent, or there with nulls or with the value before them.
const (
	FillNone     BucketFill = "NONE"
	FillNull     BucketFill = "NULL"
	FillPrevious BucketFill = "PREVIOUS"
)

// UnmarshalGQL reads a fill. Error: it is none.
func (f *BucketFill) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	switch *f = BucketFill(s); *f {
	case FillNone, FillNull, FillPrevious:
		return nil
	}
	return fmt.Errorf("%q is no fill of buckets: want NONE, NULL or PREVIOUS", s)
}

// MarshalGQL writes the fill.
func (f BucketFill) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(f))) }
