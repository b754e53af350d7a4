package edgar

import (
	"fmt"
	"strings"
)

const maxSymbolBytes = 16

// NormalizeSymbol returns the spelling of s that all sources share: upper case, with a hyphen before the class
// (BRK.B, BRK/B, "brk b" and BRK-B are BRK-B). A symbol has a letter, then letters and digits, in parts of which no one
// is empty, at most 16 bytes in all; of anything else NormalizeSymbol returns false.
func NormalizeSymbol(s string) (string, bool) {
	s = strings.Trim(s, " \t\r\n")
	if s == "" || len(s) > maxSymbolBytes {
		return "", false
	}
	b := []byte(s)
	separated := true // at the start, or after a separator
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			b[i] = c - 'a' + 'A'
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9' && i > 0:
		case strings.IndexByte("-./ ", c) >= 0 && !separated:
			b[i], separated = '-', true
			continue
		default:
			return "", false
		}
		separated = false
	}
	if separated {
		return "", false
	}
	return string(b), true
}

// ParseSymbol is NormalizeSymbol with a reason. Error: *SyntaxError.
func ParseSymbol(s string) (string, error) {
	symbol, ok := NormalizeSymbol(s)
	if !ok {
		return "", &SyntaxError{Kind: "symbol", Text: s, Want: `letters and digits, such as "BRK.B"`}
	}
	return symbol, nil
}

// symbolText reads a symbol and normalises it.
func symbolText(c cell) (string, error) {
	s, err := requiredText(c)
	if err != nil {
		return "", err
	}
	symbol, ok := NormalizeSymbol(s)
	if !ok {
		return "", fmt.Errorf("%s is no symbol", quote(s))
	}
	return symbol, nil
}
