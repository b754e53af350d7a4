package store_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestHangUps ends a thousand requests in the middle of their statements, or before, or after: no connection is lost, and so
// none is made anew.
func TestHangUps(t *testing.T) {
	t.Parallel()
	const requests, clients = 1000, 16
	s := open(t, storetest.New(t), store.Options{MaxConns: 4})
	mustNumber(t, s, "select 1")
	var asking sync.WaitGroup
	var left, failed atomic.Int64
	for c := range clients {
		random := rand.New(rand.NewPCG(1, uint64(c))) //nolint:gosec // the same each time
		asking.Go(func() {
			for range requests / clients {
				ctx, hangUp := context.WithCancel(t.Context())
				timer := time.AfterFunc(time.Duration(random.IntN(4000))*time.Microsecond, hangUp)
				switch _, err := number(ctx, s, "select 1 from pg_sleep(0.001)"); {
				case err == nil:
				case ctx.Err() != nil:
					left.Add(1)
				default:
					failed.Add(1)
					t.Error(err)
				}
				timer.Stop()
				hangUp()
			}
		})
	}
	asking.Wait()
	mustNumber(t, s, "select 1")
	if after := s.Pool().Stat(); after.NewConnsCount() > int64(after.MaxConns()) {
		t.Errorf("%d connections were made for %d requests, of which %d were left; want the first %d",
			after.NewConnsCount(), requests, left.Load(), after.MaxConns())
	}
	if left.Load() == 0 {
		t.Error("nobody has hung up")
	}
	t.Logf("%d hung up, %d failed", left.Load(), failed.Load())
}
