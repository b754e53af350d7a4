package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// postgresEpoch is 2000-01-01, from which PostgreSQL counts days.
const postgresEpoch edgar.Date = 10957

// registerTypes makes a connection read and write edgar.Date as the type date, and lists of it as date[].
func registerTypes(m *pgtype.Map) {
	date := &pgtype.Type{Name: "date", OID: pgtype.DateOID, Codec: dateCodec{}}
	m.RegisterType(date)
	m.RegisterType(&pgtype.Type{Name: "_date", OID: pgtype.DateArrayOID, Codec: &pgtype.ArrayCodec{ElementType: date}})
	registerLists(m)
	// Where statements are not prepared nobody else says which types parameters have.
	m.RegisterDefaultPgType(edgar.Date(0), "date")
	m.RegisterDefaultPgType([]edgar.Date(nil), "_date")
	m.RegisterDefaultPgType([]edgar.CIK(nil), "_int8")
	m.RegisterDefaultPgType([]edgar.AccessionNumber(nil), "_int8")
	m.RegisterDefaultPgType([]*edgar.Period(nil), "_int2")
}

// dateCodec adds edgar.Date to the Go types that pgx knows for the type date.
type dateCodec struct{ pgtype.DateCodec }

func (c dateCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(edgar.Date); ok {
		if format == pgtype.BinaryFormatCode {
			return encodeDate{}
		}
		return encodeDateText{}
	}
	return c.DateCodec.PlanEncode(m, oid, format, value)
}

func (c dateCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*edgar.Date); ok {
		if format == pgtype.BinaryFormatCode {
			return scanDate{}
		}
		return scanDateText{}
	}
	return c.DateCodec.PlanScan(m, oid, format, target)
}

type encodeDate struct{}

func (encodeDate) Encode(value any, buf []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint32(buf, uint32(value.(edgar.Date)-postgresEpoch)), nil //nolint:gosec // two's complement on the wire
}

type encodeDateText struct{}

func (encodeDateText) Encode(value any, buf []byte) ([]byte, error) {
	return value.(edgar.Date).Append(buf), nil
}

type scanDate struct{}

func (scanDate) Scan(src []byte, target any) error {
	if src == nil {
		return errors.New("cannot scan NULL into *edgar.Date")
	}
	if len(src) != 4 {
		return fmt.Errorf("a date of %d bytes", len(src))
	}
	d := decodeDate(src)
	if d < edgar.MinDate || d > edgar.MaxDate { // so are the infinite ones, which overflow
		return errors.New("a date before 0001-01-01 or after 9999-12-31")
	}
	*target.(*edgar.Date) = d
	return nil
}

type scanDateText struct{}

func (scanDateText) Scan(src []byte, target any) error {
	if src == nil {
		return errors.New("cannot scan NULL into *edgar.Date")
	}
	d, err := edgar.ParseDate(string(src))
	if err != nil {
		return err
	}
	*target.(*edgar.Date) = d
	return nil
}

func decodeDate(b []byte) edgar.Date {
	return edgar.Date(int32(binary.BigEndian.Uint32(b))) + postgresEpoch //nolint:gosec // two's complement on the wire
}

func decodeFloat(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

// scanColumns reads the columns i (date[]) and i+1 (float8[]) of the current row, without a value of an interface per
// element where the wire format is binary.
func scanColumns(rows pgx.Rows, i int, dates *[]edgar.Date, values *[]float64) error {
	fields := rows.FieldDescriptions()
	if fields[i].Format != pgtype.BinaryFormatCode || fields[i+1].Format != pgtype.BinaryFormatCode {
		targets := make([]any, len(fields))
		targets[i], targets[i+1] = dates, values
		err := rows.Scan(targets...)
		if *dates == nil { // NULL: empty, as in binary form
			*dates, *values = []edgar.Date{}, []float64{}
		}
		return err
	}
	raw := rows.RawValues()
	var err error
	if *dates, err = decodeArray(raw[i], 4, decodeDate); err != nil {
		return err
	}
	*values, err = decodeArray(raw[i+1], 8, decodeFloat)
	return err
}

// decodeArray reads a one-dimensional array without nulls, of elements of the given width, in PostgreSQL's binary form:
// dimensions, flags, element type, length, lower bound, then each element behind its length.
func decodeArray[T any](b []byte, width int, decode func([]byte) T) ([]T, error) {
	const header = 20
	if len(b) == 0 || len(b) >= 4 && binary.BigEndian.Uint32(b) == 0 { // NULL, or no dimension: empty
		return []T{}, nil
	}
	if len(b) < header || binary.BigEndian.Uint32(b) != 1 || binary.BigEndian.Uint32(b[4:]) != 0 {
		return nil, errors.New("not a list without nulls")
	}
	n := int(binary.BigEndian.Uint32(b[12:]))
	step := 4 + width
	if b = b[header:]; len(b) != n*step {
		return nil, fmt.Errorf("a list of %d elements in %d bytes", n, len(b))
	}
	out := make([]T, n)
	for i := range out {
		out[i] = decode(b[i*step+4:])
	}
	return out, nil
}
