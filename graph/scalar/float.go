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
	const decimals, scale, limit = 6, 1_000_000, 1e15
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
	b = strconv.AppendInt(b, n/scale, 10)
	rest := n % scale
	if rest == 0 {
		return b, true
	}
	point := len(b)
	b = append(b, '.', '0', '0', '0', '0', '0', '0')
	for i := point + decimals; i > point; i-- {
		b[i] = byte('0' + rest%10)
		rest /= 10
	}
	end := len(b)
	for b[end-1] == '0' {
		end--
	}
	return b[:end], true
}
