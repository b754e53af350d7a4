package consistency_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/store"
)

var (
	steps = flag.Int("steps", 2000, "how many random steps are taken")
	seed  = flag.Uint64("seed", 1, "seed of the steps")
)

const (
	// bound is after which time no answer is older than a commit. It is counted from where a request begins, so it holds on any
	// machine, however busy.
	bound = 500 * time.Millisecond
	// patience is how long a test waits for what must happen, on a busy machine.
	patience = 30 * time.Second

	markCompany = 990_000
)

// errOld is a wrong answer.
var errOld = errors.New("an answer that is not the model's")

// step takes a random step.
func (w *world) step() error {
	w.advance()
	switch n := w.random.IntN(100); {
	case n < 70:
		return w.read()
	case n < 73:
		return w.readTogether()
	case n < 88:
		return w.change("a write", func(s *server) error { return w.commitOn(s, w.drawWrite(w.written)) })
	case n < 92 && len(w.open) < 2:
		return w.begin(w.drawWrite(w.written))
	case n < 95 && len(w.open) > 0:
		commits := w.random.IntN(4) > 0
		return w.change("a late commit", func(*server) error { return w.end(commits) })
	case n < 97:
		file := w.drawImport(w.written)
		return w.change(file.name, func(*server) error { return file.run() })
	case n < 98:
		return w.change("everything", func(*server) error { w.execute("select everything_changed()"); return nil })
	case n < 99:
		w.register(w.written)
		w.written++
		return nil
	default:
		if s := w.servers[w.random.IntN(2)]; s.link.isOpen() {
			s.stop()
			s.start(w.t, w)
		}
		return nil
	}
}

// take takes steps.
func (w *world) take(n int) error {
	for i := range n {
		if err := w.step(); err != nil {
			return fmt.Errorf("step %d of %d: %w", i, n, err)
		}
	}
	return nil
}

// asking is a question of a client to a server.
type asking struct {
	question

	server int
	role   auth.Role
	coding string
}

// maxAsked is how many questions are remembered to be asked again.
const maxAsked = 12

// drawAsking draws a question, two in three of those that were asked before: these may be kept.
func (w *world) drawAsking() asking {
	if len(w.asked) == maxAsked && w.random.IntN(3) > 0 {
		return pick(w.random, w.asked)
	}
	a := asking{w.drawQuestion(), w.random.IntN(2), pick(w.random, auth.Roles()), "identity"}
	if w.random.IntN(4) == 0 {
		a.coding = "gzip"
	}
	if len(w.asked) < maxAsked {
		w.asked = append(w.asked, a)
	} else {
		w.asked[w.random.IntN(maxAsked)] = a
	}
	return a
}

// read compares what a server answers a client with what the model does.
func (w *world) read() error {
	a := w.drawAsking()
	want, err := w.ask(a.question)
	if err != nil {
		return err
	}
	got, err := w.askAs(w.servers[a.server], a.role, a.question, a.coding)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%w: %s, %s, %s: %s\n%s\nwant\n%s", errOld, w.servers[a.server].name, a.role, a.coding, a.question, got, want)
	}
	return err
}

// readTogether asks the same of both servers, several times at once.
func (w *world) readTogether() error {
	q := w.drawQuestion()
	want, err := w.ask(q)
	if err != nil {
		return err
	}
	var asking sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		asking.Go(func() {
			got, err := w.askAs(w.servers[i%2], auth.Roles()[i/2], q, "identity")
			if err == nil && !bytes.Equal(got, want) {
				err = fmt.Errorf("%w: together, %s\n%s\nwant\n%s", errOld, q, got, want)
			}
			errs[i] = err
		})
	}
	asking.Wait()
	return errors.Join(errs...)
}

// change writes, while others read, and a mark after it, and returns when the servers must know of both: who writes at once, the other
// one when it shows the mark.
func (w *world) change(what string, do func(*server) error) error {
	w.written++
	writer := w.random.IntN(2)
	var reading sync.WaitGroup
	for i := range 2 { // what is answered meanwhile is one or the other; it may be kept, and then it must not stay
		q := w.drawQuestion()
		reading.Go(func() { _, _ = w.askAs(w.servers[i], auth.RoleAnalyst, q, "identity") })
	}
	err := do(w.servers[writer])
	reading.Wait()
	if err == nil {
		err = w.settle(writer)
	}
	if err != nil {
		return fmt.Errorf("%s on %s: %w", what, w.servers[writer].name, err)
	}
	return nil
}

func markName(n int) string { return fmt.Sprintf("Mark %06d", n) }

// settle commits a mark, and returns when both servers must know of it.
func (w *world) settle(writer int) error {
	w.mark++
	sql := fmt.Sprintf("update companies set name = '%s' where id = %d", markName(w.mark), markCompany)
	if err := w.commitOn(w.servers[writer], write{sql, []store.Change{told(store.ChangeCompany, strconv.Itoa(markCompany))}}); err != nil {
		return err
	}
	committed := time.Now()
	first, other := w.servers[writer], w.servers[1-writer]
	if err := w.awaitMark(other, committed); err != nil {
		return err
	}
	for _, s := range []*server{first, other} {
		if err := w.catchUp(s, committed); err != nil {
			return err
		}
		if shown, err := w.shownMark(s); err != nil || shown != w.mark {
			return fmt.Errorf("%w: mark %d on %s, want %d (%w)", errOld, shown, s.name, w.mark, err)
		}
	}
	return nil
}

