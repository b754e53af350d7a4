package consistency_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/cache"
)

// fault is something that goes wrong with what servers hang on.
type fault struct {
	name string
	// strike brings it about, and returns what says, once it was healed, whether it had any effect.
	strike func(*world) (happened func() error)
	heal   func(*world)  // nil: nothing
	alone  bool          // it takes steps of its own
	lasts  time.Duration // at least, once
}

func (w *world) heal(f fault) {
	if f.heal != nil {
		f.heal(w)
	}
}

// grew returns what says whether a count has grown since.
func grew(what string, count func() int64) func() error {
	before := count()
	return func() error {
		if count() <= before {
			return fmt.Errorf("%s: %d as before", what, before)
		}
		return nil
	}
}

func both(a, b func() error) func() error { return func() error { return errors.Join(a(), b()) } }

// onPatient has a fault strike on servers, started anew, that wait for Redis as long as it takes: it is about what is in Redis.
func onPatient(f fault) fault {
	strike := f.strike
	f.strike = func(w *world) func() error {
		w.patient = true
		w.restart()
		return strike(w)
	}
	f.heal = func(w *world) {
		w.patient = false
		w.restart()
	}
	return f
}

// counts are those of both servers.
func (w *world) counts() counts { return w.servers[0].counts().plus(w.servers[1].counts()) }

// forgotten returns what says whether a server has forgotten all since, and has connected anew.
func (w *world) forgotten(s *server) func() error {
	connected := grew("connections", func() int64 { return int64(s.link.connections()) })
	return both(connected, grew("times that all was forgotten", s.alls.Load))
}

