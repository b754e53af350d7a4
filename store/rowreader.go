package store

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// rowReader reads the columns of rows one after the other, without a value of an interface or an allocation for each. What
// does not come in the binary form of the type that is expected is left to pgx. The first error is kept.
//
// Texts are cut from a few large ones, so a row keeps its neighbours alive: these are rows of one answer.
type rowReader struct {
	rows   pgx.Rows
	fields []pgconn.FieldDescription
	raw    [][]byte
	at     int
	err    error
	texts  textSlab
}

func newRowReader(rows pgx.Rows) *rowReader { return &rowReader{rows: rows} }

// next moves on to the next row.
func (r *rowReader) next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	if r.fields == nil {
		r.fields = r.rows.FieldDescriptions()
	}
	r.raw, r.at = r.rows.RawValues(), 0
	return true
}

// done returns the first error.
func (r *rowReader) done() error {
	if r.err != nil {
		return r.err
	}
	return r.rows.Err()
}

// column returns the bytes of the next column, nil for null, and whether it is of the type and of its size.
func (r *rowReader) column(oid uint32, size int) (raw []byte, plain bool) {
	raw = r.raw[r.at]
	f := &r.fields[r.at]
	r.at++
	return raw, f.DataTypeOID == oid && f.Format == pgtype.BinaryFormatCode && len(raw) == size
}

// null says whether the next column is null, and passes over it if so.
func (r *rowReader) null() bool {
	if r.raw[r.at] != nil {
		return false
	}
	r.at++
	return true
}

// slowly has pgx read the column that was passed last.
func slowly[T any](r *rowReader) (v T) {
	i := r.at - 1
	f := &r.fields[i]
	if err := r.rows.Conn().TypeMap().Scan(f.DataTypeOID, f.Format, r.raw[i], &v); err != nil && r.err == nil {
		r.err = fmt.Errorf("column %s: %w", f.Name, err)
	}
	return v
}

func (r *rowReader) int64() int64 {
	raw, plain := r.column(pgtype.Int8OID, 8)
	if plain {
		return int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // two's complement on the wire
	}
	return slowly[int64](r)
}

func (r *rowReader) int32() int32 {
	raw, plain := r.column(pgtype.Int4OID, 4)
	if plain {
		return int32(binary.BigEndian.Uint32(raw)) //nolint:gosec // two's complement on the wire
	}
	return slowly[int32](r)
}

func (r *rowReader) float() float64 {
	raw, plain := r.column(pgtype.Float8OID, 8)
	if plain {
		return decodeFloat(raw)
	}
	return slowly[float64](r)
}

func (r *rowReader) bool() bool {
	raw, plain := r.column(pgtype.BoolOID, 1)
	if plain {
		return raw[0] != 0
	}
	return slowly[bool](r)
}

func (r *rowReader) date() edgar.Date {
	raw, plain := r.column(pgtype.DateOID, 4)
	if plain {
		if d := decodeDate(raw); d >= edgar.MinDate && d <= edgar.MaxDate {
			return d
		}
	}
	return slowly[edgar.Date](r)
}

// time reads a timestamp with time zone.
func (r *rowReader) time() time.Time {
	raw, plain := r.column(pgtype.TimestamptzOID, 8)
	if plain {
		const greatest = 1 << 62                                                        // beyond are the infinite ones
		if µs := int64(binary.BigEndian.Uint64(raw)); -greatest < µs && µs < greatest { //nolint:gosec // two's complement
			return time.UnixMicro(µs + int64(postgresEpoch)*24*60*60*1_000_000).UTC()
		}
	}
	return slowly[time.Time](r)
}

// bytes reads a bytea, nil for null. What it returns may be overwritten by the next row.
func (r *rowReader) bytes() []byte {
	raw := r.raw[r.at]
	f := &r.fields[r.at]
	r.at++
	if raw == nil || f.DataTypeOID == pgtype.ByteaOID && f.Format == pgtype.BinaryFormatCode {
		return raw
	}
	return slowly[[]byte](r)
}

