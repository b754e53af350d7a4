package edgar

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// splitIndexRow takes a row of an index apart.
type splitIndexRow func(line string) (indexCells, error)

// maxHeadingLines bounds what stands above the line of dashes. Real indexes have up to 11 lines.
const maxHeadingLines = 32

// readIndexHeading reads up to the line of dashes, and returns how the rows below it are taken apart. The line with the
// names of the columns is not always the last: since 2020 at the latest that of company indexes is broken in two.
func readIndexHeading(in *indexLines) (splitIndexRow, error) {
	names := ""
	for in.number < maxHeadingLines {
		line, err := in.next()
		switch {
		case errors.Is(err, io.EOF) && in.number == 1:
			return nil, &FormatError{Kind: KindDailyIndex, Reason: reasonEmpty}
		case errors.Is(err, io.EOF):
			return nil, in.fault("the file ends above its line of dashes")
		case err != nil:
			return nil, err
		case isDashes(line):
			split, err := indexLayout(names)
			if err != nil {
				return nil, in.fault(err.Error())
			}
			return split, nil
		case strings.Contains(line, nameHeading):
			names = line
		}
	}
	return nil, in.fault("no index: there is no line of dashes")
}

func isDashes(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 10 && strings.Trim(line, "-") == ""
}

// The names of the columns. Those of the date and the file are needed in indexes with separators only.
const (
	cikHeading  = "CIK"
	nameHeading = "Company Name"
	formHeading = "Form Type"
	dateHeading = "Date Filed"
)

// indexLayout returns how rows are taken apart below the names of the columns.
func indexLayout(names string) (splitIndexRow, error) {
	if strings.Contains(names, "|") {
		return separatedLayout(strings.Split(strings.TrimSpace(names), "|"))
	}
	name, form, cik := strings.Index(names, nameHeading), strings.Index(names, formHeading), strings.Index(names, cikHeading)
	switch {
	case name == 0 && form > name && cik > form:
		return companyRow(form).split, nil
	case form == 0 && name > form && cik > name:
		return formRow(cik - name).split, nil
	default:
		return nil, fmt.Errorf("no index: no columns are named above the line of dashes as %s, %s and %s",
			nameHeading, formHeading, cikHeading)
	}
}

// separatedLayout returns how rows are taken apart whose values are separated by "|".
func separatedLayout(header []string) (splitIndexRow, error) {
	place := make(map[string]int, len(header))
	for i, name := range header {
		place[strings.TrimSpace(name)] = i
	}
	var cik, name, form, filed, file int
	for _, column := range []struct {
		place *int
		names []string
	}{
		{&cik, []string{cikHeading}},
		{&name, []string{nameHeading}},
		{&form, []string{formHeading}},
		{&filed, []string{dateHeading}},
		{&file, []string{"File Name", "Filename"}}, // daily, quarterly
	} {
		i, ok := place[column.names[0]]
		if !ok {
			i, ok = place[column.names[len(column.names)-1]]
		}
		if !ok {
			return nil, fmt.Errorf("missing column %s", column.names[0])
		}
		*column.place = i
	}
	return func(line string) (indexCells, error) {
		values := strings.Split(line, "|")
		if len(values) != len(header) {
			return indexCells{}, fmt.Errorf("%d values where there are %d columns", len(values), len(header))
		}
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		return indexCells{cik: values[cik], name: values[name], form: values[form], filed: values[filed], file: values[file]}, nil
	}, nil
}