// faults are those that can strike while steps are taken. Between strike and heal the same holds as ever.
func faults() []fault {
	return []fault{
		{name: "Redis killed", strike: func(w *world) func() error {
			w.redis.Stop()
			return w.unused()
		}, heal: func(w *world) { w.redis.Start() }},
		{name: "Redis paused", strike: func(w *world) func() error {
			w.redis.Pause()
			return w.unused()
		}, heal: func(w *world) { w.redis.Resume() }, lasts: time.Second},
		{name: "Redis full", strike: func(w *world) func() error {
			w.redis.Config("maxmemory-policy", "noeviction")
			w.redis.Config("maxmemory", "1")
			return w.unused()
		}, heal: func(w *world) { w.redis.Config("maxmemory", "0") }},
		{name: "Redis a read-only replica", strike: func(w *world) func() error {
			w.redis.Client().Do(w.t.Context(), "REPLICAOF", "127.0.0.1", "1")
			return w.unused()
		}, heal: func(w *world) { w.redis.Client().Do(w.t.Context(), "REPLICAOF", "NO", "ONE") }},
		{name: "Redis with another password", strike: func(w *world) func() error {
			client := w.redis.Client()
			w.redis.Config("requirepass", "secret")
			client.Do(w.t.Context(), "AUTH", "secret")
			client.Do(w.t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			return w.unused()
		}, heal: func(w *world) {
			w.redis.Stop()
			w.redis.Start()
		}},
		{name: "the way to the outbox cut", strike: func(w *world) func() error {
			w.servers[0].link.cut()
			return w.forgotten(w.servers[0])
		}, heal: func(w *world) { w.servers[0].link.mend(); w.reach(w.servers[0]) }},
		{name: "the way to the outbox held up", strike: func(w *world) func() error {
			s := w.servers[1]
			s.link.hold()
			var delayed atomic.Bool
			delayed.Store(eventually(w.t.Context(), func() bool { return !s.follower.Fresh() }) == nil)
			return func() error {
				if !delayed.Load() {
					return errors.New("the server was fresh all the time")
				}
				return nil
			}
		}, heal: func(w *world) { w.servers[1].link.release(); w.reach(w.servers[1]) }},
		{name: "the way to the outbox slow", strike: func(w *world) func() error {
			s := w.servers[1]
			s.link.delay(50 * time.Millisecond)
			began := time.Now()
			w.reach(s)
			took := time.Since(began)
			return func() error {
				if took < 50*time.Millisecond {
					return fmt.Errorf("the outbox was read in %v", took)
				}
				return nil
			}
		}, heal: func(w *world) { w.servers[1].link.delay(0); w.reach(w.servers[1]) }},
		{name: "listening connections ended", strike: func(w *world) func() error {
			happened := w.forgotten(w.servers[0])
			w.terminate("server-0-events")
			return happened
		}, heal: func(w *world) { w.reach(w.servers[0]) }},
		{name: "connections of a server ended", strike: func(w *world) func() error {
			n := w.terminate("server-1")
			return func() error {
				if n == 0 {
					return errors.New("there was none")
				}
				return nil
			}
		}},
		{name: "a late commit", alone: true, strike: func(w *world) func() error {
			happened := both(grew("late changes of server 0", w.servers[0].lates.Load), grew("late changes of server 1", w.servers[1].lates.Load))
			w.must(w.begin(w.drawWrite(w.written)))
			return happened
		}, heal: func(w *world) {
			w.must(w.change("a write before a late commit", func(s *server) error { return w.commitOn(s, write{changes: w.drawWrite(0).changes, sql: "select"}) }))
			w.reachAll() // else both may be told of at once
			w.must(w.endAll())
		}},
		{name: "a change of a newer release", strike: func(w *world) func() error {
			happened := both(grew("server 0 has forgotten all", w.servers[0].alls.Load), grew("server 1 has forgotten all", w.servers[1].alls.Load))
			w.execute("insert into outbox (kind, keys) values ('company', '{1}'), ('planets', '{Mars}')")
			w.must(w.settle(0))
			return happened
		}, heal: func(w *world) { w.reachAll() }},
		{name: "an absence longer than changes are kept", alone: true, strike: func(w *world) func() error {
			w.servers[0].link.cut()
			return w.forgotten(w.servers[0])
		}, heal: func(w *world) {
			w.execute("delete from outbox")
			w.execute("update outbox_trim set before = pg_current_snapshot(), noted = pg_current_snapshot()")
			w.servers[0].link.mend()
			w.reach(w.servers[0])
		}},
		onPatient(fault{name: "Redis poisoned", alone: true, strike: func(w *world) func() error {
			w.must(w.fillRedis())
			happened := grew("spoilt answers", func() int64 { return w.counts().spoilt })
			w.poison()
			w.restart()
			w.must(w.readKept())
			return happened
		}}),
		onPatient(fault{name: "Redis as it was before", alone: true, strike: func(w *world) func() error {
			w.must(w.fillRedis())
			old := w.dump()
			for range 3 {
				w.must(w.change("a write", func(s *server) error { return w.commitOn(s, w.drawWrite(w.written)) }))
			}
			happened := grew("old answers", func() int64 { return w.counts().sharedStale })
			w.load(old)
			w.restart()
			w.must(w.readKept())
			return happened
		}}),
		onPatient(fault{name: "servers started anew", alone: true, strike: func(w *world) func() error {
			w.must(w.fillRedis())
			happened := grew("answers of others", func() int64 { return w.counts().sharedHits })
			w.restart()
			w.must(w.readKept())
			return happened
		}}),
	}
}

// must fails the test where the answers are wrong.
func (w *world) must(err error) {
	w.t.Helper()
	w.wrong = errors.Join(w.wrong, err)
	if err != nil && !w.isBroken {
		w.t.Errorf("seed %d: %v", *seed, err)
	}
}

// unused has both servers want something of Redis that it does not do, and returns what says whether they did.
func (w *world) unused() func() error {
	happened := grew("calls of Redis that failed", func() int64 { return w.counts().failures })
	for i, s := range w.servers { // nobody has asked for it yet
		_ = s.catchUp(w.t.Context(), bound)
		w.written++
		q := question{fmt.Sprintf("%s # %d, %d", markText(), w.written, i), nil}
		_, err := w.askAs(s, auth.RoleAnalyst, q, "identity")
		w.must(err)
	}
	return happened
}

// reach returns when a server knows of everything again.
func (w *world) reach(s *server) {
	if !s.catchUp(w.t.Context(), patience) {
		w.t.Errorf("%s has not come back", s.name)
	}
}

func (w *world) reachAll() {
	for _, s := range w.servers {
		w.reach(s)
	}
}

// terminate ends the connections that are called so, and returns how many there were.
func (w *world) terminate(application string) (n int64) {
	return w.execute("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and application_name = $1", application)
}

// restart starts the servers anew.
func (w *world) restart() {
	for _, s := range w.servers {
		s.stop()
		s.start(w.t, w)
	}
}

// favourites are questions that are asked again after servers were started anew.
func (w *world) favourites() []question {
	random := rand.New(rand.NewPCG(3, 7)) //nolint:gosec // the same each time
	var all []question
	for _, o := range operations() {
		all = append(all, question{o.text, o.variables(w.known, random)})
	}
	return all
}

// endAll commits what is open.
func (w *world) endAll() error {
	for len(w.open) > 0 {
		if err := w.change("a late commit", func(*server) error { return w.end(true) }); err != nil {
			return err
		}
	}
	return nil
}

// fillRedis has answers sent to Redis that can be used: while a transaction is open that is older they cannot.
func (w *world) fillRedis() error {
	client := w.redis.Client()
	if err := w.endAll(); err != nil {
		return err
	}
	if err := eventually(w.t.Context(), func() bool { return w.servers[0].redis.Ping(w.t.Context()) == nil && w.probe() }); err != nil {
		return fmt.Errorf("wait for Redis: %w", err)
	}
	for range 2 {
		w.execute("select everything_changed()")
		if err := w.settle(0); err != nil {
			return err
		}
		w.reachAll() // what was made before that is not used
		if err := w.readKept(); err != nil {
			return err
		}
		w.servers[0].kept.Close() // waits for Redis
		w.servers[1].kept.Close()
	}
	if n := client.DBSize(w.t.Context()).Val(); n == 0 {
		return errors.New("nothing was sent to Redis")
	}
	return nil
}

// probe reports whether servers use Redis.
func (w *world) probe() bool {
	for _, s := range w.servers {
		err := s.redis.Do(w.t.Context(), func(ctx context.Context, c redis.UniversalClient) error {
			return c.Set(ctx, s.redis.Key("probe", "x"), "x", time.Second).Err()
		})
		if errors.Is(err, cache.ErrAway) {
			return false
		}
	}
	return true
}

// readKept asks both servers for the favourites.
func (w *world) readKept() error {
	for _, q := range w.favourites() {
		if err := w.readTwice(q); err != nil {
			return err
		}
	}
	return nil
}

// readTwice compares what both servers answer an analyst with what the model does, twice, so that they have kept it.
func (w *world) readTwice(q question) error {
	want, err := w.ask(q)
	if err != nil {
		return err
	}
	for i := range 4 {
		s := w.servers[i%2]
		got, err := w.askAs(s, auth.RoleAnalyst, q, "identity")
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%w: %s: %s\n%s\nwant\n%s", errOld, s.name, q, got, want)
		}
	}
	return nil
}

