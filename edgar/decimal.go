package edgar

import (
	"bytes"
	"strconv"
)

// ParseDecimal returns the float64 of a JSON number's text and whether its shortest decimal form equals the text as a
// decimal number: 0.00001 is 1e-05 and 1.50 is 1.5. Text that is no JSON number (its value is 0), −0 and numbers beyond
// the range of a float64 are not exact.
func ParseDecimal(text string) (value float64, exact bool) {
	d, ok := scanDecimal(text)
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return value, false
	}
	if value != 0 && d.exponent == 0 && len(d.whole)+len(d.fraction) <= 15 {
		return value, true // float64 tells all decimals of 15 digits apart
	}
	var shortestText [32]byte
	shortest, _ := scanDecimal(string(strconv.AppendFloat(shortestText[:0], value, 'e', -1, 64)))
	return value, d.equal(shortest) && !(d.negative && value == 0)
}

// decimal is a JSON number taken apart: whole.fraction × 10^exponent.
type decimal struct {
	negative        bool
	whole, fraction string
	exponent        int
}

// scanDecimal takes a number of the JSON grammar (RFC 8259, section 6) apart.
func scanDecimal(text string) (d decimal, ok bool) {
	if text != "" && text[0] == '-' {
		d.negative, text = true, text[1:]
	}
	d.whole, text = cutDigits(text)
	if d.whole == "" || len(d.whole) > 1 && d.whole[0] == '0' {
		return d, false
	}
	if text != "" && text[0] == '.' {
		if d.fraction, text = cutDigits(text[1:]); d.fraction == "" {
			return d, false
		}
	}
	if text == "" {
		return d, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return d, false
	}
	text = text[1:]
	negative := text != "" && text[0] == '-'
	if negative || text != "" && text[0] == '+' {
		text = text[1:]
	}
	digits, rest := cutDigits(text)
	for i := 0; i < len(digits) && d.exponent < 1<<40; i++ { // further digits cannot bring it back into range
		d.exponent = d.exponent*10 + int(digits[i]-'0')
	}
	if negative {
		d.exponent = -d.exponent
	}
	return d, digits != "" && rest == ""
}

// equal reports whether d and e are the same number but for the sign.
func (d decimal) equal(e decimal) bool {
	var b1, b2 [40]byte
	digits1, magnitude1 := d.significant(b1[:0])
	digits2, magnitude2 := e.significant(b2[:0])
	return bytes.Equal(digits1, digits2) && (len(digits1) == 0 || magnitude1 == magnitude2)
}

// significant appends the digits of d without zeros at either end to b, so that d is 0.DIGITS × 10^magnitude.
func (d decimal) significant(b []byte) (digits []byte, magnitude int) {
	all := append(append(b, d.whole...), d.fraction...)
	digits = bytes.TrimLeft(all, "0")
	return bytes.TrimRight(digits, "0"), len(d.whole) - (len(all) - len(digits)) + d.exponent
}

// cutDigits cuts s after its leading digits.
func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}
