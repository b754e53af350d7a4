package consistency_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/store"
)

// counter is a company whose name is a number that only grows.
type counter struct {
	id    int64
	node  string
	write sync.Mutex

	mu      sync.Mutex
	commits []time.Time // of each number, from 1 on: a time at which it was committed
}

// least returns the number that no answer to a request that begins at a time may be below.
func (c *counter) least(at time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.commits)
	for n > 0 && c.commits[n-1].After(at.Add(-bound)) {
		n--
	}
	return n
}

func (c *counter) last() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.commits)
}

// storm is counters that are written and read by many at once.
type storm struct {
	*world

	counters []*counter
	// exact are reads that were told the number that was the last one when they began; early those below.
	exact, early atomic.Int64
}

func newStorm(t *testing.T, wrong mistakes) *storm {
	t.Helper()
	s := &storm{world: newWorld(t, *seed, wrong)}
	for _, id := range s.known.ids[:5] {
		s.execute("update companies set name = '0' where id = $1", id)
		s.counters = append(s.counters, &counter{id: id, node: (&store.Company{ID: id}).NodeID()})
	}
	s.execute("select everything_changed()")
	if err := s.settle(0); err != nil {
		t.Fatal(err)
	}
	return s
}

// count adds one to a counter, in a transaction that tells of it first or last, and takes its time; some are rolled back. Who has
// written on a server is told the number there at once.
func (s *storm) count(random *rand.Rand) error {
	c, on := s.counters[random.IntN(len(s.counters))], s.servers[random.IntN(2)]
	c.write.Lock()
	defer c.write.Unlock()
	ctx := s.t.Context()
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	next := c.last() + 1
	change := told(store.ChangeCompany, strconv.FormatInt(c.id, 10))
	if early := random.IntN(2) == 0; early {
		if err := store.Publish(ctx, tx, change, told(store.ChangeCompanies)); err != nil {
			return err
		}
		time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond) // others commit before it
		_, err = tx.Exec(ctx, "update companies set name = $2 where id = $1", c.id, strconv.Itoa(next))
	} else {
		_, err = tx.Exec(ctx, "update companies set name = $2 where id = $1", c.id, strconv.Itoa(next))
		time.Sleep(time.Duration(random.IntN(5)) * time.Millisecond)
		err = errors.Join(err, store.Publish(ctx, tx, change, told(store.ChangeCompanies)))
	}
	if err != nil || random.IntN(5) == 0 {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	c.commits = append(c.commits, time.Now())
	c.mu.Unlock()
	if on.catchUp(ctx, bound) {
		return s.look(c, on, auth.RoleAnalyst, 0, next)
	}
	return nil
}

// look asks a server for a counter, which must not show less than least.
func (s *storm) look(c *counter, on *server, role auth.Role, variant, least int) error {
	last := c.last()
	body, err := s.askAs(on, role, question{text: fmt.Sprintf("{ node(id: %q) { ... on Company { name } } } # %d", c.node, variant)}, "identity")
	if err != nil {
		return err
	}
	var answer struct {
		Data struct{ Node struct{ Name string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%w in %s", err, body)
	}
	shown, err := strconv.Atoi(answer.Data.Node.Name)
	switch {
	case err != nil:
		return fmt.Errorf("%w in %s", err, body)
	case shown < least:
		return fmt.Errorf("%w: %s shows %d, when %d was committed %v before", errOld, on.name, shown, least, bound)
	case shown < last:
		s.early.Add(1)
	default:
		s.exact.Add(1)
	}
	return nil
}

// lookAtOne asks some server for some counter.
func (s *storm) lookAtOne(random *rand.Rand) error {
	c, on := s.counters[random.IntN(len(s.counters))], s.servers[random.IntN(2)]
	role := []auth.Role{auth.RoleAnalyst, auth.RoleAdmin}[random.IntN(2)]
	return s.look(c, on, role, random.IntN(3), c.least(time.Now()))
}

// blow writes and reads until it is told to end, and returns what was wrong.
func (s *storm) blow(end <-chan struct{}) error {
	var all sync.WaitGroup
	var failed atomic.Bool
	errs := make([]error, 6)
	for i := range errs {
		all.Go(func() {
			for random := rand.New(rand.NewPCG(*seed, uint64(i))); !failed.Load(); { //nolint:gosec // it need not be secret
				select {
				case <-end:
					return
				default:
				}
				if i < 2 {
					errs[i] = s.count(random)
				} else {
					errs[i] = s.lookAtOne(random)
				}
				if errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// TestWhileWriting reads while others write and faults strike.
func TestWhileWriting(t *testing.T) { //nolint:tparallel // one fault at a time
	t.Parallel()
	s := newStorm(t, mistakes{})
	for _, f := range faults() {
		if f.alone {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			s.blowWhile(t, func() {
				s.pass(100*time.Millisecond, 50) // a while without, with, and after
				f.strike(s.world)
				s.pass(300*time.Millisecond, 150)
				s.heal(f)
				s.pass(100*time.Millisecond, 50)
			})
		})
	}
	t.Run("until all was used", func(t *testing.T) {
		s.blowWhile(t, func() { _ = eventually(t.Context(), func() bool { return s.use() == nil }) }) // the last check tells
	})
	t.Logf("%d answers showed the last number, %d one before", s.exact.Load(), s.early.Load())
	s.wantUse(t)
}

// blowWhile writes and reads while something is done.
func (s *storm) blowWhile(t *testing.T, do func()) {
	t.Helper()
	end, blown := make(chan struct{}), make(chan error, 1)
	go func() { blown <- s.blow(end) }()
	do()
	close(end)
	if err := <-blown; err != nil {
		t.Error(err)
	}
}

// pass returns after a time, and after so many answers were looked at, however slow the machine is.
func (s *storm) pass(least time.Duration, answers int64) {
	looked := func() int64 { return s.exact.Load() + s.early.Load() }
	began, before := time.Now(), looked()
	_ = eventually(s.t.Context(), func() bool { // what has failed looks at none any more, and tells why
		return time.Since(began) >= least && looked() >= before+answers
	})
}
