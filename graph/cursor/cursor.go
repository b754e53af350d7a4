// Package cursor turns positions in ordered lists into opaque cursors and back. A cursor is bound to its list (field,
// ordering and filter): a cursor of another list, or one that was edited, is refused.
package cursor

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// ErrInvalid says that a cursor is not one of this list.
var ErrInvalid = errors.New("not a cursor of this list: cursors are valid for the field, order and filter that returned them")

// List identifies a list by its field, ordering and canonical filter.
type List struct{ seed uint64 }

// Of returns the list that the text identifies.
func Of(binding string) List {
	seed := uint64(fnvOffset)
	for i := range len(binding) {
		seed = fnv(seed, binding[i])
	}
	return List{fnv(seed, 0)}
}

// FNV-1a of 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func fnv(sum uint64, b byte) uint64 { return (sum ^ uint64(b)) * fnvPrime }

const sumSize = 8

// sum guards a position against being taken for one of another list, or edited. It is no secret: whoever computes it
// names a position that the list could have named.
func (l List) sum(position []byte) (out [sumSize]byte) {
	sum := l.seed
	for _, b := range position {
		sum = fnv(sum, b)
	}
	binary.BigEndian.PutUint64(out[:], sum)
	return out
}

// Encode returns the cursor of a position.
func (l List) Encode(p Position) string {
	var buf [160]byte
	return string(l.Append(buf[:0], p))
}

// Append appends the cursor of a position.
func (l List) Append(b []byte, p Position) []byte {
	sum := l.sum(p)
	var buf [96]byte // not the room behind p: it may be another position's
	return base64.RawURLEncoding.AppendEncode(b, append(append(buf[:0], p...), sum[:]...))
}

const maxCursor = 16 << 10

// Decode returns the position of a cursor. Error: ErrInvalid.
func (l List) Decode(cursor string) (*Reader, error) {
	if len(cursor) > maxCursor || strings.ContainsAny(cursor, "\r\n") { // base64 would skip line ends
		return nil, ErrInvalid
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < sumSize {
		return nil, ErrInvalid
	}
	position, sum := b[:len(b)-sumSize], b[len(b)-sumSize:]
	if l.sum(position) != [sumSize]byte(sum) {
		return nil, ErrInvalid
	}
	return &Reader{rest: position}, nil
}

// Position is a position in a list: the values that a list is ordered by, one after the other.
type Position []byte

// Int appends a whole number.
func (p Position) Int(n int64) Position { return binary.AppendVarint(p, n) }

// Float appends a number.
func (p Position) Float(f float64) Position {
	return binary.BigEndian.AppendUint64(p, math.Float64bits(f))
}

// Text appends a text.
func (p Position) Text(s string) Position {
	return append(binary.AppendUvarint(p, uint64(len(s))), s...)
}

// Reader reads the values of a position in the order in which they were appended. Done says whether all went well.
type Reader struct {
	rest []byte
	bad  bool
}

// Int reads a whole number.
func (r *Reader) Int() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// Float reads a number.
func (r *Reader) Float() float64 {
	if len(r.rest) < 8 {
		r.bad = true
		return 0
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	return f
}

// Text reads a text: valid UTF-8 without NUL, as every text of the database is.
func (r *Reader) Text() string {
	length, size := binary.Uvarint(r.rest)
	if size <= 0 || length > maxCursor || int(length) > len(r.rest)-size {
		r.bad = true
		return ""
	}
	end := size + int(length)
	s := string(r.rest[size:end])
	r.rest = r.rest[end:]
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		r.bad = true
		return ""
	}
	return s
}

// Done returns ErrInvalid when a value was missing or something is left.
func (r *Reader) Done() error {
	if r.bad || len(r.rest) > 0 {
		return ErrInvalid
	}
	return nil
}
