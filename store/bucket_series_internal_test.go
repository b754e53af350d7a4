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
		list := []float64{float64(m.Start-postgresEpoch)*monthKey + float64(m.Count), m.Sum}
		if numbers&BucketExtremes != 0 {
			list = append(list, m.Min, m.Max)
		}
		if numbers&BucketEnds != 0 {
			list = append(list, m.First, m.Last)
		}
		for _, number := range list {
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(number))
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
	f.Add(encodeMonths(Buckets{{Start: 0, Count: 1}, {Start: 31, Count: 2}}, BucketEnds), uint8(BucketEnds))
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
