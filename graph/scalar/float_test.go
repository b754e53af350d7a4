package scalar_test

import (
	"encoding/json"
	"math"
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
	f.Fuzz(func(t *testing.T, bits uint64) {
		v := math.Float64frombits(bits)
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
		if back, err := strconv.ParseFloat(got, 64); err != nil || math.Float64bits(back) != bits {
			t.Errorf("%s is read as %v (%v), not as the same bits", got, back, err)
		}
		if whole := math.Abs(v) <= 1<<53 && v == math.Trunc(v); whole && strings.ContainsAny(got, ".eE") {
			t.Errorf("the whole number %v is written as %s", v, got)
		}
	})
}