// catchUp returns when a server must know of what was committed at a time.
func (w *world) catchUp(s *server, committed time.Time) error {
	switch {
	case !s.link.isOpen(): // soon it knows that it knows nothing
		if err := eventually(w.t.Context(), func() bool { return !s.follower.Fresh() }); err != nil {
			return fmt.Errorf("%s is fresh, and cannot be: %w", s.name, err)
		}
	case !s.catchUp(w.t.Context(), time.Until(committed.Add(bound))): // it takes long: then the bound counts
		time.Sleep(time.Until(committed.Add(bound)))
	}
	return nil
}

// awaitMark waits for a mark that was committed at a time, as a client would who asks for it all the time.
func (w *world) awaitMark(s *server, committed time.Time) error {
	for {
		asked := time.Now()
		shown, err := w.shownMark(s)
		switch {
		case err != nil:
			return err
		case shown == w.mark:
			w.lags = append(w.lags, time.Since(committed))
			return nil
		case asked.After(committed.Add(bound)):
			return fmt.Errorf("%w: mark %d on %s %v after %d was committed", errOld, shown, s.name, asked.Sub(committed), w.mark)
		}
		time.Sleep(time.Millisecond)
	}
}

// shownMark returns the mark that a server shows.
func (w *world) shownMark(s *server) (mark int, err error) {
	body, err := w.askAs(s, auth.RoleDashboard, question{text: markText()}, "identity")
	if err != nil {
		return 0, err
	}
	var answer struct {
		Data struct{ Node struct{ Name string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, fmt.Errorf("%w in %s", err, body)
	}
	if _, err := fmt.Sscanf(answer.Data.Node.Name, "Mark %d", &mark); err != nil {
		return 0, fmt.Errorf("%w in %s", err, body)
	}
	return mark, nil
}

func markText() string {
	return `{ node(id: "` + (&store.Company{ID: markCompany}).NodeID() + `") { ... on Company { name } } }`
}

// logLags logs how long servers took to show what was written on the other one.
func (w *world) logLags(t testing.TB) {
	t.Helper()
	if len(w.lags) == 0 {
		return
	}
	slices.Sort(w.lags)
	at := func(share float64) time.Duration {
		return w.lags[int(share*float64(len(w.lags)-1))].Round(10 * time.Microsecond)
	}
	t.Logf("%d marks seen by the other server: p50 %v, p99 %v, at most %v", len(w.lags), at(0.5), at(0.99), at(1))
}

// use returns an error unless what is kept was used: on every tier there must be hits, and what was old must have been met.
func (w *world) use() error {
	for _, s := range w.servers {
		if c := s.counts(); c.hits == 0 || c.rowHits == 0 || c.stale == 0 || c.rowStale == 0 {
			return fmt.Errorf("%s kept nothing that counts", s.name)
		}
	}
	if all := w.counts(); all.sharedHits == 0 || all.sharedStale == 0 {
		return errors.New("nothing that counts was shared")
	}
	return nil
}

// wantUse checks that what is kept was used.
func (w *world) wantUse(t testing.TB) {
	t.Helper()
	for _, s := range w.servers {
		t.Logf("%s: %+v", s.name, s.counts())
	}
	if err := w.use(); err != nil {
		t.Errorf("the test proves nothing: %v", err)
	}
}

// TestNeverOld takes random steps, undisturbed, with each of the faults, and with faults that come and go.
func TestNeverOld(t *testing.T) { //nolint:tparallel // one fault at a time
	t.Parallel()
	w := newWorld(t, *seed, mistakes{})
	each := *steps / 3 / len(faults())
	t.Run("undisturbed", func(t *testing.T) {
		w.mustTake(t, *steps/3)
		w.logLags(t)
	})
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			began := time.Now()
			happened := f.strike(w)
			w.mustTake(t, each/2)
			for time.Since(began) < f.lasts {
				w.mustTake(t, 1)
			}
			w.heal(f)
			w.mustTake(t, each/2)
			if err := happened(); err != nil {
				t.Errorf("it did not happen: %v", err)
			}
		})
	}
	t.Run("disturbed at random", func(t *testing.T) {
		for range *steps / 3 / 16 {
			f := pick(w.random, faults())
			f.strike(w)
			w.mustTake(t, 8)
			w.heal(f)
			w.mustTake(t, 8)
		}
	})
	w.logLags(t)
	w.wantUse(t)
}

func (w *world) mustTake(t *testing.T, n int) {
	t.Helper()
	if err := w.take(n); err != nil {
		t.Fatalf("seed %d: %v", *seed, err)
	}
}

// eventually waits until something holds.
func eventually(ctx context.Context, holds func() bool) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !holds() {
		select {
		case <-limited.Done():
			return limited.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}
