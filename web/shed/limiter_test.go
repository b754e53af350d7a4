package shed_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web/shed"
)

const maxWait = 100 * time.Millisecond

// looks is how often a Limiter looks who does not wait any more.
const looks = 10 * time.Millisecond

func newLimiter(t testing.TB, places int) *shed.Limiter {
	t.Helper()
	t.Cleanup(func() { time.Sleep(looks) }) // nobody looks any more
	return shed.New(shed.Options{Places: places, MaxWait: maxWait, Now: time.Now})
}

// take takes a place that must be free.
func take(t *testing.T, l *shed.Limiter) {
	t.Helper()
	if err := l.Acquire(t.Context(), shed.Second); err != nil {
		t.Fatal(err)
	}
}

// line is those who wait, who are told by name what became of them.
type line struct {
	limiter *shed.Limiter
	got     []string // who got a place, in that order
	shed    map[string]error
	told    chan func()
}

func newLine(l *shed.Limiter) *line {
	return &line{limiter: l, shed: map[string]error{}, told: make(chan func(), 10_000)}
}

// join makes somebody wait, behind those who joined before.
func (q *line) join(ctx context.Context, name string, c shed.Class) {
	go func() {
		err := q.limiter.Acquire(ctx, c)
		q.told <- func() {
			if err != nil {
				q.shed[name] = err
				return
			}
			q.got = append(q.got, name)
		}
	}()
	synctest.Wait()
	q.listen()
}

// listen notes what those who wait were told.
func (q *line) listen() {
	synctest.Wait()
	for {
		select {
		case note := <-q.told:
			note()
		default:
			return
		}
	}
}

// release gives n places back, one after the other.
func (q *line) release(n int) {
	for range n {
		q.limiter.Release()
		q.listen()
	}
}

// TestBurst checks that a burst is served in the order in which it came, and that nobody waits for longer than the longest time.
func TestBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, 1)
		take(t, l)
		q := newLine(l)
		for _, name := range []string{"a", "b", "c"} {
			q.join(t.Context(), name, shed.Second)
			time.Sleep(10 * time.Millisecond)
		}
		q.release(2)
		if diff := cmp.Diff([]string{"a", "b"}, q.got); diff != "" {
			t.Errorf("who has a place (-want +got):\n%s", diff)
		}
		time.Sleep(maxWait - 11*time.Millisecond) // c came 10 ms ago
		q.listen()
		if len(q.shed) != 0 {
			t.Errorf("shed too early: %v", q.shed)
		}
		time.Sleep(time.Millisecond)
		q.listen()
		if !errors.Is(q.shed["c"], shed.ErrLate) {
			t.Errorf("c: %v, want %v", q.shed["c"], shed.ErrLate)
		}
		want := telemetry.Work{Places: 1, Taken: 1, Waited: 2, WaitTime: 50 * time.Millisecond, Late: 1}
		if diff := cmp.Diff(want, l.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

// TestStandingQueue checks that those who came last are first in a queue that does not become empty, and that others are turned
// away early.
func TestStandingQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, 1)
		take(t, l)
		q := newLine(l)
		q.join(t.Context(), "first", shed.Second)
		time.Sleep(60 * time.Millisecond)
		q.join(t.Context(), "second", shed.Second)
		q.release(1)
		time.Sleep(41 * time.Millisecond) // the queue was empty 101 ms ago
		q.join(t.Context(), "third", shed.Second)
		time.Sleep(time.Millisecond)
		q.join(t.Context(), "fourth", shed.Second)
		q.release(1)
		if diff := cmp.Diff([]string{"first", "fourth"}, q.got); diff != "" {
			t.Errorf("who has a place (-want +got):\n%s", diff)
		}
		if got := q.shed["second"]; !errors.Is(got, shed.ErrLate) || len(q.shed) != 1 {
			t.Errorf("second: %v, want %v, and no other: %v", got, shed.ErrLate, q.shed)
		}
	})
}