// dump returns the answers that are in Redis.
func (w *world) dump() map[string]string {
	ctx, client, all := w.t.Context(), w.redis.Client(), map[string]string{}
	names, err := client.Keys(ctx, "*:answer:*").Result()
	w.must(err)
	for _, name := range names {
		if value, err := client.Get(ctx, name).Result(); err == nil {
			all[name] = value
		}
	}
	return all
}

func (w *world) load(all map[string]string) {
	client := w.redis.Client()
	for name, value := range all {
		w.must(client.Set(w.t.Context(), name, value, time.Hour).Err())
	}
}

// poison spoils all that is in Redis, each entry in a way of its own; what an
// earlier poisoning left too short to spoil stays as it is.
func (w *world) poison() {
	all, spoilt := w.dump(), map[string]string{}
	var last string
	for i, name := range slices.Sorted(maps.Keys(all)) {
		value := all[name]
		if len(value) < 4 {
			continue
		}
		switch i % 6 {
		case 0:
			value = string(randomBytes(w.random, len(value)))
		case 1:
			value = value[:w.random.IntN(len(value))]
		case 2:
			value, last = last, value // of another key
		case 3:
			value = value[:3] + "\x7f" + value[4:]
		case 4:
			at := w.random.IntN(len(value))
			value = value[:at] + string([]byte{value[at] ^ 1}) + value[at+1:]
		default:
			value += "x"
		}
		spoilt[name] = value
		if last == "" {
			last = value
		}
	}
	w.load(spoilt)
}

func randomBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, random.Uint64())
	}
	return b[:n]
}
