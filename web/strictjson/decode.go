// Package strictjson reads JSON that strangers send: exactly what RFC 8259 allows, and of that only what all readers
// understand in the same way.
//
// Refused are, beyond what is no JSON: two members of one name, bytes that are no UTF-8, escapes of half a character
// (lone surrogates), values nested too deep, and anything after the value. Names are compared exactly. Numbers keep
// their text. An error says what is wrong and where, and never repeats what was sent.
package strictjson

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may lie within each other.
const MaxDepth = 64

// SyntaxError says what is wrong with a text.
type SyntaxError struct {
	Offset int // in bytes
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// Object decodes a text that is one object, and calls member for each of its members with the name and a function that
// returns the value: nil, bool, json.Number, string, []any or map[string]any. What is not called for is only checked.
// An error of member ends the reading and is returned. Strings are parts of text where they have no escapes.
func Object(text string, member func(name string, value func() (any, error)) error) error {
	if !utf8.ValidString(text) {
		return &SyntaxError{Reason: "bytes that are no UTF-8"}
	}
	d := decoder{text: text}
	d.skipBlanks()
	if !d.take('{') {
		return d.fail("no object")
	}
	if err := d.members(member); err != nil {
		return err
	}
	d.skipBlanks()
	if d.at != len(d.text) {
		return d.fail("something after the value")
	}
	return nil
}

// Map decodes a text that is one object or null, which is nil.
func Map(text string) (map[string]any, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{Reason: "bytes that are no UTF-8"}
	}
	d := decoder{text: text, keep: true}
	value, err := d.value()
	if err != nil {
		return nil, err
	}
	d.skipBlanks()
	if d.at != len(d.text) {
		return nil, d.fail("something after the value")
	}
	object, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, &SyntaxError{Reason: "no object"}
	}
	return object, nil
}

// decoder reads a text from left to right, each byte once or twice.
type decoder struct {
	text  string
	at    int
	depth int
	keep  bool // values are wanted, not only checked
}

func (d *decoder) fail(reason string) error { return &SyntaxError{Offset: d.at, Reason: reason} }

func (d *decoder) skipBlanks() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

// take goes past a character, if it is the next one.
func (d *decoder) take(c byte) bool {
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

// members reads the outermost object, whose brace was read.
func (d *decoder) members(member func(string, func() (any, error)) error) error {
	d.depth++
	var seen names
	asked := false
	value := func() (any, error) {
		asked, d.keep = true, true
		value, err := d.value()
		d.keep = false
		return value, err
	}
	return d.each('}', func() error {
		name, err := d.memberName()
		if err != nil {
			return err
		}
		if !seen.add(name) {
			return d.fail("two members of one name")
		}
		asked = false
		if err := member(name, value); err != nil || asked {
			return err
		}
		_, err = d.value()
		return err
	})
}

// each calls read for each of the elements that commas divide, until the one that closes them.
func (d *decoder) each(closing byte, read func() error) error {
	d.skipBlanks()
	if d.take(closing) {
		return nil
	}
	for {
		if err := read(); err != nil {
			return err
		}
		d.skipBlanks()
		switch {
		case d.take(closing):
			return nil
		case !d.take(','):
			return d.fail("neither comma nor end")
		}
	}
}

// memberName reads a name and the colon after it.
func (d *decoder) memberName() (string, error) {
	d.skipBlanks()
	if !d.take('"') {
		return "", d.fail("no name of a member")
	}
	name, err := d.string()
	if err != nil {
		return "", err
	}
	d.skipBlanks()
	if !d.take(':') {
		return "", d.fail("no colon")
	}
	return name, nil
}

// value reads any value.
func (d *decoder) value() (any, error) {
	d.skipBlanks()
	if d.at == len(d.text) {
		return nil, d.fail("no value")
	}
	switch c := d.text[d.at]; {
	case c == '"':
		d.at++
		return d.string()
	case c == '{':
		return d.nested((*decoder).object)
	case c == '[':
		return d.nested((*decoder).array)
	case c == '-' || isDigit(c):
		return d.number()
	}
	for _, word := range []struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if len(d.text)-d.at >= len(word.text) && d.text[d.at:d.at+len(word.text)] == word.text {
			d.at += len(word.text)
			return word.value, nil
		}
	}
	return nil, d.fail("no value")
}

func (d *decoder) nested(read func(*decoder) (any, error)) (any, error) {
	d.at++
	d.depth++
	if d.depth > MaxDepth {
		return nil, d.fail("values nested too deep")
	}
	value, err := read(d)
	d.depth--
	return value, err
}

func (d *decoder) object() (any, error) {
	object := make(map[string]any)
	err := d.each('}', func() error {
		name, err := d.memberName()
		if err != nil {
			return err
		}
		if _, again := object[name]; again {
			return d.fail("two members of one name")
		}
		value, err := d.value()
		object[name] = value
		return err
	})
	return object, err
}

func (d *decoder) array() (any, error) {
	array := []any{}
	err := d.each(']', func() error {
		value, err := d.value()
		if d.keep {
			array = append(array, value)
		}
		return err
	})
	return array, err
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?.
func (d *decoder) number() (any, error) {
	from := d.at
	d.take('-')
	if !d.take('0') && !d.digits() {
		return nil, d.fail("no digit")
	}
	if d.take('.') && !d.digits() {
		return nil, d.fail("no digit")
	}
	if d.take('e') || d.take('E') {
		_ = d.take('+') || d.take('-')
		if !d.digits() {
			return nil, d.fail("no digit")
		}
	}
	if !d.keep {
		return nil, nil
	}
	return json.Number(d.text[from:d.at]), nil
}

// digits reads digits, and reports whether there was one.
func (d *decoder) digits() bool {
	from := d.at
	for d.at < len(d.text) && isDigit(d.text[d.at]) {
		d.at++
	}
	return d.at > from
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// names remembers names: few in a row, many in a map.
type names struct {
	few  [8]string
	n    int // of few
	many map[string]struct{}
}

// add adds a name, and reports whether it is new.
func (n *names) add(name string) bool {
	if n.many != nil {
		before := len(n.many)
		n.many[name] = struct{}{}
		return len(n.many) > before
	}
	if slices.Contains(n.few[:n.n], name) {
		return false
	}
	if n.n < len(n.few) {
		n.few[n.n] = name
		n.n++
		return true
	}
	n.many = make(map[string]struct{}, 4*len(n.few))
	for _, known := range n.few {
		n.many[known] = struct{}{}
	}
	n.many[name] = struct{}{}
	return true
}
