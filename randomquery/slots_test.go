package randomquery_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// slot is a cursor in an answer of the reference. What its text is only the server knows: the reference holds it to one
// text for a place in a list, and to one place for a text.
type slot struct {
	list string // field, order and filter
	key  string // of the node, within the list
	node row
}

type slots struct {
	all    []slot
	number map[string]int  // by list and key
	texts  map[int]string  // what the server calls a slot
	byText map[string]slot // the other way round
}

func newSlots() *slots {
	return &slots{number: map[string]int{}, texts: map[int]string{}, byText: map[string]slot{}}
}

// A mark stands for what the reference does not know exactly, between two bytes that JSON does not contain.
const edge = '\x00'

func (s *slots) mark(of slot) []byte {
	id := of.list + "\n" + of.key
	n, known := s.number[id]
	if !known {
		n = len(s.all)
		s.number[id] = n
		s.all = append(s.all, of)
	}
	return fmt.Appendf(nil, "%c%d%c", edge, n, edge)
}

// nearly is a number that may differ in the last digits: a sum depends on the order of its parts.
type nearly float64

func (n nearly) mark() []byte { return fmt.Appendf(nil, "%c~%x%c", edge, float64(n), edge) }

func (n nearly) is(text []byte) bool {
	f, err := strconv.ParseFloat(string(text), 64)
	const tolerance = 1e-12
	return err == nil && math.Abs(f-float64(n)) <= tolerance*math.Max(math.Abs(f), math.Abs(float64(n)))
}

// match compares an answer with what the reference wants, and learns the texts of cursors. The error says where they
// differ.
func (s *slots) match(want, got []byte) error {
	at := 0
	for i, part := range bytes.Split(want, []byte{edge}) {
		rest := got[at:]
		if i%2 == 0 {
			if !bytes.HasPrefix(rest, part) {
				return differ(part, rest, got[:at])
			}
			at += len(part)
			continue
		}
		end := bytes.IndexAny(rest, ",]}")
		if end < 0 {
			return differ(part, rest, got[:at])
		}
		if err := s.matchMark(string(part), rest[:end]); err != nil {
			return err
		}
		at += end
	}
	if at < len(got) {
		return differ(nil, got[at:], got[:at])
	}
	return nil
}

func (s *slots) matchMark(mark string, text []byte) error {
	if mark[0] == '~' {
		f, _ := strconv.ParseFloat(mark[1:], 64)
		if !nearly(f).is(text) {
			return fmt.Errorf("want about %v, got %s", f, text)
		}
		return nil
	}
	n, _ := strconv.Atoi(mark)
	cursor, err := strconv.Unquote(string(text))
	if err != nil {
		return fmt.Errorf("want a cursor, got %s", text)
	}
	if known, ok := s.texts[n]; ok && known != cursor {
		return fmt.Errorf("the cursor of %s in %s is %s, before it was %s", s.all[n].key, s.all[n].list, cursor, known)
	}
	if other, ok := s.byText[cursor]; ok && (other.list != s.all[n].list || other.key != s.all[n].key) {
		return fmt.Errorf("the cursor %s is of %s in %s and of %s in %s", cursor, s.all[n].key, s.all[n].list, other.key, other.list)
	}
	s.texts[n] = cursor
	s.byText[cursor] = s.all[n]
	return nil
}

func differ(want, got, before []byte) error {
	n := 0
	for n < len(want) && n < len(got) && want[n] == got[n] {
		n++
	}
	before = append(slices.Clip(before), got[:n]...)
	return fmt.Errorf("data, after …%s\nwant %s\n got %s", before[max(0, len(before)-200):], clip(want[n:]), clip(got[n:]))
}

func clip(b []byte) string {
	const limit = 300
	if len(b) > limit {
		return string(b[:limit]) + "…"
	}
	return string(b)
}
