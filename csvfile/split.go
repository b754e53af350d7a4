package csvfile

import (
	"errors"
	"strings"
)

var (
	errNUL       = errors.New("a NUL character")
	errStray     = errors.New("a quote inside a value that is not quoted")
	errUnclosed  = errors.New("a quote that is not closed on its line")
	errAfterward = errors.New("text after a quoted value")
)

// splitRow appends the values of a line to values.
func splitRow(values []string, line string) ([]string, error) {
	if strings.IndexByte(line, 0) >= 0 {
		return values, errNUL
	}
	if strings.IndexByte(line, '"') >= 0 {
		return splitQuoted(values, line)
	}
	for {
		i := strings.IndexByte(line, ',')
		if i < 0 {
			return append(values, line), nil
		}
		values, line = append(values, line[:i]), line[i+1:]
	}
}

// splitQuoted is splitRow for a line that has quotes.
func splitQuoted(values []string, line string) ([]string, error) {
	for {
		value, rest, err := cutValue(line)
		if err != nil {
			return values, err
		}
		values = append(values, value)
		if rest == "" {
			return values, nil
		}
		line = rest[1:]
	}
}

// cutValue cuts line after its first value; rest is empty or begins with a comma.
func cutValue(line string) (value, rest string, err error) {
	if strings.HasPrefix(line, `"`) {
		return cutQuoted(line[1:])
	}
	if i := strings.IndexByte(line, ','); i >= 0 {
		line, rest = line[:i], line[i:]
	}
	if strings.IndexByte(line, '"') >= 0 {
		return "", "", errStray
	}
	return line, rest, nil
}

// cutQuoted cuts line, which follows an opening quote, after the closing one. Two quotes stand for one.
func cutQuoted(line string) (value, rest string, err error) {
	var doubled strings.Builder
	for {
		inner, after, closed := strings.Cut(line, `"`)
		switch {
		case !closed:
			return "", "", errUnclosed
		case strings.HasPrefix(after, `"`):
			doubled.WriteString(inner + `"`)
			line = after[1:]
		case after != "" && after[0] != ',':
			return "", "", errAfterward
		default:
			return doubled.String() + inner, after, nil
		}
	}
}