// TestPace checks that no more are turned away from a standing queue than get a place, until they have waited for the longest time.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const crowd = 20
		l := newLimiter(t, 1)
		take(t, l)
		q := newLine(l)
		q.join(t.Context(), "first", shed.Second)
		time.Sleep(60 * time.Millisecond)
		for i := range crowd {
			q.join(t.Context(), strconv.Itoa(i), shed.Second)
		}
		q.release(1)
		time.Sleep(41 * time.Millisecond) // nobody has got a place after a short wait for 101 ms
		q.release(3)
		if diff := cmp.Diff([]string{"first", "19", "18", "17"}, q.got); diff != "" {
			t.Errorf("who has a place (-want +got):\n%s", diff)
		}
		if got := slices.Sorted(maps.Keys(q.shed)); !slices.Equal(got, []string{"0", "1", "2"}) {
			t.Errorf("turned away: %q", got)
		}
		time.Sleep(maxWait - 41*time.Millisecond)
		q.listen()
		if len(q.shed) != crowd-3 || l.Stats().Queued != 0 {
			t.Errorf("turned away: %v", q.shed)
		}
	})
}

// TestHeldPlaces checks that those who wait are patient while places are held, in the order in which they came, but not for ever.
func TestHeldPlaces(t *testing.T) {
	t.Parallel()
	const patience = 3 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Bool
		t.Cleanup(func() { time.Sleep(looks) })
		l := shed.New(shed.Options{
			Places: 1, MaxWait: maxWait, Now: time.Now, IsHeld: held.Load, Patience: patience,
		})
		take(t, l)
		q := newLine(l)
		held.Store(true)
		q.join(t.Context(), "a", shed.Second)
		q.join(t.Context(), "b", shed.Second)
		time.Sleep(patience - time.Second)
		q.join(t.Context(), "c", shed.Second)
		held.Store(false)
		q.release(2)
		if diff := cmp.Diff([]string{"a", "b"}, q.got); diff != "" || len(q.shed) != 0 {
			t.Errorf("who has a place (-want +got):\n%s%v", diff, q.shed)
		}
		held.Store(true)
		time.Sleep(patience + maxWait - time.Millisecond)
		q.listen()
		if len(q.shed) != 0 {
			t.Errorf("shed too early: %v", q.shed)
		}
		time.Sleep(time.Millisecond)
		q.listen()
		if !errors.Is(q.shed["c"], shed.ErrLate) {
			t.Errorf("c: %v, want %v", q.shed["c"], shed.ErrLate)
		}
		held.Store(false)
		time.Sleep(time.Second + time.Millisecond) // it has settled
		q.join(t.Context(), "d", shed.Second)
		time.Sleep(maxWait)
		q.listen()
		if !errors.Is(q.shed["d"], shed.ErrLate) {
			t.Errorf("d: %v, want %v", q.shed["d"], shed.ErrLate)
		}
		l.Release()
	})
}

// TestClasses checks that the second class gets one place in eight while the first one waits.
func TestClasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, 1)
		take(t, l)
		q := newLine(l)
		for range 2 {
			q.join(t.Context(), "second", shed.Second)
		}
		for range 16 {
			q.join(t.Context(), "first", shed.First)
		}
		q.release(16)
		want := append(slices.Repeat([]string{"first"}, 7), "second")
		want = append(want, want...)
		if diff := cmp.Diff(want, q.got); diff != "" {
			t.Errorf("who has a place (-want +got):\n%s", diff)
		}
		q.release(3)
		if got := l.Stats(); got.Queued != 0 || got.Taken != 0 {
			t.Errorf("after all: %+v", got)
		}
	})
}

// TestFullQueue checks who is turned away when no more may wait.
func TestFullQueue(t *testing.T) {
	t.Parallel()
	const most = 256
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, 1)
		take(t, l)
		q := newLine(l)
		q.join(t.Context(), "oldest", shed.Second)
		for range most - 1 {
			q.join(t.Context(), "first", shed.First)
		}
		q.join(t.Context(), "newcomer", shed.Second)
		if q.shed["oldest"] == nil || q.shed["newcomer"] != nil {
			t.Errorf("of the second class the oldest makes room for another: %v", q.shed)
		}
		q.join(t.Context(), "dashboard", shed.First)
		if q.shed["newcomer"] == nil {
			t.Errorf("the second class makes room for the first: %v", q.shed)
		}
		q.join(t.Context(), "analyst", shed.Second)
		if !errors.Is(q.shed["analyst"], shed.ErrFull) {
			t.Errorf("the first class makes no room for the second: %v", q.shed)
		}
		q.join(t.Context(), "another dashboard", shed.First)
		if !errors.Is(q.shed["first"], shed.ErrFull) {
			t.Errorf("of the first class the oldest makes room for another: %v", q.shed)
		}
		if got := l.Stats(); got.Queued != most || got.Full != 4 {
			t.Errorf("stats: %+v", got)
		}
		q.release(most + 1)
	})
}

