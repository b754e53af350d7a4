package compress_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/corpintel/corpintel/web/compress"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	const none, gzip, zstd = compress.None, compress.Gzip, compress.Zstd
	for accepted, want := range map[string]compress.Coding{
		"":                               none,
		"gzip":                           gzip,
		"GZIP":                           gzip,
		"x-gzip":                         gzip,
		"zstd":                           zstd,
		"gzip, deflate, br, zstd":        zstd,
		"zstd, gzip":                     zstd,
		"gzip;q=1.0, zstd;q=0.5":         gzip,
		"gzip;q=0.5,zstd;q=0.5":          zstd,
		"gzip;q=0":                       none,
		"gzip;q=0, *":                    none,
		"*":                              gzip,
		"*;q=0":                          none,
		"*;q=0.1, zstd;q=0":              gzip,
		"identity":                       none,
		"identity, gzip":                 gzip,
		"identity;q=1, gzip;q=0.5":       none,
		"identity;q=0":                   none,
		"identity;q=0, gzip;q=0.001":     gzip,
		"deflate, br":                    none,
		"gzip;q=nonsense":                none,
		"gzip;q=2":                       none,
		"gzip;q=NaN":                     none,
		"gzip;level=9":                   none,
		" gzip ; q = 0.5 , identity;q=0": gzip,
		"gzip, gzip;q=0":                 gzip,
		",,;;=":                          none,
	} {
		var values []string
		if accepted != "" {
			values = []string{accepted}
		}
		if got := compress.Negotiate(values); got != want {
			t.Errorf("%q: %q, want %q", accepted, got, want)
		}
	}
	if got := compress.Negotiate([]string{"br", "zstd;q=0.1", "gzip;q=0.2"}); got != gzip {
		t.Errorf("several headers: %q", got)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	const none, gzip, brotli = compress.None, compress.Gzip, compress.Brotli
	for accepted, want := range map[string]compress.Coding{
		"gzip, deflate, br, zstd": brotli,
		"br":                      brotli,
		"BR;q=0.5, gzip;q=0.5":    brotli,
		"br;q=0.4, gzip;q=0.5":    gzip,
		"gzip":                    gzip,
		"*":                       gzip,
		"zstd":                    none,
		"br;q=0, gzip;q=0":        none,
		"identity":                none,
	} {
		if got := compress.Choose([]string{accepted}, gzip, brotli); got != want {
			t.Errorf("%q: %q, want %q", accepted, got, want)
		}
	}
	if got := compress.Choose(nil, gzip, brotli); got != none {
		t.Errorf("nothing accepted: %q", got)
	}
}

// FuzzNegotiate checks that only what a client names is chosen, and nothing that it refuses.
func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{"gzip", "zstd;q=0.5, gzip", "*;q=0", "identity;q=0", "gzip;q=", ";;,,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accepted string) {
		got := compress.Negotiate([]string{accepted})
		lower := strings.ToLower(accepted)
		switch {
		case got == compress.Zstd && !strings.Contains(lower, "zstd"):
			t.Errorf("%q: zstd was not named", accepted)
		case got == compress.Gzip && !strings.Contains(lower, "gzip") && !strings.Contains(lower, "*"):
			t.Errorf("%q: gzip was not named", accepted)
		}
		if refused := compress.Negotiate([]string{"gzip;q=0, zstd;q=0"}); refused != compress.None {
			t.Errorf("refused and chosen: %q", refused)
		}
	})
}

// TestAppend reads back what was compressed, with the standard library where it can.
func TestAppend(t *testing.T) {
	t.Parallel()
	c, err := compress.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, compress.Least, 100_000} {
		body := answer(size)
		for range 3 { // the second time with what the first left behind
			for coding, read := range map[compress.Coding]func(io.Reader) (io.Reader, error){
				compress.None: func(r io.Reader) (io.Reader, error) { return r, nil },
				compress.Gzip: func(r io.Reader) (io.Reader, error) { return stdgzip.NewReader(r) },
				compress.Zstd: func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
			} {
				got, err := c.Append([]byte("before"), coding, body)
				if err != nil || !bytes.HasPrefix(got, []byte("before")) {
					t.Fatalf("%s of %d bytes: %v", coding, size, err)
				}
				r, err := read(bytes.NewReader(got[len("before"):]))
				if err != nil {
					t.Fatalf("%s of %d bytes: %v", coding, size, err)
				}
				back, err := io.ReadAll(r)
				if err != nil || !bytes.Equal(back, body) {
					t.Errorf("%s of %d bytes: %d bytes came back, %v", coding, size, len(back), err)
				}
				if coding != compress.None && size == 100_000 && len(got) > size/2 {
					t.Errorf("%s: %d bytes of %d", coding, len(got), size)
				}
			}
		}
	}
}

// answer returns about n bytes of what an answer has: filings with numbers and dates.
func answer(n int) []byte {
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // the same bytes every time
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, `{"accessionNumber":"%010d-%02d-%06d","form":"%s","filedOn":"20%02d-%02d-%02d","value":%d,"title":null},`,
			random.IntN(2_000_000), random.IntN(30), random.IntN(999_999), []string{"10-K", "10-Q", "8-K", "4"}[random.IntN(4)],
			random.IntN(26), 1+random.IntN(12), 1+random.IntN(28), random.IntN(1_000_000_000))
	}
	return b.Bytes()[:n]
}

// BenchmarkLevels is what the level was chosen by: time, and size in percent.
func BenchmarkLevels(b *testing.B) {
	for _, size := range []int{47_000, 400_000} {
		body := answer(size)
		for level := 1; level <= 6; level++ {
			b.Run(fmt.Sprintf("gzip-%d/%d", level, size), func(b *testing.B) {
				var to bytes.Buffer
				w, err := gzip.NewWriterLevel(&to, level)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(size))
				for b.Loop() {
					to.Reset()
					w.Reset(&to)
					if _, err := w.Write(body); err != nil {
						b.Fatal(err)
					}
					if err := w.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(100*float64(to.Len())/float64(size), "%size")
			})
		}
		for _, coding := range []compress.Coding{compress.Gzip, compress.Zstd} {
			b.Run(fmt.Sprintf("%s/%d", coding, size), func(b *testing.B) {
				c, err := compress.New()
				if err != nil {
					b.Fatal(err)
				}
				var to []byte
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if to, err = c.Append(to[:0], coding, body); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(100*float64(len(to))/float64(size), "%size")
			})
		}
	}
}
