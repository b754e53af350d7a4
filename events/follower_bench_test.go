package events_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// BenchmarkLag commits changes one after the other, and takes the time from the answer to the commit until two followers
// have delivered it: half of all within p50-ms, nearly all within p99-ms.
func BenchmarkLag(b *testing.B) {
	for _, name := range []string{"direct", "polled"} {
		b.Run(name, func(b *testing.B) {
			url := storetest.New(b)
			s := open(b, url, 1)
			var o events.Options
			if name == "direct" {
				o.DirectURL = url
			}
			followers := []*followed{follow(b, url, o), follow(b, url, o)}
			for _, f := range followers {
				f.caughtUp(b)
			}
			var lags []time.Duration
			for i := 0; b.Loop(); i++ {
				key := strconv.Itoa(i)
				change(b, s, company(key))
				committed := time.Now()
				for _, f := range followers {
					f.await(b, key, func(batches []events.Batch, _ string) bool { return isLast(batches, key) })
				}
				lags = append(lags, time.Since(committed))
				for _, f := range followers {
					f.forget()
				}
			}
			slices.Sort(lags)
			b.ReportMetric(milliseconds(lags[len(lags)/2]), "p50-ms")
			b.ReportMetric(milliseconds(lags[len(lags)*99/100]), "p99-ms")
		})
	}
}

func isLast(batches []events.Batch, key string) bool {
	if len(batches) == 0 {
		return false
	}
	changes := batches[len(batches)-1].Changes
	return len(changes) > 0 && slices.Equal(changes[len(changes)-1].Keys, []string{key})
}

func (f *followed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// BenchmarkRead reads an outbox with 10,000 rows in which there is nothing new, as a follower does many times a second.
func BenchmarkRead(b *testing.B) {
	url := storetest.New(b)
	s := open(b, url, 1)
	execute(b, s, "insert into outbox (kind) select 'filings' from generate_series(1, 10000)")
	read, err := s.ReadOutbox(b.Context(), store.OutboxPosition{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if read, err = s.ReadOutbox(b.Context(), read.Position); err != nil || read.Lost || len(read.Changes) > 0 {
			b.Fatal(read, err)
		}
	}
}

// BenchmarkFresh asks as every answer from a cache does.
func BenchmarkFresh(b *testing.B) {
	f := follow(b, storetest.New(b), events.Options{})
	f.caughtUp(b)
	b.ReportAllocs()
	for b.Loop() {
		f.Fresh()
	}
}
