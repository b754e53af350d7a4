package edgar

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// FilingRecord is one filing in a list of filings.
type FilingRecord struct {
	Accession       AccessionNumber
	Form            string // "10-K", "8-K/A"
	FiledOn         Date
	AcceptedAt      time.Time // UTC, zero when absent
	PeriodEnd       Date      // see HasPeriodEnd
	HasPeriodEnd    bool
	Title           string // the primary document's description, or ""
	PrimaryDocument string // file name below the filing's folder, or ""
}

// filingColumns are the columns that are read, the required ones first.
var filingColumns = []string{
	"accessionNumber", "form", "filingDate", "acceptanceDateTime", "reportDate", "primaryDocDescription", "primaryDocument",
}

const requiredColumns = 3

// filingTable is a list of filings as the SEC publishes it: parallel arrays, one per column. Which columns there are
// has changed over the years; only accessionNumber, form and filingDate are required.
type filingTable struct {
	columns map[string][]cell // those that are read
	rows    int
}

// newFilingTable takes the columns out of their JSON object, which stands at position ("" for the document itself).
// All arrays must have the same length, those that are not read too: else the rows cannot be trusted.
// Errors: *FormatError.
func newFilingTable(kind Kind, position string, object map[string]json.RawMessage) (filingTable, error) {
	if position != "" {
		position += "."
	}
	t, lengths := filingTable{columns: map[string][]cell{}}, map[string]int{}
	for _, name := range filingColumns[:requiredColumns] {
		if raw := object[name]; isNull(raw) {
			return t, &FormatError{Kind: kind, Position: position + name, Reason: "missing column"}
		} else if raw[0] != '[' {
			return t, &FormatError{Kind: kind, Position: position + name, Reason: wrongType(jsonType(raw), "an array").Error()}
		}
	}
	for name, raw := range object {
		if raw[0] != '[' {
			continue // not a column
		}
		n, err := t.take(kind, name, raw)
		if err != nil {
			return t, err
		}
		lengths[name] = n
	}
	t.rows = lengths["accessionNumber"]
	for _, name := range slices.Sorted(maps.Keys(lengths)) {
		if n := lengths[name]; n != t.rows {
			return t, &FormatError{
				Kind: kind, Position: position + name,
				Reason: fmt.Sprintf("%d values where accessionNumber has %d", n, t.rows),
			}
		}
	}
	return t, nil
}

// take takes a column if it is one that is read, and returns its length. Error: *FormatError.
func (t filingTable) take(kind Kind, name string, raw json.RawMessage) (int, error) {
	if !slices.Contains(filingColumns, name) {
		var column []ignored
		err := unmarshal(kind, raw, &column)
		return len(column), err
	}
	var column []cell
	err := unmarshal(kind, raw, &column)
	t.columns[name] = column
	return len(column), err
}

// ignored is a JSON value that is not kept.
type ignored struct{}

func (*ignored) UnmarshalJSON([]byte) error { return nil }

// cell returns the value of a column in a row; it is empty when there is no such column.
func (t filingTable) cell(column string, row int) cell {
	if c := t.columns[column]; c != nil {
		return c[row]
	}
	return nil
}

// filing reads one row. Its error says which column is wrong, and why.
func (t filingTable) filing(row int) (f FilingRecord, err error) {
	read := func(column string, parse func(cell) error) {
		if err != nil {
			return
		}
		if e := parse(t.cell(column, row)); e != nil {
			err = fmt.Errorf("%s: %w", column, e)
		}
	}
	read("accessionNumber", func(c cell) (err error) { f.Accession, err = accessionNumber(c); return })
	read("form", func(c cell) (err error) { f.Form, err = formText(c); return })
	read("filingDate", func(c cell) (err error) { f.FiledOn, err = recordDate(c); return })
	read("acceptanceDateTime", func(c cell) (err error) { f.AcceptedAt, err = acceptanceTime(c); return })
	read("reportDate", func(c cell) (err error) { f.PeriodEnd, f.HasPeriodEnd, err = optionalDate(c); return })
	read("primaryDocDescription", func(c cell) (err error) { f.Title, err = optionalText(c); return })
	read("primaryDocument", func(c cell) (err error) { f.PrimaryDocument, err = optionalText(c); return })
	return f, err
}

// acceptanceTime reads "2023-11-02T18:08:27.000Z", with or without a fraction; absent, null and "" are the zero time.
func acceptanceTime(c cell) (time.Time, error) {
	s, err := optionalText(c)
	if err != nil || s == "" {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, &SyntaxError{Kind: "time", Text: s, Want: `date, time and zone such as "2023-11-02T18:08:27Z"`}
	}
	if d := DateOf(t); d < minRecordDate || d > maxRecordDate {
		return time.Time{}, outOfBounds(d)
	}
	return t.UTC(), nil
}
