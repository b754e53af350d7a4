// Package edgar holds the vocabulary of the SEC's EDGAR system and parsers for the files it publishes:
// CIKs, accession numbers, dates, period classes, submissions, ticker files and company facts.
//
// It is pure: it reads from an io.Reader or a string, keeps nothing, and knows neither the database nor GraphQL.
package edgar

import "fmt"

// SyntaxError says that a text is not what it should be. Its message is fit for a user: it names the kind of thing,
// quotes the text (shortened) and says what is expected.
type SyntaxError struct {
	Kind string // what was expected, for example "CIK"
	Text string // what was found, as it was given
	Want string // what is allowed
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s %s: want %s", e.Kind, quote(e.Text), e.Want)
}

// quote quotes at most 64 bytes of s.
func quote(s string) string {
	const limit = 64
	if len(s) > limit {
		return fmt.Sprintf("%q…", s[:limit])
	}
	return fmt.Sprintf("%q", s)
}
