package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads the rest of a string, whose opening quote was read.
func (d *decoder) string() (string, error) {
	from := d.at
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			d.at++
			return d.text[from : d.at-1], nil
		case c == '\\':
			return d.escaped(from)
		case c < ' ':
			return "", d.fail("a control character in a string")
		}
		d.at++
	}
	return "", d.fail("a string without end")
}

// escaped reads the rest of a string that began at from and has an escape at the present place.
func (d *decoder) escaped(from int) (string, error) {
	var b strings.Builder
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			b.WriteString(d.text[from:d.at])
			d.at++
			return b.String(), nil
		case c == '\\':
			b.WriteString(d.text[from:d.at])
			r, err := d.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			from = d.at
			continue
		case c < ' ':
			return "", d.fail("a control character in a string")
		}
		d.at++
	}
	return "", d.fail("a string without end")
}

// escape reads an escape.
func (d *decoder) escape() (rune, error) {
	if d.at+1 >= len(d.text) {
		return 0, d.fail("an escape without end")
	}
	c := d.text[d.at+1]
	if c == 'u' {
		return d.unicode()
	}
	const letters, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(letters, c)
	if i < 0 {
		return 0, d.fail("an unknown escape")
	}
	d.at += 2
	return rune(meanings[i]), nil
}

// unicode reads \u and four digits, twice for what needs two.
func (d *decoder) unicode() (rune, error) {
	r, ok := d.unit()
	if !ok {
		return 0, d.fail("an unknown escape")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	low, ok := d.unit()
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, d.fail("an escape of half a character")
	}
	return r, nil
}

// unit reads \u and four digits.
func (d *decoder) unit() (rune, bool) {
	if len(d.text)-d.at < 6 || d.text[d.at:d.at+2] != `\u` {
		return 0, false
	}
	var r rune
	for _, c := range []byte(d.text[d.at+2 : d.at+6]) {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	d.at += 6
	return r, true
}
