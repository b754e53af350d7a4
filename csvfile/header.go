package csvfile

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// headerNames returns the column names of a header.
func headerNames(line string) ([]string, error) {
	if !utf8.ValidString(line) {
		return nil, errors.New("the header is not UTF-8 text")
	}
	names, err := splitRow(nil, line)
	if err != nil {
		return nil, fmt.Errorf("the header has %w", err)
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names, nil
}

// findColumns returns the place of each column in the header; -1 for one that is absent and optional.
func findColumns(columns []Column, header []string) ([]int, error) {
	places := make([]int, len(columns))
	for i, c := range columns {
		place, err := c.find(header)
		if err != nil {
			return nil, err
		}
		if place < 0 && !c.Optional {
			return nil, fmt.Errorf("missing column %s: want the columns %s, found %s", c.Name, wanted(columns), found(header))
		}
		places[i] = place
	}
	return places, nil
}

// find returns the place of c in the header, or -1.
func (c Column) find(header []string) (int, error) {
	place := -1
	for i, name := range header {
		if !c.is(name) {
			continue
		}
		if place >= 0 {
			return 0, fmt.Errorf("two columns are the %s: %q and %q", c.Name, header[place], name)
		}
		place = i
	}
	return place, nil
}

func (c Column) is(name string) bool {
	if strings.EqualFold(name, c.Name) {
		return true
	}
	for _, other := range c.Others {
		if strings.EqualFold(name, other) {
			return true
		}
	}
	return false
}

// wanted lists the names of the columns that a file must have.
func wanted(columns []Column) string {
	var names []string
	for _, c := range columns {
		if !c.Optional {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ",")
}

// found quotes at most 200 bytes of a header.
func found(header []string) string {
	const limit = 200
	s := strings.Join(header, ",")
	if len(s) > limit {
		return fmt.Sprintf("%q…", s[:limit])
	}
	return fmt.Sprintf("%q", s)
}
