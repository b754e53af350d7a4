package edgar

import (
	"errors"
	"strings"
)

// Indexes in columns are taken apart from the right. CIK, date and file have no spaces, and what stands before them may
// not be where the names of the columns say: since forms have longer names ("SCHEDULE 13G/A") the form's column is wider
// than its heading, and a text that is too long for its column moves all that follows.

var errColumns = errors.New("want a company name, a form type, a CIK, a date and a file name")

// companyRow takes the rows of a company index apart: name, form, CIK, date, file. Its value is the width of the name's
// column.
type companyRow int

func (width companyRow) split(line string) (indexCells, error) {
	cells, texts := cutIndexRow(line)
	name, form, ok := cutColumns(texts, int(width))
	if !ok || strings.Contains(form, columnGap) {
		texts = strings.TrimRight(texts, " ")
		gap := strings.LastIndex(texts, columnGap)
		if gap < 0 {
			return cells, errColumns
		}
		name, form = texts[:gap], texts[gap:]
	}
	cells.setTexts(name, form, int(width))
	return cells, nil
}

// formRow takes the rows of a form index apart: form, name, CIK, date, file. Its value is the width of the name's
// column, which ends where the CIK begins.
type formRow int

func (width formRow) split(line string) (indexCells, error) {
	cells, texts := cutIndexRow(line)
	nameAt := len(texts) - int(width)
	form, name, ok := cutColumns(texts, nameAt)
	if !ok || strings.Contains(form, columnGap) {
		form, name, ok = strings.Cut(strings.TrimLeft(texts, " "), columnGap)
		ok = ok && strings.TrimSpace(name) != ""
	}
	switch {
	case ok:
	case nameAt > 0 && texts[nameAt] != ' ': // the form fills its column to the last place
		form, name = texts[:nameAt], texts[nameAt:]
	default:
		return cells, errColumns
	}
	cells.setTexts(name, form, int(width))
	return cells, nil
}

// columnGap is what separates two columns at least, when neither text is too long.
const columnGap = "  "

// setTexts sets name and form. The SEC cuts a name to its column but for the gap; it may have been cut behind a space.
func (c *indexCells) setTexts(name, form string, width int) {
	c.name, c.form = strings.TrimSpace(name), strings.TrimSpace(form)
	c.nameCut = len(c.name)+1 >= width-len(columnGap)
}

// cutIndexRow cuts CIK, date and file off a row, and returns what stands before them, up to where the CIK begins.
func cutIndexRow(line string) (cells indexCells, texts string) {
	line, cells.file = cutLastWord(line)
	line, cells.filed = cutLastWord(line)
	texts, cells.cik = cutLastWord(line)
	return cells, texts
}

func cutLastWord(s string) (before, word string) {
	s = strings.TrimRight(s, " ")
	i := strings.LastIndexByte(s, ' ') + 1
	return s[:i], s[i:]
}

// cutColumns cuts texts at i, where one column ends and another begins; false when it is not so.
func cutColumns(texts string, i int) (left, right string, ok bool) {
	if i < 1 || i >= len(texts) || texts[i-1] != ' ' || texts[i] == ' ' {
		return "", "", false
	}
	left, right = strings.TrimSpace(texts[:i]), strings.TrimSpace(texts[i:])
	return left, right, left != "" && right != ""
}
