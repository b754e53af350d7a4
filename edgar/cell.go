package edgar

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// cell is the JSON text of one value of a record; empty when the record does not have it. It is judged by the function
// of its field, so that a wrong value costs its record and not the file.
type cell = json.RawMessage

var (
	errMissing = errors.New("missing")
	errUTF8    = errors.New("not valid UTF-8")
	errNUL     = errors.New("has a NUL character")
)

// minRecordDate and maxRecordDate bound the dates of records: nothing at EDGAR is older, and later years are typing
// errors.
const (
	minRecordDate Date = -25567 // 1900-01-01
	maxRecordDate Date = 84370  // 2200-12-31
)

const maxFormBytes = 32

// isNull reports whether c is absent or null.
func isNull(c cell) bool { return len(c) == 0 || c[0] == 'n' }

// text reads a string; absent and null are errMissing.
func text(c cell) (string, error) {
	if isNull(c) {
		return "", errMissing
	}
	if c[0] != '"' {
		return "", wrongType(jsonType(c), "a string")
	}
	if inner := c[1 : len(c)-1]; isPlain(inner) {
		return string(inner), nil
	}
	if !utf8.Valid(c) {
		return "", errUTF8
	}
	var s string
	if err := json.Unmarshal(c, &s); err != nil {
		return "", err
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", errNUL
	}
	return s, nil
}

// optionalText reads a string as collapseSpace leaves it; absent and null are "".
func optionalText(c cell) (string, error) {
	s, err := text(c)
	if errors.Is(err, errMissing) {
		return "", nil
	}
	return collapseSpace(s), err
}

// requiredText reads a string as optionalText does; "" is errMissing.
func requiredText(c cell) (string, error) {
	s, err := optionalText(c)
	if err == nil && s == "" {
		return "", errMissing
	}
	return s, err
}

func formText(c cell) (string, error) {
	s, err := requiredText(c)
	if err == nil && len(s) > maxFormBytes {
		return "", fmt.Errorf("%s is longer than %d bytes", quote(s), maxFormBytes)
	}
	return s, err
}

// recordDate reads a required date within the bounds of records.
func recordDate(c cell) (Date, error) {
	s, err := text(c)
	if err != nil {
		return 0, err
	}
	d, err := ParseDate(s)
	if err != nil {
		return 0, err
	}
	if d < minRecordDate || d > maxRecordDate {
		return 0, outOfBounds(d)
	}
	return d, nil
}

func outOfBounds(d Date) error {
	return fmt.Errorf("%s is not between %s and %s", d, minRecordDate, maxRecordDate)
}

// optionalDate reads a date as recordDate does; absent, null and "" are no date.
func optionalDate(c cell) (d Date, ok bool, err error) {
	if isNull(c) || string(c) == `""` {
		return 0, false, nil
	}
	d, err = recordDate(c)
	return d, err == nil, err
}

// cikNumber reads a CIK that is a number or a string, padded or not.
func cikNumber(c cell) (CIK, error) {
	if len(c) > 0 && c[0] >= '0' && c[0] <= '9' {
		return ParseCIK(string(c))
	}
	s, err := text(c)
	if err != nil {
		return 0, err
	}
	return ParseCIK(strings.TrimSpace(s))
}

func accessionNumber(c cell) (AccessionNumber, error) {
	s, err := text(c)
	if err != nil {
		return 0, err
	}
	return ParseAccessionNumber(s)
}

// collapseSpace trims s and makes one space of each run of ASCII white space. A no-break space inside a name is part of
// the name as filed and stays.
func collapseSpace(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, "\t\n\v\f\r") && !strings.Contains(s, "  ") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }), " ")
}

// isPlain reports whether the inside of a JSON string stands for itself.
func isPlain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= utf8.RuneSelf || c == '\\' {
			return false
		}
	}
	return true
}

// jsonType names the type of c, which is neither absent nor null, for a message.
func jsonType(c cell) string {
	switch c[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	default:
		return "a number"
	}
}
