package store

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// intsCodec makes lists of integers parameters without a value of an interface per element. Everything else is left to
// pgx's own codec.
type intsCodec struct{ *pgtype.ArrayCodec }

// registerLists makes a connection send lists of ids by intsCodec.
func registerLists(m *pgtype.Map) {
	for oid, element := range map[uint32]uint32{pgtype.Int8ArrayOID: pgtype.Int8OID, pgtype.Int4ArrayOID: pgtype.Int4OID} {
		known, _ := m.TypeForOID(oid)
		of, _ := m.TypeForOID(element)
		m.RegisterType(&pgtype.Type{Name: known.Name, OID: oid, Codec: intsCodec{&pgtype.ArrayCodec{ElementType: of}}})
	}
}

func (c intsCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		switch value.(type) {
		case []int64:
			if oid == pgtype.Int8ArrayOID {
				return encodeInts[int64]{pgtype.Int8OID, 8}
			}
		case []edgar.AccessionNumber:
			if oid == pgtype.Int8ArrayOID {
				return encodeInts[edgar.AccessionNumber]{pgtype.Int8OID, 8}
			}
		case []int32:
			if oid == pgtype.Int4ArrayOID {
				return encodeInts[int32]{pgtype.Int4OID, 4}
			}
		}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

// encodeInts writes a list in PostgreSQL's binary form: dimensions, flags, element type, length, lower bound, then each
// element behind its size.
type encodeInts[T ~int32 | ~int64] struct {
	element uint32
	size    uint32
}

func (e encodeInts[T]) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]T)
	if list == nil {
		return nil, nil // NULL
	}
	dimensions := uint32(1)
	if len(list) == 0 {
		dimensions = 0
	}
	buf = binary.BigEndian.AppendUint32(buf, dimensions)
	buf = binary.BigEndian.AppendUint32(buf, 0)
	buf = binary.BigEndian.AppendUint32(buf, e.element)
	if dimensions == 0 {
		return buf, nil
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(list))) //nolint:gosec // bounded by the arguments of an operation
	buf = binary.BigEndian.AppendUint32(buf, 1)
	for _, n := range list {
		buf = binary.BigEndian.AppendUint32(buf, e.size)
		if e.size == 8 {
			buf = binary.BigEndian.AppendUint64(buf, uint64(n))
		} else {
			buf = binary.BigEndian.AppendUint32(buf, uint32(n))
		}
	}
	return buf, nil
}
