package scalar

import (
	"time"

	"github.com/corpintel/corpintel/edgar"
)

const hexDigits = "0123456789ABCDEF"

// AppendString appends s as a JSON string, byte by byte as gqlgen's marshaler of String writes it.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}

// AppendCIK appends ten digits as a JSON string.
func AppendCIK(b []byte, c edgar.CIK) []byte { return append(c.Append(append(b, '"')), '"') }

// AppendAccessionNumber appends the number with its hyphens as a JSON string.
func AppendAccessionNumber(b []byte, a edgar.AccessionNumber) []byte {
	return append(a.Append(append(b, '"')), '"')
}

// AppendDate appends a day such as "2023-09-30" as a JSON string.
func AppendDate(b []byte, d edgar.Date) []byte { return append(d.Append(append(b, '"')), '"') }

// AppendDateTime appends RFC 3339 in UTC as a JSON string, with fractions of a second only where there are some.
func AppendDateTime(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// AppendMetricPeriod appends the name of the class as a JSON string.
func AppendMetricPeriod(b []byte, p edgar.Period) []byte {
	return append(append(append(b, '"'), p.String()...), '"')
}
