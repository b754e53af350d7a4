package store

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// encodeMonths writes months as seriesBuckets sends them.
func encodeMonths(months Buckets, numbers BucketNumbers) []byte {
	var b []byte
	for _, m := range months {
		b = binary.BigEndian.AppendUint32(b, uint32(m.Start-postgresEpoch)) //nolint:gosec // two's complement on the wire
		b = binary.BigEndian.AppendUint32(b, uint32(m.Count))               //nolint:gosec // few
		for k, number := range []float64{m.Min, m.Max, m.Sum, m.First, m.Last} {
			if numbers&(1<<k) != 0 {
				b = binary.BigEndian.AppendUint64(b, math.Float64bits(number))
			}
		}
	}
	return b
}

// TestDecodeMonths decodes months that follow one another, and some that do not, about both ends of the calendar.
func TestDecodeMonths(t *testing.T) {
	t.Parallel()
	var want Buckets
	for i, start := range []edgar.Date{
		edgar.MinDate, edgar.NewDate(1, 2, 1), edgar.NewDate(1999, 12, 1), edgar.NewDate(2000, 1, 1), edgar.NewDate(2000, 2, 1),
		edgar.NewDate(2000, 3, 1), edgar.NewDate(2001, 2, 1), edgar.NewDate(2001, 4, 1), edgar.NewDate(9999, 12, 1),
	} {
		v := float64(i)
		want = append(want, Bucket{start, BucketMonth.Next(start), i + 1, v, v + 0.25, v * 1e300, -v, math.Inf(1)})
	}
	got, err := decodeMonths(encodeMonths(want, AllBucketNumbers), AllBucketNumbers)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, want -, got +:\n%s", err, diff)
	}
	if got, err := decodeMonths(nil, 0); err != nil || got == nil || len(got) != 0 {
		t.Errorf("NULL is %#v, error %v; want no months", got, err)
	}
}

func FuzzDecodeMonths(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add(encodeMonths(Buckets{{Start: 0, Count: 1}, {Start: 31, Count: 2}}, BucketSum|BucketLast), uint8(BucketSum|BucketLast))
	f.Fuzz(func(t *testing.T, b []byte, set uint8) {
		numbers := BucketNumbers(set) & AllBucketNumbers
		months, err := decodeMonths(b, numbers)
		if err != nil {
			return
		}
		if got := encodeMonths(months, numbers); string(got) != string(b) {
			t.Errorf("% x becomes % x", b, got)
		}
	})
}
