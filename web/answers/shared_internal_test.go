package answers

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
)

// sharing returns a cache of a server that is always fresh, and shares what it makes.
func sharing(redis *cache.Cache, point func() store.OutboxPoint) *Cache {
	return New(Options{
		Bytes: 1 << 20, Fresh: func() bool { return true }, Now: time.Now, Redis: redis, Point: point, Format: "1", Dear: time.Nanosecond,
	})
}

func at(xmin, xmax uint64) func() store.OutboxPoint {
	return func() store.OutboxPoint { return store.OutboxPoint{Source: "db", Xmin: xmin, Xmax: xmax} }
}

func changed(xid uint64, change store.Change) events.Batch {
	return events.Batch{Changes: []store.Change{change}, XIDs: []uint64{xid}, Point: at(xid+1, xid+1)()}
}

func ofCompany(key string) store.Change {
	return store.Change{Kind: store.ChangeCompany, Keys: []string{key}}
}

var (
	question    = Key{Text: "{ company { name } }", Variables: "{}", Scope: "analyst application/json "}
	ofCompany7s = []string{AnyCompany, Company(7)}
)

func TestShared(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t).Cache()
	a, b := sharing(redis, at(10, 12)), sharing(redis, at(8, 9))
	if _, ok := b.Ask(t.Context(), question); ok {
		t.Fatal("there is an answer before it was made")
	}
	a.Put(t.Context(), question, &Answer{Body: []byte(`{"data":1}`), Header: http.Header{"Etag": {`"x"`}}}, ofCompany7s, a.Mark())
	a.Close()
	got, ok := b.Ask(t.Context(), question)
	if !ok || string(got.Body) != `{"data":1}` || got.Header.Get("Etag") != `"x"` || got.Age(time.Now()) > time.Minute {
		t.Fatalf("%t %+v", ok, got)
	}
	if _, ok := b.Get(question); !ok {
		t.Error("it is not kept in memory")
	}
	for name, change := range map[string]func(*Key){
		"text": func(k *Key) { k.Text += " " }, "operation": func(k *Key) { k.Operation = "a" },
		"variables": func(k *Key) { k.Variables = `{"a":1,}` }, "who asks": func(k *Key) { k.Scope = "partner application/json " },
	} {
		other := question
		change(&other)
		if _, ok := b.Ask(t.Context(), other); ok {
			t.Errorf("with another %s it is found too", name)
		}
	}
	b.Apply(changed(11, ofCompany("7")))
	if _, ok := b.Get(question); ok {
		t.Error("it is kept after a change")
	}
	if _, ok := b.Ask(t.Context(), question); ok {
		t.Error("it comes back after a change")
	}
	if s := b.Stats().Shared; s.Hits != 1 || s.Stale != 1 || s.Misses != 5 || s.Spoilt != 0 || a.Stats().Shared.Sent != 1 {
		t.Errorf("%+v, %+v", s, a.Stats().Shared)
	}
}

