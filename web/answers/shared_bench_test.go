package answers

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/corpintel/corpintel/cache/cachetest"
)

// BenchmarkAsk asks Redis for answers of another server, on a unix socket: what they must be dearer than.
func BenchmarkAsk(b *testing.B) {
	redis := cachetest.Start(b).Cache()
	made, asks := sharing(redis, at(10, 12)), sharing(redis, at(8, 9))
	for _, size := range []int{1 << 10, 50 << 10, maxSharedBody} {
		b.Run(strconv.Itoa(size>>10)+"kB", func(b *testing.B) {
			k := Key{Text: "q", Variables: strconv.Itoa(size)}
			made.Put(b.Context(), k, &Answer{Body: bytes.Repeat([]byte("x"), size)}, ofCompany7s, made.Mark())
			made.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := asks.Ask(b.Context(), k); !ok {
					b.Fatal("it is not there")
				}
			}
		})
	}
	b.Run("cheap", func(b *testing.B) {
		asks.dear.note(question, 0, 0)
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := asks.Ask(b.Context(), question); ok {
				b.Fatal("it is there")
			}
		}
	})
}
