package prices

import (
	"fmt"
	"io"
	"strings"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
)

// Field is one of the values of a row.
type Field int

// The fields of a row, in the order of Row.Values.
const (
	Open Field = iota
	High
	Low
	Close
	AdjClose
	Volume
)

// FieldCount is the number of fields.
const FieldCount = 6

var fieldNames = [FieldCount]string{"open", "high", "low", "close", "adj_close", "volume"}

// String returns the name of f's column, for example "adj_close".
func (f Field) String() string { return fieldNames[f] }

// Row is the trading of one security on one day.
type Row struct {
	Symbol string // as edgar.NormalizeSymbol returns it
	Date   edgar.Date
	Values [FieldCount]float64 // by Field: prices in the currency of the file, the volume in shares
	Has    [FieldCount]bool    // false where the cell is empty or was rejected; its value is 0
	Line   int                 // in the file, counted from 1
}

// Options says how a file is read.
type Options struct {
	MaxDate edgar.Date                  // rows of later days are rejected: today, as a rule
	Reject  func(edgar.Rejection) error // not nil: takes what is not taken; an error ends the reading
}

// minDate is the first day of a price that is believed.
const minDate edgar.Date = -25567 // 1900-01-01

// columns are those of a file: first the two of the key, then the fields in their order.
func columns() []csvfile.Column {
	columns := []csvfile.Column{{Name: "date"}, {Name: "ticker"}}
	for _, name := range fieldNames {
		columns = append(columns, csvfile.Column{Name: name})
	}
	return columns
}

const (
	dateColumn = iota
	symbolColumn
	firstField
)

// Reader reads the rows of a file of daily prices. However long the file is, it keeps one line of it at a time.
type Reader struct {
	table   *csvfile.Reader
	options Options
	symbols symbols
	row     Row
}

// NewReader reads the header of r, a CSV file with the columns date, ticker, open, high, low, close, adj_close and
// volume in any order, and returns a Reader of its rows. Errors: *csvfile.FormatError, or r's.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	p := &Reader{options: o, symbols: symbols{}}
	table, err := csvfile.NewReader(r, columns(), p.rejectRow)
	if err != nil {
		return nil, err
	}
	p.table = table
	return p, nil
}

// Next returns the next row; it is reused by the next call. Rejections are named "line 17" when they cost the row and
// "line 17 adj_close" when they cost a cell. Errors: io.EOF after the last row, *csvfile.FormatError, those of
// Options.Reject, or those of the file.
func (p *Reader) Next() (*Row, error) {
	for {
		if err := p.table.Next(); err != nil {
			return nil, err
		}
		if fault := p.readKey(); fault != nil {
			if err := p.rejectRow(p.table.Line(), fault); err != nil {
				return nil, err
			}
			continue
		}
		if err := p.readFields(); err != nil {
			return nil, err
		}
		if err := p.checkFields(); err != nil {
			return nil, err
		}
		return &p.row, nil
	}
}

// readKey reads the day and the symbol of the row.
func (p *Reader) readKey() (err error) {
	p.row.Line = p.table.Line()
	if p.row.Date, err = edgar.ParseDate(p.table.Value(dateColumn)); err != nil {
		return err
	}
	if p.row.Date < minDate {
		return fmt.Errorf("date %s is before %s", p.row.Date, minDate)
	}
	if p.row.Date > p.options.MaxDate {
		return fmt.Errorf("date %s is after %s", p.row.Date, p.options.MaxDate)
	}
	p.row.Symbol, err = p.symbols.normalize(p.table.Value(symbolColumn))
	return err
}

// readFields reads the cells of the row, each by itself.
func (p *Reader) readFields() error {
	for f := range Field(FieldCount) {
		p.row.Values[f], p.row.Has[f] = 0, false
		text := p.table.Value(firstField + int(f))
		if text == "" {
			continue
		}
		value, fault := f.parse(text)
		if fault != nil {
			if err := p.rejectCell(f, fault); err != nil {
				return err
			}
			continue
		}
		p.row.Values[f], p.row.Has[f] = value, true
	}
	return nil
}

// checkFields rejects the cells of the row that contradict one another.
func (p *Reader) checkFields() error {
	for f, fault := range p.row.contradictions() {
		if fault == nil {
			continue
		}
		p.row.Values[f], p.row.Has[f] = 0, false
		if err := p.rejectCell(Field(f), fault); err != nil {
			return err
		}
	}
	return nil
}

func (p *Reader) rejectRow(line int, reason error) error {
	return p.options.Reject(edgar.Rejection{Position: fmt.Sprintf("line %d", line), Reason: reason.Error()})
}

func (p *Reader) rejectCell(f Field, reason error) error {
	position := fmt.Sprintf("line %d %s", p.row.Line, f)
	return p.options.Reject(edgar.Rejection{Position: position, Reason: reason.Error()})
}

// symbols are the symbols that were read before, by their spelling, so that one that recurs in every row is made once.
type symbols map[string]string

const maxSymbols = 100_000 // several times what all exchanges list; a file made to fill the memory has more

func (s symbols) normalize(text string) (string, error) {
	if symbol, ok := s[text]; ok {
		return symbol, nil
	}
	symbol, err := edgar.ParseSymbol(text)
	if err != nil {
		return "", err
	}
	if len(s) < maxSymbols {
		s[strings.Clone(text)] = symbol // text is a part of its line
	}
	return symbol, nil
}