// TestVouch checks which answers of another server are known to be good: those made after transaction 100 was over.
func TestVouch(t *testing.T) {
	t.Parallel()
	made := store.OutboxPoint{Source: "db", Xmin: 101, Xmax: 105}
	for name, test := range map[string]struct {
		began uint64 // where the server began to follow
		learn *store.OutboxHistory
		apply []events.Batch
		want  bool
	}{
		"nothing was changed":                 {began: 90, want: true},
		"changed before":                      {began: 90, apply: []events.Batch{changed(100, ofCompany("7"))}, want: true},
		"changed after":                       {began: 90, apply: []events.Batch{changed(101, ofCompany("7"))}},
		"changed after and before":            {began: 90, apply: []events.Batch{changed(102, ofCompany("7")), changed(99, ofCompany("7"))}},
		"another one changed":                 {began: 90, apply: []events.Batch{changed(200, ofCompany("8"))}, want: true},
		"all of a kind changed":               {began: 90, apply: []events.Batch{changed(200, ofCompany(store.AnyKey))}},
		"began to follow later":               {began: 102},
		"began to follow just then":           {began: 101, want: true},
		"learnt of what was before":           {began: 200, learn: &store.OutboxHistory{Floor: 50}, want: true},
		"learnt of less":                      {began: 200, learn: &store.OutboxHistory{Floor: 102}},
		"learnt of a change":                  {began: 200, learn: &store.OutboxHistory{Floor: 50, Changes: []store.Change{ofCompany("7")}, XIDs: []uint64{150}}},
		"learnt of another's change":          {began: 200, learn: &store.OutboxHistory{Floor: 50, Changes: []store.Change{ofCompany("8")}, XIDs: []uint64{150}}, want: true},
		"learnt that everything was":          {began: 200, learn: &store.OutboxHistory{Changes: []store.Change{{Kind: store.ChangeEverything}}, XIDs: []uint64{101}}},
		"learnt that everything was, before":  {began: 200, learn: &store.OutboxHistory{Changes: []store.Change{{Kind: store.ChangeEverything}}, XIDs: []uint64{100}}, want: true},
		"learnt of a kind that is not known":  {began: 200, learn: &store.OutboxHistory{Changes: []store.Change{{Kind: "later"}}, XIDs: []uint64{101}}},
		"anything may have changed":           {began: 90, apply: []events.Batch{{All: true, Point: at(103, 103)()}}},
		"anything may have changed, before":   {began: 90, apply: []events.Batch{{All: true, Point: at(80, 100)()}}, want: true},
		"another server of the same database": {began: 90, apply: []events.Batch{{All: true, Point: store.OutboxPoint{Source: "other", Xmin: 1, Xmax: 1}}}},
		"nobody knows which server":           {began: 90, apply: []events.Batch{{All: true}}},
		"a change by nobody knows whom":       {began: 90, apply: []events.Batch{{Changes: []store.Change{ofCompany("7")}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sharing(nil, at(1, test.began))
			if test.learn != nil {
				c.Learn(test.learn)
			}
			for _, b := range test.apply {
				c.Apply(b)
			}
			if got := c.changes.vouch(&Answer{tags: ofCompany7s}, made); got != test.want {
				t.Errorf("good: %t, want %t", got, test.want)
			}
		})
	}
}

// TestVouchAfterManyTags checks that what is not known any more counts as changed.
func TestVouchAfterManyTags(t *testing.T) {
	t.Parallel()
	c := sharing(nil, at(1, 1))
	c.Apply(changed(50, ofCompany("7")))
	for i := range uint64(200) {
		var keys []string
		for k := range uint64(1000) {
			keys = append(keys, strconv.FormatUint(1000*(i+1)+k, 10))
		}
		c.Apply(changed(20+i%10, store.Change{Kind: store.ChangeCompany, Keys: keys}))
	}
	for xmin, want := range map[uint64]bool{40: false, 50: false, 51: true} {
		if got := c.changes.vouch(&Answer{tags: ofCompany7s}, at(xmin, xmin)()); got != want {
			t.Errorf("made after %d: good: %t, want %t", xmin, got, want)
		}
	}
}

// TestSharedSpoilt finds in Redis what is not the answer to its key.
func TestSharedSpoilt(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	redis, client := server.Cache(), server.Client()
	a, b := sharing(redis, at(10, 12)), sharing(redis, at(8, 9))
	other := question
	other.Variables = `{"other":1,}`
	put := func(k Key) string {
		a.Put(t.Context(), k, &Answer{Body: bytes.Repeat([]byte("\x1f\x8b packed"), 100), Header: http.Header{"Content-Encoding": {"gzip"}}}, ofCompany7s, a.Mark())
		a.Close()
		return a.shared.name(&entry{key: k, format: "1", point: at(10, 12)()})
	}
	name, others := put(question), put(other)
	whole, err := client.Get(t.Context(), name).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	anothers, err := client.Get(t.Context(), others).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	version := bytes.Clone(whole)
	version[3]++
	packed := bytes.Clone(whole)
	packed[len(packed)-50] ^= 0x10
	scope := someEntry()
	scope.key, scope.format, scope.point = question, "1", at(10, 12)()
	scope.key.Scope = strings.Replace(question.Scope, "analyst", "partner", 1)
	release := someEntry()
	release.key, release.format, release.point = question, "2", at(10, 12)()
	source := someEntry()
	source.key, source.format, source.point = question, "1", store.OutboxPoint{Source: "copy", Xmin: 10}
	for what, text := range map[string][]byte{
		"another key's": anothers, "cut": whole[:len(whole)-1], "cut short": whole[:10], "longer": append(bytes.Clone(whole), 'x'),
		"another version": version, "a bit of what is packed": packed, "no entry": []byte("hello"), "very long": make([]byte, 8<<20),
		"a partner's": scope.encode(), "another release's": release.encode(), "a copy's": source.encode(),
	} {
		before := b.Stats().Shared.Spoilt
		if err := client.Set(t.Context(), name, text, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		if _, ok := b.Ask(t.Context(), question); ok {
			t.Errorf("%s: it is given away", what)
		}
		if n := b.Stats().Shared.Spoilt - before; n != 1 {
			t.Errorf("%s: counted %d times", what, n)
		}
	}
	if err := client.Del(t.Context(), name).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.LPush(t.Context(), name, "a list").Err(); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Ask(t.Context(), question); ok {
		t.Error("a list is given away")
	}
	if err := client.Set(t.Context(), name, whole, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Ask(t.Context(), question); !ok {
		t.Error("the answer is not found any more")
	}
}

// TestSharedAway checks that a Redis of no use makes every look a miss.
func TestSharedAway(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*cachetest.Server){
		"black hole": (*cachetest.Server).Pause,
		"killed":     (*cachetest.Server).Stop,
		"full":       func(s *cachetest.Server) { s.Config("maxmemory-policy", "noeviction"); s.Config("maxmemory", "1") },
		"read-only":  func(s *cachetest.Server) { s.Config("min-replicas-to-write", "1") },
		"wrong password": func(s *cachetest.Server) {
			client := s.Client()
			s.Config("requirepass", "secret")
			client.Do(t.Context(), "AUTH", "secret")
			client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := cachetest.Start(t)
			redis := cachetest.Open(t, server.URL(), nil)
			a, b := sharing(redis, at(10, 12)), sharing(redis, at(8, 9))
			begin(server)
			if name == "black hole" {
				defer server.Resume()
			}
			for range 200 {
				a.Put(t.Context(), question, &Answer{Body: []byte("{}")}, ofCompany7s, a.Mark())
				if _, ok := b.Ask(t.Context(), question); ok {
					t.Fatal("there is an answer")
				}
				if _, ok := a.Get(question); !ok {
					t.Fatal("the memory has no answer")
				}
			}
			a.Close()
			if s := b.Stats().Shared; s.Misses != 200 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestSharedBounds checks that long answers, and those that come while many are on their way, are not sent.
func TestSharedBounds(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c := sharing(cachetest.Open(t, server.URL(), nil), at(10, 12))
	c.max = 2 << 20
	c.Put(t.Context(), question, &Answer{Body: make([]byte, maxSharedBody+1)}, ofCompany7s, c.Mark())
	c.Close()
	if s := c.Stats().Shared; s.Passed != 1 || s.Sent != 0 {
		t.Errorf("a long answer: %+v", s)
	}
	for range maxSending {
		c.shared.slots <- struct{}{}
	}
	c.Put(t.Context(), question, &Answer{Body: []byte("{}")}, ofCompany7s, c.Mark())
	c.Close()
	if s := c.Stats().Shared; s.Passed != 2 || s.Sent != 0 {
		t.Errorf("one too many: %+v", s)
	}
}

// TestDear checks for which operations Redis is asked.
func TestDear(t *testing.T) {
	t.Parallel()
	var p prices
	p.init(0)
	if !p.mayBe(question) {
		t.Error("an operation that was not answered yet is cheap")
	}
	if p.note(question, defaultDear-1, 0) || p.mayBe(question) {
		t.Error("a cheap answer makes it dear")
	}
	if p.note(question, 4*defaultDear, maxSharedBody) || p.mayBe(question) {
		t.Error("a long answer is dear that takes no longer to make than to have from Redis")
	}
	if !p.note(question, 5*defaultDear, maxSharedBody) || !p.note(question, defaultDear, 0) || !p.mayBe(question) {
		t.Error("a dear answer does not")
	}
	for range askFor - 1 {
		p.note(question, 0, 0)
	}
	if !p.mayBe(question) {
		t.Error("it is cheap too early")
	}
	p.note(question, 0, 0)
	if p.mayBe(question) {
		t.Error("it stays dear")
	}
}

// world is a database with transactions, and servers that follow it.
type world struct {
	t         *testing.T
	random    *rand.Rand
	redis     *cache.Cache
	next      uint64   // transaction
	open      []write  // in any order
	committed []write  // in the order of commits
	values    [5]int   // by row: how often it was written
	floor     uint64   // of history
	servers   []*peer  // of this world
	making    []making // answers that are under way
	given     int
	stats     SharedStats // of servers that have ended
}

type write struct {
	xid uint64
	row int
}

type peer struct {
	kept  *Cache
	point store.OutboxPoint
	known int    // of what was committed
	least [5]int // by row: what it was when the server last looked
}

type making struct {
	by    *peer
	kept  *Cache
	row   int
	value int // 0: not read yet
	mark  Mark
}

func (w *world) snapshot() store.OutboxPoint {
	p := store.OutboxPoint{Source: "db", Xmin: w.next, Xmax: w.next}
	for _, tx := range w.open {
		p.Xmin = min(p.Xmin, tx.xid)
	}
	return p
}

func ofRow(row int) Key { return Key{Text: "q", Variables: strconv.Itoa(row)} }

// start starts a server, or starts it again: it learns of what was not deleted.
func (w *world) start(p *peer) {
	w.count(p)
	p.point, p.known, p.least = w.snapshot(), len(w.committed), w.values
	p.kept = New(Options{
		Bytes: 1 << 20, Fresh: func() bool { return true }, Now: time.Now, Redis: w.redis, Dear: time.Nanosecond,
		Point: func() store.OutboxPoint { return p.point },
	})
	if w.random.IntN(4) == 0 {
		return
	}
	h := &store.OutboxHistory{Floor: w.floor}
	for _, tx := range w.committed {
		if tx.xid >= w.floor {
			h.Changes, h.XIDs = append(h.Changes, ofCompany(strconv.Itoa(tx.row))), append(h.XIDs, tx.xid)
		}
	}
	p.kept.Learn(h)
}

// count adds up what a server has done that ends.
func (w *world) count(p *peer) {
	if p.kept != nil {
		s := p.kept.Stats().Shared
		w.stats.Hits, w.stats.Stale, w.stats.Spoilt = w.stats.Hits+s.Hits, w.stats.Stale+s.Stale, w.stats.Spoilt+s.Spoilt
	}
}

// follow has a server know of all that is committed; lost: it does not know what that is.
func (w *world) follow(p *peer, lost bool) {
	b := events.Batch{All: lost, Point: w.snapshot()}
	for _, tx := range w.committed[p.known:] {
		if !lost {
			b.Changes, b.XIDs = append(b.Changes, ofCompany(strconv.Itoa(tx.row))), append(b.XIDs, tx.xid)
		}
	}
	p.kept.Apply(b)
	p.point, p.known, p.least = b.Point, len(w.committed), w.values
}

// ask asks a server for a row, which begins to make the answer if it has none.
func (w *world) ask(p *peer, row int) {
	a, ok := p.kept.Get(ofRow(row))
	if !ok || w.random.IntN(2) == 0 { // it may have made room for others
		a, ok = p.kept.Ask(w.t.Context(), ofRow(row))
	}
	if !ok {
		w.making = append(w.making, making{by: p, kept: p.kept, row: row, mark: p.kept.Mark()})
		return
	}
	w.given++
	if got, _ := strconv.Atoi(string(a.Body)); got-10 < p.least[row] {
		w.t.Errorf("row %d is %d, and the server knows of %d", row, got-10, p.least[row])
	}
}

// goOn goes on with an answer that is under way: it is read, and later kept.
func (w *world) goOn(i int) {
	m := &w.making[i]
	if m.value == 0 {
		m.value = 10 + w.values[m.row] // of two bytes at least
		return
	}
	m.kept.Put(w.t.Context(), ofRow(m.row), &Answer{Body: []byte(strconv.Itoa(m.value))}, []string{AnyCompany, Company(int64(m.row))}, m.mark)
	m.kept.Close()
	w.making = slices.Delete(w.making, i, i+1)
}

func (w *world) step() {
	p := w.servers[w.random.IntN(len(w.servers))]
	switch n := w.random.IntN(100); {
	case n < 5 && len(w.open) < 3:
		w.open = append(w.open, write{w.next, w.random.IntN(len(w.values))})
		w.next++
	case n < 15 && len(w.open) > 0:
		i := w.random.IntN(len(w.open))
		tx := w.open[i]
		w.open = slices.Delete(w.open, i, i+1)
		if w.random.IntN(4) > 0 { // else it is rolled back
			w.values[tx.row]++
			w.committed = append(w.committed, tx)
		}
	case n < 35:
		w.follow(p, false)
	case n < 36:
		w.follow(p, true)
	case n < 38:
		w.start(p)
	case n < 39: // what no open transaction is older than is forgotten
		w.floor = w.snapshot().Xmin - min(w.snapshot().Xmin, 20)
	case n < 65 && len(w.making) > 0 || len(w.making) > 8:
		w.goOn(w.random.IntN(len(w.making)))
	default:
		w.ask(p, w.random.IntN(len(w.values)))
	}
}

// TestSharedNeverOld has servers share answers over a database with transactions that commit in any order: none gives away what is
// older than what it knows of.
func TestSharedNeverOld(t *testing.T) {
	t.Parallel()
	w := &world{t: t, random: rand.New(rand.NewPCG(3, 1)), redis: cachetest.Start(t).Cache(), next: 100} //nolint:gosec // the same each time
	for range 3 {
		p := &peer{}
		w.start(p)
		w.servers = append(w.servers, p)
	}
	for range 20_000 {
		w.step()
		if t.Failed() {
			return
		}
	}
	for _, p := range w.servers {
		w.count(p)
	}
	t.Logf("%d answers, of others' %+v", w.given, w.stats)
	if w.stats.Hits < 500 || w.stats.Stale < 500 || w.stats.Spoilt > 0 {
		t.Error("the test proves nothing")
	}
}