// TestLeaving checks that who stops waiting leaves the queue soon, and loses no place to nobody.
func TestLeaving(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, 1)
		take(t, l)
		q := newLine(l)
		ctx, cancel := context.WithCancel(t.Context())
		q.join(ctx, "gone", shed.First)
		q.join(t.Context(), "there", shed.First)
		cancel()
		time.Sleep(looks)
		q.listen()
		if !errors.Is(q.shed["gone"], context.Canceled) || l.Stats().Queued != 1 {
			t.Errorf("%v, %+v", q.shed, l.Stats())
		}
		q.release(2)
		if diff := cmp.Diff([]string{"there"}, q.got); diff != "" {
			t.Errorf("who has a place (-want +got):\n%s", diff)
		}
		if want := (telemetry.Work{Places: 1, Waited: 1, WaitTime: looks, Left: 1}); l.Stats() != want {
			t.Errorf("got %+v, want %+v", l.Stats(), want)
		}
	})
}

// TestRaces has many take places, wait and leave at the same time: there are never more than places are, and in the end all are free.
func TestRaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const places, clients = 4, 2000
		l := newLimiter(t, places)
		inside := make(chan struct{}, places)
		outcomes := make(chan error, clients)
		for i := range clients {
			go func() {
				time.Sleep(time.Duration(i%97) * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%13)*7*time.Millisecond)
				defer cancel()
				err := l.Acquire(ctx, shed.Class(i%2))
				if err == nil {
					select {
					case inside <- struct{}{}:
					default:
						err = errors.New("more than places are")
						t.Error(err)
					}
					time.Sleep(time.Duration(i%5) * time.Millisecond)
					<-inside
					l.Release()
				}
				outcomes <- err
			}()
		}
		var served, turnedAway int64
		for range clients {
			if err := <-outcomes; err == nil {
				served++
			} else {
				turnedAway++
			}
		}
		got := l.Stats()
		if got.Taken != 0 || got.Queued != 0 || got.Full+got.Late+got.Left != turnedAway || served == 0 || got.Left == 0 || got.Late == 0 {
			t.Errorf("%d served, %d turned away, %+v", served, turnedAway, got)
		}
	})
}

// TestLeftWithAPlace checks that who leaves at the moment at which a place becomes free counts once, whichever came first.
func TestLeftWithAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const times = 1000
		l := newLimiter(t, 1)
		for range times {
			take(t, l)
			ctx, leave := context.WithCancel(t.Context())
			outcome := make(chan error, 1)
			go func() { outcome <- l.Acquire(ctx, shed.First) }()
			synctest.Wait()
			leave()
			l.Release()
			if err := <-outcome; !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want %v", err, context.Canceled)
			}
		}
		if diff := cmp.Diff(telemetry.Work{Places: 1, Left: times}, l.Stats()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

// TestFreePlace checks that a free place costs no memory.
func TestFreePlace(t *testing.T) {
	l := newLimiter(t, 1)
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() {
		if err := l.Acquire(ctx, shed.First); err != nil {
			t.Fatal(err)
		}
		l.Release()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRetryAfter checks that clients come back at different times.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	l, got := newLimiter(t, 1), map[time.Duration]bool{}
	for range 1000 {
		got[l.RetryAfter()] = true
	}
	want := map[time.Duration]bool{time.Second: true, 2 * time.Second: true, 3 * time.Second: true, 4 * time.Second: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkFreePlace(b *testing.B) {
	l := newLimiter(b, 1000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Acquire(b.Context(), shed.First); err != nil {
				b.Fatal(err)
			}
			l.Release()
		}
	})
}
