package answers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web/answers"
)

// always is the freshness of a server that knows of all changes.
func always() bool { return true }

func newCache(bytes int64, fresh func() bool) *answers.Cache {
	return answers.New(answers.Options{Bytes: bytes, Fresh: fresh, Now: time.Now})
}

func key(n int) answers.Key { return answers.Key{Text: "q", Variables: strconv.Itoa(n)} }

func answer(text string) *answers.Answer { return &answers.Answer{Body: []byte(text)} }

func TestChangeMakesOld(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*answers.Cache)
		kept   bool
	}{
		"another tag":     {func(c *answers.Cache) { c.Change("company:2") }, true},
		"its tag":         {func(c *answers.Cache) { c.Change("company:1") }, false},
		"one of its tags": {func(c *answers.Cache) { c.Change("x", "companies") }, false},
		"everything":      {func(c *answers.Cache) { c.Apply(events.Batch{All: true}) }, false},
		"nothing":         {func(*answers.Cache) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCache(1<<20, always)
			c.Put(t.Context(), key(1), answer("a"), []string{"companies", "company:1"}, c.Mark())
			if _, ok := c.Get(key(1)); !ok {
				t.Fatal("it is not there")
			}
			test.change(c)
			if a, ok := c.Get(key(1)); ok != test.kept || ok && string(a.Body) != "a" {
				t.Errorf("kept: %t, want %t", ok, test.kept)
			}
		})
	}
}

// TestFillRace checks that what was read before a change is not given away after it, whenever it is kept.
func TestFillRace(t *testing.T) {
	t.Parallel()
	c := newCache(1<<20, always)
	before := c.Mark()
	c.Change("company:1")
	c.Put(t.Context(), key(1), answer("old"), []string{"company:1"}, before)
	if _, ok := c.Get(key(1)); ok {
		t.Error("an old answer is given away")
	}
	c.Put(t.Context(), key(1), answer("new"), []string{"company:1"}, c.Mark())
	if a, ok := c.Get(key(1)); !ok || string(a.Body) != "new" {
		t.Error("the new answer is not")
	}
}

func TestNotFresh(t *testing.T) {
	t.Parallel()
	var fresh atomic.Bool
	c := newCache(1<<20, fresh.Load)
	c.Put(t.Context(), key(1), answer("a"), []string{"x"}, c.Mark())
	if _, ok := c.Get(key(1)); ok {
		t.Error("an answer is given away while changes may be unknown")
	}
	fresh.Store(true)
	if _, ok := c.Get(key(1)); !ok {
		t.Error("it is gone")
	}
}

// TestManyTags checks that forgetting changes makes answers old rather than good.
func TestManyTags(t *testing.T) {
	t.Parallel()
	c := newCache(1<<20, always)
	c.Put(t.Context(), key(1), answer("a"), []string{"company:1"}, c.Mark())
	c.Put(t.Context(), key(2), answer("b"), []string{"company:0"}, c.Mark())
	c.Change("company:1")
	for i := range 200 {
		tags := make([]string, 1000)
		for k := range tags {
			tags[k] = fmt.Sprintf("other:%d", i*1000+k)
		}
		c.Change(tags...)
	}
	if _, ok := c.Get(key(1)); ok {
		t.Error("a change was forgotten")
	}
	c.Put(t.Context(), key(3), answer("c"), []string{"company:1"}, c.Mark())
	if _, ok := c.Get(key(3)); !ok {
		t.Error("nothing is kept any more")
	}
}

// TestBounded checks that a million different answers stay within the memory.
func TestBounded(t *testing.T) {
	t.Parallel()
	const bytes = 4 << 20
	c := newCache(bytes, always)
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	for i := range n {
		c.Put(t.Context(), key(i), answer("0123456789"), []string{"company:1"}, c.Mark())
		if i%100_000 == 0 {
			if stats := c.Stats(); stats.Bytes > 2*bytes {
				t.Fatalf("%d bytes after %d answers", stats.Bytes, i)
			}
		}
	}
	if stats := c.Stats(); stats.Bytes > bytes+bytes/10 || stats.Evictions == 0 {
		t.Errorf("%+v", stats)
	}
	c.Put(t.Context(), key(-1), answer(strings.Repeat("x", bytes/2)), []string{"y"}, c.Mark())
	if _, ok := c.Get(key(-1)); ok {
		t.Error("an answer of half the memory is kept")
	}
}

// TestNeverOld reads and writes at random from many goroutines: no answer is older than the last change that was over before
// it was asked for.
func TestNeverOld(t *testing.T) {
	t.Parallel()
	const rows, workers, steps = 20, 8, 4000
	c := newCache(1<<20, always)
	var truth [rows]atomic.Int64   // what a database has
	var settled [rows]atomic.Int64 // of that, what all servers know of
	var locks [rows]sync.Mutex
	var group sync.WaitGroup
	for w := range workers {
		random := rand.New(rand.NewPCG(7, uint64(w))) //nolint:gosec // the same each time
		group.Go(func() {
			for range steps {
				i := random.IntN(rows)
				if random.IntN(10) == 0 {
					locks[i].Lock()
					v := truth[i].Add(1) // commit
					c.Change("company:" + strconv.Itoa(i))
					settled[i].Store(v)
					locks[i].Unlock()
					continue
				}
				least := settled[i].Load()
				a, ok := c.Get(key(i))
				if !ok {
					at := c.Mark()
					a = answer(strconv.FormatInt(truth[i].Load(), 10))
					if random.IntN(3) == 0 { // a slow one
						for range random.IntN(2000) {
							_ = truth[i].Load()
						}
					}
					c.Put(t.Context(), key(i), a, []string{"company:" + strconv.Itoa(i)}, at)
				}
				if got, _ := strconv.ParseInt(string(a.Body), 10, 64); got < least {
					t.Errorf("row %d: %d, when %d was known", i, got, least)
				}
			}
		})
	}
	group.Wait()
	if stats := c.Stats(); stats.Hits == 0 || stats.Stale == 0 {
		t.Errorf("the test proves nothing: %+v", stats)
	}
}

