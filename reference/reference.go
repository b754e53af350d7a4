// Package reference reads which sector and industry companies belong to, from CSV files that name them by symbol or by
// CIK, such as the lists of an index's constituents.
//
// It is pure: it reads from an io.Reader, keeps nothing, and knows neither the database nor GraphQL. What is wrong with
// a cell costs that cell; a row that then names no company is lost.
package reference

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
)

// Record says what a company does. It has a symbol or a CIK, or both.
type Record struct {
	Symbol   string    // as edgar.NormalizeSymbol returns it, or ""
	CIK      edgar.CIK // see HasCIK
	HasCIK   bool
	Sector   string // or ""
	Industry string // or ""
	Line     int    // in the file, counted from 1
}

const (
	symbolColumn = iota
	cikColumn
	sectorColumn
	industryColumn
)

var columnNames = [...]string{"symbol", "cik", "sector", "industry"}

// Reader reads the records of a file, one line at a time.
type Reader struct {
	table  *csvfile.Reader
	reject func(edgar.Rejection) error
	record Record
}

// NewReader reads the header of r and returns a Reader of its records. Of the columns symbol (or ticker) and cik, and of
// the columns sector (or GICS Sector) and industry (or GICS Sub-Industry), the file must have one; others are ignored.
// What is not taken is given to reject; if that returns an error, the reading ends with it. Errors:
// *csvfile.FormatError, or r's.
func NewReader(r io.Reader, reject func(edgar.Rejection) error) (*Reader, error) {
	p := &Reader{reject: reject}
	table, err := csvfile.NewReader(r, []csvfile.Column{
		symbolColumn:   {Name: "symbol", Others: []string{"ticker"}, Optional: true},
		cikColumn:      {Name: "cik", Optional: true},
		sectorColumn:   {Name: "sector", Others: []string{"GICS Sector"}, Optional: true},
		industryColumn: {Name: "industry", Others: []string{"GICS Sub-Industry"}, Optional: true},
	}, p.rejectRow)
	if err != nil {
		return nil, err
	}
	if !table.Has(symbolColumn) && !table.Has(cikColumn) {
		return nil, &csvfile.FormatError{Line: table.Line(), Reason: "missing column: want symbol or cik"}
	}
	if !table.Has(sectorColumn) && !table.Has(industryColumn) {
		return nil, &csvfile.FormatError{Line: table.Line(), Reason: "missing column: want sector or industry"}
	}
	p.table = table
	return p, nil
}

// Next returns the next record; it is reused by the next call. Rejections are named "line 17" when they cost the row and
// "line 17 cik" when they cost a cell. Errors: io.EOF after the last record, *csvfile.FormatError, those of reject, or
// those of the file.
func (p *Reader) Next() (*Record, error) {
	for {
		if err := p.table.Next(); err != nil {
			return nil, err
		}
		p.record = Record{Line: p.table.Line()}
		for column := range columnNames {
			if err := p.readCell(column); err != nil {
				return nil, err
			}
		}
		if p.record.Symbol != "" || p.record.HasCIK {
			return &p.record, nil
		}
		if err := p.rejectRow(p.record.Line, errors.New("neither a symbol nor a CIK")); err != nil {
			return nil, err
		}
	}
}

// readCell reads a cell of the record. Error: that of reject.
func (p *Reader) readCell(column int) error {
	text := p.table.Value(column)
	if text == "" {
		return nil
	}
	var fault error
	switch r := &p.record; column {
	case symbolColumn:
		r.Symbol, fault = edgar.ParseSymbol(text)
	case cikColumn:
		r.CIK, fault = edgar.ParseCIK(text)
		r.HasCIK = fault == nil
	case sectorColumn:
		r.Sector, fault = parseName(text)
	case industryColumn:
		r.Industry, fault = parseName(text)
	}
	if fault == nil {
		return nil
	}
	position := fmt.Sprintf("line %d %s", p.record.Line, columnNames[column])
	return p.reject(edgar.Rejection{Position: position, Reason: fault.Error()})
}

func (p *Reader) rejectRow(line int, reason error) error {
	return p.reject(edgar.Rejection{Position: fmt.Sprintf("line %d", line), Reason: reason.Error()})
}

const maxNameBytes = 200

// parseName reads a name, with one space for each run of white space.
func parseName(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("not valid UTF-8")
	}
	if len(text) > maxNameBytes {
		return "", fmt.Errorf("longer than %d bytes", maxNameBytes)
	}
	name := strings.Join(strings.Fields(text), " ")
	if strings.ContainsFunc(name, unicode.IsControl) {
		return "", errors.New("has a control character")
	}
	return name, nil
}
