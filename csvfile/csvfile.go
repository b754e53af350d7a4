// Package csvfile reads tables that people and programs made as comma-separated values: a header, then a row per line.
//
// It follows RFC 4180 but for one thing: a row is one line, and a quoted value ends on it. So a stray quote costs its
// row and swallows no other. It reads in memory for one line, whatever it is given, and asks for its columns by name.
// It knows nothing of what the values mean.
package csvfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// FormatError says that a file is not the table that was asked for, so nothing more of it can be read. A row that is
// wrong by itself is rejected instead. Its message is fit for a user.
type FormatError struct {
	Line   int // counted from 1; 0 for the file as a whole
	Reason string
}

func (e *FormatError) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
}

// Column is a column that is asked for. Case, and white space around a name, do not count.
type Column struct {
	Name     string
	Others   []string // further names that the column may have instead
	Optional bool     // the file need not have it
}

// Reader reads a table row by row.
type Reader struct {
	lines  *lines
	reject func(line int, reason error) error
	places []int // of the columns that were asked for, among the file's; absent ones are -1
	width  int   // number of the file's columns
	values []string
}

// NewReader reads the header of r and returns a Reader of its rows. The columns may stand in any order; others are
// ignored. A row that cannot be taken apart is given to reject; if that returns an error, the reading ends with it.
// Errors: *FormatError, or r's.
func NewReader(r io.Reader, columns []Column, reject func(line int, reason error) error) (*Reader, error) {
	t := &Reader{lines: newLines(r), reject: reject}
	line, err := t.lines.nextFilled()
	if errors.Is(err, io.EOF) {
		return nil, &FormatError{Reason: "the file is empty"}
	}
	if err != nil {
		return nil, err
	}
	header, err := headerNames(strings.TrimPrefix(line, "\ufeff"))
	if err == nil {
		t.width = len(header)
		t.places, err = findColumns(columns, header)
	}
	if err != nil {
		return nil, &FormatError{Line: t.lines.number, Reason: err.Error()}
	}
	return t, nil
}

// Next reads the next row; empty lines are none. Errors: io.EOF after the last, *FormatError, those of reject, or those
// of the file.
func (t *Reader) Next() error {
	for {
		line, err := t.lines.nextFilled()
		if err != nil {
			return err
		}
		if t.values, err = splitRow(t.values[:0], line); err == nil && len(t.values) != t.width {
			err = fmt.Errorf("%d values where there are %d columns", len(t.values), t.width)
		}
		if err == nil {
			return nil
		}
		if err := t.reject(t.lines.number, err); err != nil {
			return err
		}
	}
}

// Line returns the number of the current row's line, counted from 1.
func (t *Reader) Line() int { return t.lines.number }

// Value returns the current row's value of columns[column], without white space around it; "" when the file does not
// have the column.
func (t *Reader) Value(column int) string {
	place := t.places[column]
	if place < 0 {
		return ""
	}
	return strings.TrimSpace(t.values[place])
}

// Has reports whether the file has columns[column].
func (t *Reader) Has(column int) bool { return t.places[column] >= 0 }