func (r *rowReader) text() string {
	raw := r.raw[r.at]
	r.at++
	if raw == nil {
		return slowly[string](r) // says that it is null
	}
	return r.texts.add(raw)
}

// optionalText keeps the text in room; nil for null.
func (r *rowReader) optionalText(room *string) *string {
	if r.null() {
		return nil
	}
	*room = r.text()
	return room
}

// list reads a list of texts.
func (r *rowReader) list() []string {
	raw, _ := r.column(pgtype.TextArrayOID, 0)
	if f := &r.fields[r.at-1]; f.DataTypeOID == pgtype.TextArrayOID && f.Format == pgtype.BinaryFormatCode {
		if list, ok := r.elements(raw); ok {
			return list
		}
	}
	return slowly[[]string](r)
}

// elements reads a one-dimensional array without nulls in PostgreSQL's binary form; false for what is none.
func (r *rowReader) elements(raw []byte) ([]string, bool) {
	const header = 20 // dimensions, flags, element type, length, lower bound
	if len(raw) >= 4 && binary.BigEndian.Uint32(raw) == 0 {
		return []string{}, true // no dimension: empty
	}
	if len(raw) < header || binary.BigEndian.Uint32(raw) != 1 || binary.BigEndian.Uint32(raw[4:]) != 0 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint32(raw[12:]))
	if raw = raw[header:]; n > len(raw)/4 {
		return nil, false
	}
	list := make([]string, n)
	for i := range list {
		if len(raw) < 4 {
			return nil, false
		}
		size := int(binary.BigEndian.Uint32(raw))
		if raw = raw[4:]; size > len(raw) {
			return nil, false
		}
		list[i] = r.texts.add(raw[:size])
		raw = raw[size:]
	}
	return list, len(raw) == 0
}

// optional reads a value that may be null into room.
func optional[T any](r *rowReader, read func(*rowReader) T, room *T) *T {
	if r.null() {
		return nil
	}
	*room = read(r)
	return room
}

// slab hands out values of T that were allocated together.
type slab[T any] struct {
	free []T
	size int // of what is allocated next
}

// maxSlab bounds what is allocated and perhaps not used.
const maxSlab = 256

// newSlab returns a slab for about n values.
func newSlab[T any](n int) slab[T] { return slab[T]{size: n} }

func (s *slab[T]) next() *T {
	if len(s.free) == 0 {
		s.free = make([]T, min(max(1, s.size), maxSlab))
		if s.size -= len(s.free); s.size <= 0 {
			s.size = 4 * len(s.free)
		}
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

// textSlab makes texts that are parts of a few large ones. Short ones that come again, as names of sectors and units do, are
// the same text.
type textSlab struct {
	b     strings.Builder
	known *[32]string // by sum; none for a few texts
}

const (
	firstTexts, maxTexts = 256, 4 << 10
	maxKnown             = 40 // bytes
)

func (s *textSlab) add(raw []byte) string {
	if s.known == nil || len(raw) == 0 || len(raw) > maxKnown {
		return s.cut(raw)
	}
	known := &s.known[sum(raw)%len(s.known)]
	if *known != string(raw) {
		*known = s.cut(raw)
	}
	return *known
}

// sum tells texts apart well enough.
func sum(raw []byte) int {
	return len(raw) + 7*int(raw[0]) + 31*int(raw[len(raw)/2]) + 13*int(raw[len(raw)-1])
}

func (s *textSlab) cut(raw []byte) string {
	if room := s.b.Cap() - s.b.Len(); room < len(raw) {
		if s.b.Cap() > 0 && s.known == nil {
			s.known = new([32]string)
		}
		size := min(max(firstTexts, 4*s.b.Cap()), maxTexts)
		s.b = strings.Builder{} // the texts keep the old one
		s.b.Grow(max(size, len(raw)))
	}
	start := s.b.Len()
	s.b.Write(raw)
	return s.b.String()[start:]
}
