package store

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// wireDates returns the binary form of a date[], by pgx's own codec.
func wireDates(t testing.TB, dates ...edgar.Date) []byte {
	t.Helper()
	array := pgtype.Array[pgtype.Date]{Valid: true, Dims: []pgtype.ArrayDimension{{Length: int32(len(dates)), LowerBound: 1}}} //nolint:gosec // few
	for _, d := range dates {
		array.Elements = append(array.Elements, pgtype.Date{Time: d.Time(), Valid: true})
	}
	b, err := pgtype.NewMap().Encode(pgtype.DateArrayOID, pgtype.BinaryFormatCode, array, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wireFloats returns the binary form of a float8[], by pgx's own codec.
func wireFloats(t testing.TB, values any) []byte {
	t.Helper()
	b, err := pgtype.NewMap().Encode(pgtype.Float8ArrayOID, pgtype.BinaryFormatCode, values, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeArray(t *testing.T) {
	t.Parallel()
	dates := []edgar.Date{edgar.MinDate, -1, 0, postgresEpoch - 1, postgresEpoch, edgar.MaxDate}
	got, err := decodeArray(wireDates(t, dates...), 4, decodeDate)
	if diff := cmp.Diff(dates, got); diff != "" || err != nil {
		t.Errorf("dates: error %v, want -, got +:\n%s", err, diff)
	}
	values := []float64{0, -0.1, math.MaxFloat64, 5e-324, math.Inf(1)}
	floats, err := decodeArray(wireFloats(t, values), 8, decodeFloat)
	if diff := cmp.Diff(values, floats); diff != "" || err != nil {
		t.Errorf("values: error %v, want -, got +:\n%s", err, diff)
	}
	for name, b := range map[string][]byte{"NULL": nil, "empty": wireFloats(t, []float64{})} {
		if got, err := decodeArray(b, 8, decodeFloat); err != nil || got == nil || len(got) != 0 {
			t.Errorf("%s: got %#v, error %v; want an empty list", name, got, err)
		}
	}
}

func TestDecodeArrayRefused(t *testing.T) {
	t.Parallel()
	one := 1.0
	good := wireFloats(t, []float64{1, 2})
	huge := append([]byte(nil), good...)
	binary.BigEndian.PutUint32(huge[12:], math.MaxUint32)
	for name, b := range map[string][]byte{
		"with NULL":        wireFloats(t, []*float64{&one, nil}),
		"two dimensions":   wireFloats(t, [][]float64{{1, 2}, {3, 4}}),
		"of dates":         wireDates(t, 1, 2),
		"absurd length":    huge,
		"one byte":         good[:1],
		"three bytes":      good[:3],
		"header only":      good[:20],
		"half a header":    good[:12],
		"cut off":          good[:len(good)-1],
		"longer than said": append(append([]byte(nil), good...), 0),
	} {
		if got, err := decodeArray(b, 8, decodeFloat); err == nil {
			t.Errorf("%s: decoded as %v", name, got)
		}
	}
}

// FuzzDecodeArray decodes any bytes as both kinds of lists. What is decoded is what pgx decodes.
func FuzzDecodeArray(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte{0})
	f.Add([]byte{0, 0, 0, 0})
	f.Add(wireDates(f, edgar.MinDate, 0, edgar.MaxDate))
	f.Add(wireFloats(f, []float64{1, -0.1}))
	f.Add(wireFloats(f, []float64{}))
	f.Add(wireFloats(f, [][]float64{{1}, {2}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeArray(b, 4, decodeDate)
		got, err := decodeArray(b, 8, decodeFloat)
		if err != nil {
			return
		}
		want := []float64{}
		if len(b) > 0 {
			if err := pgtype.NewMap().Scan(pgtype.Float8ArrayOID, pgtype.BinaryFormatCode, b, &want); err != nil {
				return // stricter about the header
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d elements, by pgx %d", len(got), len(want))
		}
		for i := range got {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
				t.Errorf("element %d is %v, by pgx %v", i, got[i], want[i])
			}
		}
	})
}

func BenchmarkDecodeArray(b *testing.B) {
	const n = 10_000
	dates, values := make([]edgar.Date, n), make([]float64, n)
	for i := range edgar.Date(n) {
		dates[i], values[i] = 5000+i, float64(i)/8
	}
	b.Run("dates", func(b *testing.B) { benchmarkDecodeArray(b, wireDates(b, dates...), 4, decodeDate, dates) })
	b.Run("values", func(b *testing.B) { benchmarkDecodeArray(b, wireFloats(b, values), 8, decodeFloat, values) })
}

func benchmarkDecodeArray[T comparable](b *testing.B, wire []byte, width int, decode func([]byte) T, want []T) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	var got []T
	for b.Loop() {
		var err error
		if got, err = decodeArray(wire, width, decode); err != nil {
			b.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Fatal(diff)
	}
}
