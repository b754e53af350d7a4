package edgar

import "strconv"

// CIK is the SEC's number of a filer, from 1 to 9,999,999,999; as text it has ten digits.
type CIK int64

const maxCIK = 9_999_999_999

// NewCIK returns the CIK with the number n. Error: *SyntaxError when n is out of range.
func NewCIK(n int64) (CIK, error) {
	if n < 1 || n > maxCIK {
		return 0, cikError(strconv.FormatInt(n, 10))
	}
	return CIK(n), nil
}

// ParseCIK reads "320193" or "0000320193". Error: *SyntaxError.
func ParseCIK(s string) (CIK, error) {
	if len(s) == 0 || len(s) > 10 {
		return 0, cikError(s)
	}
	var n int64
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, cikError(s)
		}
		n = n*10 + int64(c-'0')
	}
	if n == 0 {
		return 0, cikError(s)
	}
	return CIK(n), nil
}

// Append appends the ten digits of c to b.
func (c CIK) Append(b []byte) []byte { return appendPadded(b, int64(c), 10) }

// String returns the ten digits of c.
func (c CIK) String() string { return string(c.Append(make([]byte, 0, 10))) }

func cikError(s string) error {
	return &SyntaxError{Kind: "CIK", Text: s, Want: "one to ten digits, not all zero"}
}

// appendPadded appends n (not negative) with leading zeros to make width digits.
func appendPadded(b []byte, n int64, width int) []byte {
	start := len(b)
	for range width {
		b = append(b, '0')
	}
	for i := start + width - 1; i >= start; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
