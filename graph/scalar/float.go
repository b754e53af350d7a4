package scalar

import (
	"math"
	"strconv"
)

// AppendFloat appends f as a JSON number in its shortest form, with an exponent only below 1e-6 and from 1e21, as
// JavaScript and encoding/json do. What JSON has no number for (NaN, infinities) becomes null.
func AppendFloat(b []byte, f float64) []byte {
	if b, ok := appendDecimal(b, f); ok {
		return b
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	if abs := math.Abs(f); abs == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	if n := len(b); b[n-4] == 'e' && b[n-2] == '0' { // e-07: strconv writes two digits at least
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendDecimal appends f if that has at most six digits behind the point and fifteen in all, as most numbers here have; it
// takes half the time of strconv.
//
// The quotient of two integers that float64 holds exactly is rounded but once: if it is f, then the decimal reads back as
// f. No other decimal of up to fifteen digits does, as that many survive the way to float64 and back, so none is shorter.
func appendDecimal(b []byte, f float64) ([]byte, bool) {
	const scale, limit = 1_000_000, 1e15
	if !(math.Abs(f) < limit) { // or NaN
		return b, false
	}
	if whole := int64(f); whole != 0 && float64(whole) == f {
		return strconv.AppendInt(b, whole, 10), true
	}
	scaled := f * scale
	if math.Abs(scaled) >= limit {
		return b, false
	}
	n := int64(math.RoundToEven(scaled))
	if n == 0 || float64(n)/scale != f { // zero has a sign
		return b, false
	}
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	whole, rest := n/scale, n%scale
	var digits [16]byte
	at := len(digits)
	if rest != 0 {
		at = behindPoint(&digits, rest)
	}
	for ; whole >= 100; whole /= 100 {
		at -= 2
		copy(digits[at:], pairs[2*(whole%100):][:2])
	}
	if whole >= 10 {
		at--
		digits[at] = byte('0' + whole%10)
		whole /= 10
	}
	at--
	digits[at] = byte('0' + whole%10)
	return append(b, digits[at:]...), true
}

// behindPoint writes the point and what comes after it, without zeros at the end, to the end of digits, and returns where
// that begins. rest is not 0, and has six digits.
func behindPoint(digits *[16]byte, rest int64) (at int) {
	decimals := 6
	for rest%100 == 0 {
		rest /= 100
		decimals -= 2
	}
	at = len(digits)
	if rest%10 == 0 {
		rest /= 10
		decimals--
	}
	if decimals%2 == 1 {
		at--
		digits[at] = byte('0' + rest%10)
		rest /= 10
		decimals--
	}
	for ; decimals > 0; decimals -= 2 {
		at -= 2
		copy(digits[at:], pairs[2*(rest%100):][:2])
		rest /= 100
	}
	at--
	digits[at] = '.'
	return at
}

// pairs are the numbers of two digits, one after the other.
const pairs = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849" +
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"
