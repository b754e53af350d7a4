package scalar_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/corpintel/corpintel/graph/scalar"
)

func BenchmarkAppendFloat(b *testing.B) {
	for name, v := range map[string]float64{"whole": 96995e6, "price": 187.43, "small": 12.345678e-3, "sixty-fourths": 731.015625, "mean": 2137.29 / 21, "long": math.Pi * 1e-9} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 64)
			for b.Loop() {
				buf = scalar.AppendFloat(buf[:0], v)
			}
			if back, err := strconv.ParseFloat(string(buf), 64); err != nil || back != v {
				b.Fatalf("%s is not %v", buf, v)
			}
		})
	}
}
