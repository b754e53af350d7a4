package edgar

import "time"

// Date is a day of the Gregorian calendar without time zone: the number of days since 1970-01-01.
type Date int32

// MinDate and MaxDate are the first and last day that a Date can be: 0001-01-01 and 9999-12-31.
const (
	MinDate Date = -719162
	MaxDate Date = 2932896
)

const secondsPerDay = 24 * 60 * 60

// NewDate returns the day; values out of range are normalised as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay) //nolint:gosec // days of four-digit years fit
}

// DateOf returns the day of t in UTC.
func DateOf(t time.Time) Date {
	y, m, d := t.UTC().Date()
	return NewDate(y, m, d)
}

// ParseDate reads "2023-09-30": four, two and two digits, a day that exists, from 0001-01-01. Error: *SyntaxError.
func ParseDate(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, dateError(s)
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, dateError(s)
	}
	return NewDate(year, time.Month(month), day), nil
}

// Time returns midnight UTC of d.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Append appends d as "2023-09-30" to b.
func (d Date) Append(b []byte) []byte {
	y, m, day := d.civil()
	return append(b, digit(y/1000), digit(y/100), digit(y/10), digit(y), '-', digit(m/10), digit(m), '-', digit(day/10), digit(day))
}

// digit is the last one of n.
func digit(n int) byte { return byte('0' + n%10) }

// String returns d as "2023-09-30".
func (d Date) String() string { return string(d.Append(make([]byte, 0, 10))) }

// civil returns year, month and day of d. It counts in eras of 400 years that begin on 1 March, in which a leap day is
// the last of its year (H. Hinnant, "chrono-compatible low-level date algorithms").
func (d Date) civil() (year, month, day int) {
	const daysPerEra, daysToEpoch = 146097, 719468
	z := int(d) + daysToEpoch
	era := z / daysPerEra
	if z < 0 {
		era = (z - daysPerEra + 1) / daysPerEra
	}
	doe := z - era*daysPerEra
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

func digits(s string) (int, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func dateError(s string) error {
	return &SyntaxError{Kind: "date", Text: s, Want: `a day that exists, such as "2023-09-30"`}
}
