package edgar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// factCells is one fact as a company facts file has it. The unread rest of a fact is its frame.
type factCells struct {
	Start cell `json:"start"`
	End   cell `json:"end"`
	Val   cell `json:"val"`
	Accn  cell `json:"accn"`
	FY    cell `json:"fy"`
	FP    cell `json:"fp"`
	Form  cell `json:"form"`
	Filed cell `json:"filed"`

	forms, periods texts
}

// texts are the texts that were read before by their JSON, so that one that recurs in every fact is made once.
type texts map[string]string

const maxTexts = 1000 // EDGAR has a few hundred forms; a file made to fill the memory has more

// reset empties the cells and keeps their memory.
func (c *factCells) reset() {
	for _, p := range []*cell{&c.Start, &c.End, &c.Val, &c.Accn, &c.FY, &c.FP, &c.Form, &c.Filed} {
		*p = (*p)[:0]
	}
}

// read sets all of f but the concept and the unit. Its error says which cell is wrong, and why.
func (c *factCells) read(f *FactRecord) (err error) {
	if f.Start, f.HasStart, err = optionalDate(c.Start); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if f.End, err = recordDate(c.End); err != nil {
		return fmt.Errorf("end: %w", err)
	}
	if f.HasStart && f.Start > f.End {
		return fmt.Errorf("start %s is after end %s", f.Start, f.End)
	}
	if f.Value, err = factValue(c.Val); err != nil {
		return fmt.Errorf("val: %w", err)
	}
	if f.Accession, err = accessionNumber(c.Accn); err != nil {
		return fmt.Errorf("accn: %w", err)
	}
	if f.FiscalYear, f.HasFiscalYear, err = fiscalYear(c.FY); err != nil {
		return fmt.Errorf("fy: %w", err)
	}
	if f.FiscalPeriod, err = c.periods.read(c.FP, optionalText); err != nil {
		return fmt.Errorf("fp: %w", err)
	}
	if f.Form, err = c.forms.read(c.Form, formText); err != nil {
		return fmt.Errorf("form: %w", err)
	}
	if f.FiledOn, err = recordDate(c.Filed); err != nil {
		return fmt.Errorf("filed: %w", err)
	}
	return nil
}

func (t *texts) read(c cell, parse func(cell) (string, error)) (string, error) {
	if s, ok := (*t)[string(c)]; ok {
		return s, nil
	}
	s, err := parse(c)
	if err != nil {
		return "", err
	}
	if *t == nil {
		*t = texts{}
	}
	if len(*t) < maxTexts {
		(*t)[string(c)] = s
	}
	return s, nil
}

// factValue reads a number that a float64 holds exactly as it is written.
func factValue(c cell) (float64, error) {
	if isNull(c) {
		return 0, errMissing
	}
	if c[0] != '-' && (c[0] < '0' || c[0] > '9') {
		return 0, wrongType(jsonType(c), "a number")
	}
	value, exact := ParseDecimal(string(c))
	if !exact {
		return 0, fmt.Errorf("%s is not exactly representable", quote(string(c)))
	}
	return value, nil
}

// fiscalYear reads a year as a number; absent and null are none.
func fiscalYear(c cell) (year int, ok bool, err error) {
	if isNull(c) {
		return 0, false, nil
	}
	year, err = strconv.Atoi(string(c))
	if err != nil || year < 1900 || year > 2200 {
		return 0, false, &SyntaxError{Kind: "fiscal year", Text: string(c), Want: "a number from 1900 to 2200"}
	}
	return year, true, nil
}

const maxNameBytes = 256

// checkName checks a part of the name of a concept: an XML name without colon, so that "taxonomy:concept" is unique.
func checkName(s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r == ':' || unicode.IsSpace(r) }) {
		return errors.New("a name has no colon and no white space")
	}
	return checkUnit(s)
}

// checkUnit checks a unit. The decoder has put U+FFFD in the place of invalid UTF-8.
func checkUnit(s string) error {
	switch {
	case strings.TrimSpace(s) != s || s == "":
		return errors.New("empty, or white space around it")
	case len(s) > maxNameBytes:
		return fmt.Errorf("longer than %d bytes", maxNameBytes)
	case strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }):
		return errors.New("has a control character or is not valid UTF-8")
	default:
		return nil
	}
}
