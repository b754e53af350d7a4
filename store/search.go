package store

import (
	"strings"
	"unicode"
)

// FoldSearch folds a name or a search term so that they can be compared: lower case, white space of every kind as
// single spaces, apostrophes of every kind dropped ("McDonald’s" and "mcdonalds" are the same). It is idempotent.
func FoldSearch(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == '\'' || r == '’' || r == '‘' || r == '`' || r == 0 || r == unicode.ReplacementChar:
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
