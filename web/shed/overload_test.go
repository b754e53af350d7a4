package shed_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corpintel/corpintel/web/shed"
)

// The server of the simulation: ten connections that each answer in 5 ms on average, so 2,000 requests in a second.
const (
	connections = 10
	serviceTime = 5 * time.Millisecond
	capacity    = float64(connections) / (float64(serviceTime) / float64(time.Second))
	lasts       = 5 * time.Second
)

// gate lets requests in, or turns them away.
type gate interface {
	Acquire(ctx context.Context, c shed.Class) error
	Release()
}

// experience is how it went for clients who came at random.
type experience struct {
	served, turnedAway []time.Duration // how long it took them to learn it
	offered            int
}

// simulate has requests come, load times as many as can be answered. What it is told is in the time of a bubble.
func simulate(t *testing.T, g gate, load float64) *experience {
	t.Helper()
	var (
		e       experience
		mu      sync.Mutex
		clients sync.WaitGroup
		random  = rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
		busy    = make(chan struct{}, connections)
	)
	begin := time.Now()
	for time.Since(begin) < lasts {
		e.offered++
		takes := time.Duration(random.ExpFloat64() * float64(serviceTime))
		class := shed.Class(e.offered % 2)
		clients.Go(func() {
			start := time.Now()
			err := g.Acquire(t.Context(), class)
			if err == nil {
				busy <- struct{}{}
				time.Sleep(takes)
				<-busy
				g.Release()
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				e.served = append(e.served, time.Since(start))
			} else {
				e.turnedAway = append(e.turnedAway, time.Since(start))
			}
		})
		time.Sleep(time.Duration(random.ExpFloat64() / (load * capacity) * float64(time.Second)))
	}
	clients.Wait()
	return &e
}

func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[int(q*float64(len(of)-1))]
}

// goodput is which part of what can be answered was.
func (e *experience) goodput() float64 { return float64(len(e.served)) / (capacity * lasts.Seconds()) }

// TestOverload offers more than can be answered: as much as can be is, and soon.
func TestOverload(t *testing.T) {
	t.Parallel()
	for _, load := range []float64{0.8, 1, 1.2, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(t, 2*connections)
			e := simulate(t, l, load)
			median, p99, told := quantile(e.served, .5), quantile(e.served, .99), quantile(e.turnedAway, .99)
			t.Logf("load %.1f: %.0f %% of the capacity answered, median %v, p99 %v; %.1f %% turned away, p99 %v", load, 100*e.goodput(),
				median.Round(time.Millisecond), p99.Round(time.Millisecond),
				100*float64(len(e.turnedAway))/float64(e.offered), told.Round(time.Millisecond))
			if want := min(load, 1) * .93; e.goodput() < want {
				t.Errorf("load %.1f: only %.2f of the capacity is used", load, e.goodput())
			}
			if p99 > maxWait+10*serviceTime || told > maxWait+time.Millisecond {
				t.Errorf("load %.1f: p99 %v, turned away %v", load, p99, told)
			}
			if load >= 2 && median > 6*serviceTime {
				t.Errorf("load %.1f: median %v", load, median)
			}
			if s := l.Stats(); s.Taken != 0 || s.Queued != 0 || s.Full+s.Late != int64(len(e.turnedAway)) {
				t.Errorf("load %.1f: %+v", load, s)
			}
		})
	}
}

// TestWithoutPause has clients who ask again as soon as they are answered, more of them than places are: there are always some who
// wait, each for next to nothing, and nobody is turned away; after the machine stood still, soon nobody is again.
func TestWithoutPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const clients, still, settled = 3 * connections, lasts / 2, lasts/2 + 15*maxWait
		var (
			l      = newLimiter(t, connections)
			begin  = time.Now()
			asking sync.WaitGroup
			mu     sync.Mutex
			waits  []time.Duration
			away   = map[bool]int{} // turned away: around the time when the machine stood still, else
		)
		for i := range clients {
			random := rand.New(rand.NewPCG(1, uint64(i))) //nolint:gosec // the same each time
			asking.Go(func() {
				for time.Since(begin) < lasts {
					start := time.Now()
					err := l.Acquire(t.Context(), shed.First)
					mu.Lock()
					if err != nil {
						away[start.Sub(begin) > still-maxWait && start.Sub(begin) < settled]++
					} else {
						waits = append(waits, time.Since(start))
					}
					mu.Unlock()
					if err == nil {
						time.Sleep(time.Duration(random.ExpFloat64() * float64(serviceTime)))
						if now := time.Since(begin); now > still && now < still+2*maxWait {
							time.Sleep(2 * maxWait)
						}
						l.Release()
					}
				}
			})
		}
		asking.Wait()
		t.Logf("%d answered, median wait %v, p99 %v; turned away around the stand-still %d, else %d", len(waits), quantile(waits, .5),
			quantile(waits, .99), away[true], away[false])
		if away[false] != 0 || away[true] == 0 {
			t.Errorf("turned away around the stand-still %d, else %d", away[true], away[false])
		}
		if p99 := quantile(waits, .99); p99 > 10*serviceTime {
			t.Errorf("p99 %v", p99)
		}
	})
}
