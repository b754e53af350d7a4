package scalar_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/graph/scalar"
)

// FuzzAppendFloat compares with encoding/json, which writes numbers as JavaScript does.
func FuzzAppendFloat(f *testing.F) {
	for _, v := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 100, 1e6, 123456789.125, 1 << 53, 1<<53 + 2, -1 << 53, 1e20, 1e21, 1e22, 9.99e20,
		1e-6, 9.9e-7, 1e-7, 1e-9, 1e-10, 1.5e-300, 5e-324, math.MaxFloat64, -math.MaxFloat64, math.Pi,
		math.NaN(), math.Inf(1), math.Inf(-1),
	} {
		f.Add(math.Float64bits(v))
	}
	f.Fuzz(func(t *testing.T, bits uint64) { checkFloat(t, math.Float64frombits(bits)) })
}

// FuzzAppendDecimal does so for numbers of few decimals, and their neighbours, which have many.
func FuzzAppendDecimal(f *testing.F) {
	for _, n := range []int64{0, 1, -1, 10, 99, 1_000_000, 123_456_789, 999_999_999_999_999, -999_999_999_999_999, 1e15, 1e15 + 1, 1 << 53} {
		for decimals := range uint8(9) {
			f.Add(n, decimals)
		}
	}
	f.Fuzz(func(t *testing.T, n int64, decimals uint8) {
		v := float64(n) / math.Pow10(int(decimals%9))
		for _, v := range []float64{v, math.Nextafter(v, math.Inf(-1)), math.Nextafter(v, math.Inf(1))} {
			checkFloat(t, v)
		}
	})
}

// TestAppendDecimals writes many numbers of few decimals.
func TestAppendDecimals(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	for range 20_000 {
		n := random.Int64N(int64(math.Pow10(1 + random.IntN(16))))
		v := float64(n) / math.Pow10(random.IntN(8))
		for _, v := range []float64{v, -v, math.Nextafter(v, 0), float64(n) / 64, float64(n) / float64(1+random.IntN(30))} {
			checkFloat(t, v)
		}
	}
}

func checkFloat(t *testing.T, v float64) {
	t.Helper()
	got := string(scalar.AppendFloat([]byte("x"), v)[1:])
	if math.IsNaN(v) || math.IsInf(v, 0) {
		if got != "null" {
			t.Fatalf("%v is written as %s", v, got)
		}
		return
	}
	want, err := json.Marshal(v)
	if err != nil || got != string(want) {
		t.Errorf("%v is written as %s, by encoding/json as %s (%v)", v, got, want, err)
	}
	if back, err := strconv.ParseFloat(got, 64); err != nil || math.Float64bits(back) != math.Float64bits(v) {
		t.Errorf("%s is read as %v (%v), not as the same bits", got, back, err)
	}
	if whole := math.Abs(v) <= 1<<53 && v == math.Trunc(v); whole && strings.ContainsAny(got, ".eE") {
		t.Errorf("the whole number %v is written as %s", v, got)
	}
}