// TestLead checks that of equal misses at one time one makes the answer.
func TestLead(t *testing.T) {
	t.Parallel()
	c := newCache(1<<20, always)
	var made atomic.Int64
	var group sync.WaitGroup
	leads, end := c.Lead(t.Context(), key(1))
	if !leads {
		t.Fatal("the first does not lead")
	}
	const waiting = 500
	started := make(chan struct{}, waiting)
	for range waiting {
		group.Go(func() {
			started <- struct{}{}
			if leads, end := c.Lead(t.Context(), key(1)); leads {
				defer end()
			}
			if _, ok := c.Get(key(1)); !ok {
				made.Add(1)
			}
		})
	}
	for range waiting {
		<-started
	}
	c.Put(t.Context(), key(1), answer("a"), []string{"x"}, c.Mark())
	end()
	group.Wait()
	if made.Load() != 0 {
		t.Errorf("%d others made the answer", made.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, end = c.Lead(ctx, key(2))
	cancel()
	if leads, _ := c.Lead(ctx, key(2)); leads {
		t.Error("two lead")
	}
	end()
	if leads, _ := c.Lead(t.Context(), key(2)); !leads {
		t.Error("nobody can lead any more")
	}
}

// TestHitAllocates checks that giving an answer away costs no memory.
func TestHitAllocates(t *testing.T) {
	c := newCache(1<<20, always)
	c.Put(t.Context(), key(1), answer("a"), []string{"companies", "company:1"}, c.Mark())
	k := key(1)
	if n := testing.AllocsPerRun(1000, func() {
		if _, ok := c.Get(k); !ok {
			t.Fatal("it is not there")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestApply checks which answers each kind of change makes old.
func TestApply(t *testing.T) {
	t.Parallel()
	company := []string{answers.AnyCompany, answers.Company(7)}
	sector, form := []string{answers.AnySector, answers.Sector("x")}, []string{answers.AnyForm, answers.Form("10-K")}
	for name, test := range map[string]struct {
		all    bool
		change store.Change
		tags   []string
		kept   bool
	}{
		"all":                       {true, store.Change{}, company, false},
		"company":                   {false, store.Change{Kind: store.ChangeCompany, Keys: []string{"6", "7"}}, company, false},
		"another company":           {false, store.Change{Kind: store.ChangeCompany, Keys: []string{"70"}}, company, true},
		"any company":               {false, store.Change{Kind: store.ChangeCompany, Keys: []string{store.AnyKey}}, company, false},
		"companies":                 {false, store.Change{Kind: store.ChangeCompanies}, []string{answers.Companies}, false},
		"sector":                    {false, store.Change{Kind: store.ChangeSector, Keys: []string{"x"}}, sector, false},
		"another sector":            {false, store.Change{Kind: store.ChangeSector, Keys: []string{"y", "xy"}}, sector, true},
		"any sector":                {false, store.Change{Kind: store.ChangeSector, Keys: []string{store.AnyKey}}, sector, false},
		"companies, of one sector":  {false, store.Change{Kind: store.ChangeCompanies}, sector, true},
		"companies, of one company": {false, store.Change{Kind: store.ChangeCompanies}, company, true},
		"form":                      {false, store.Change{Kind: store.ChangeForm, Keys: []string{"10-Q", "10-K"}}, form, false},
		"another form":              {false, store.Change{Kind: store.ChangeForm, Keys: []string{"10-Q"}}, form, true},
		"any form":                  {false, store.Change{Kind: store.ChangeForm, Keys: []string{store.AnyKey}}, form, false},
		"filings, of one form":      {false, store.Change{Kind: store.ChangeFilings}, form, true},
		"filings":                   {false, store.Change{Kind: store.ChangeFilings}, []string{answers.Filings}, false},
		"definitions":               {false, store.Change{Kind: store.ChangeDefinitions}, []string{answers.Definitions}, false},
		"registry":                  {false, store.Change{Kind: store.ChangeRegistryRows}, company, true},
		"everything":                {false, store.Change{Kind: store.ChangeEverything}, company, false},
		"a kind of a later release": {false, store.Change{Kind: "later", Keys: []string{"1"}}, company, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCache(1<<20, always)
			c.Put(t.Context(), key(1), answer("a"), test.tags, c.Mark())
			c.Apply(events.Batch{All: test.all, Changes: []store.Change{test.change}})
			if _, ok := c.Get(key(1)); ok != test.kept {
				t.Errorf("kept: %t, want %t", ok, test.kept)
			}
		})
	}
}
