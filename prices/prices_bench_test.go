package prices_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

// BenchmarkReader reads made-up rows, or the real ones, compressed, when the data set is there.
func BenchmarkReader(b *testing.B) {
	const rows = 10_000
	b.Run("made up", func(b *testing.B) { benchmarkReader(b, madeUp(rows), rows, 0) })
	b.Run("real", func(b *testing.B) {
		data, err := os.ReadFile(filepath.Join(dataSet(b), "prices", "sp500_daily_2016_2021.csv.gz"))
		if err != nil {
			b.Fatal(err)
		}
		unpacked, err := io.ReadAll(unpack(b, data))
		if err != nil {
			b.Fatal(err)
		}
		b.Run("plain", func(b *testing.B) { benchmarkReader(b, unpacked, realRows, realRejections) })
		b.Run("gzip", func(b *testing.B) { benchmarkReader(b, data, realRows, realRejections) })
	})
}

func benchmarkReader(b *testing.B, data []byte, rows, rejections int) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		var in io.Reader = bytes.NewReader(data)
		if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			in = unpack(b, data)
		}
		read, rejected := 0, 0
		r, err := prices.NewReader(in, prices.Options{
			MaxDate: edgar.NewDate(2022, 1, 1),
			Reject:  func(edgar.Rejection) error { rejected++; return nil },
		})
		for err == nil {
			if _, err = r.Next(); err == nil {
				read++
			}
		}
		if !errors.Is(err, io.EOF) || read != rows || rejected != rejections {
			b.Fatalf("%v: %d rows, %d rejections, want %d, %d", err, read, rejected, rows, rejections)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func unpack(t testing.TB, data []byte) io.Reader {
	t.Helper()
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return in
}
