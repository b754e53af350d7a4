package consistency_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/answers"
)

// mistakes are what a server does wrong on purpose. The zero value does nothing wrong.
type mistakes struct {
	answersTold func(events.Batch) (events.Batch, bool) // what answers are told of a batch, if anything
	rowsTold    func(events.Batch) (events.Batch, bool) // what rows are told
	alwaysFresh bool                                    // also helps where a machine may be slow
	patient     bool                                    // it waits for Redis for longer than requests can; which is no mistake
	ahead       uint64                                  // by which the position that answers are made at is too great
	unlearned   bool                                    // what was changed before the start counts as known, and is not
}

// server keeps rows and answers, shares these, and follows the changes of its database: all that a process has, over a
// connection of its own and a pool of its own.
type server struct {
	name       string
	url        string
	link       *link
	store      *store.Store
	statements statements
	redis      *cache.Cache
	follower   *events.Follower
	rows       *loaders.Entities
	kept       *answers.Cache

	alls    atomic.Int64 // batches that said that anything may have changed
	lates   atomic.Int64 // changes by a transaction that began before one whose changes had come already
	before  counts       // of the server's runs until now
	closing []func()
}

// counts are what the tests look at of what servers count.
type counts struct {
	hits, stale, sharedHits, sharedStale, spoilt, sent, rowHits, rowStale, failures int64
}

func (c counts) plus(o counts) counts {
	return counts{
		c.hits + o.hits, c.stale + o.stale, c.sharedHits + o.sharedHits, c.sharedStale + o.sharedStale, c.spoilt + o.spoilt,
		c.sent + o.sent, c.rowHits + o.rowHits, c.rowStale + o.rowStale, c.failures + o.failures,
	}
}

// counts returns what the server has counted in all its runs.
func (s *server) counts() counts {
	kept, rows, redis := s.kept.Stats(), s.rows.Stats(), s.redis.Stats()
	return s.before.plus(counts{
		hits: kept.Hits, stale: kept.Stale, sharedHits: kept.Shared.Hits, sharedStale: kept.Shared.Stale, spoilt: kept.Shared.Spoilt,
		sent: kept.Shared.Sent, rowHits: rows.Hits, rowStale: rows.Stale, failures: redis.Failures + redis.Rejected,
	})
}

// named returns the URL of a database for connections that are called so.
func named(t testing.TB, database, application string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("application_name", application)
	u.RawQuery = query.Encode()
	return u.String()
}

// start starts the server as command serve does.
func (s *server) start(t testing.TB, w *world) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	var err error
	if s.store, err = store.Open(ctx, named(t, w.database, s.name), store.Options{MaxConns: 4, Tracer: &s.statements}); err != nil {
		t.Fatal(err)
	}
	options := cache.Options{Namespace: "test"}
	if w.mistakes.patient || w.patient {
		options.Timeout = patience
	}
	if s.redis, err = cache.Open(w.redis.URL(), options); err != nil {
		t.Fatal(err)
	}
	registry, err := clients.Open(ctx, clients.Options{Store: s.store, Now: time.Now, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	usage := clients.NewUsage(clients.UsageOptions{Store: s.store, Now: time.Now, Logger: quiet})
	o := events.Options{Store: s.store, DirectURL: s.link.url(s.name + "-events"), Now: time.Now, Logger: quiet}
	if s.follower, err = events.Open(ctx, o); err != nil {
		t.Fatal(err)
	}
	operations := s.keep(ctx, t, w.mistakes)
	h := httptest.NewServer(web.New(web.Options{
		Resolvers: resolvers.New(s.store), Attach: operations.Attach, Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()},
		RequestTimeout: time.Minute, Clients: registry, Usage: usage, AuthRequired: true, Answers: s.kept,
		Companies: func(ctx context.Context) []*store.Company { return loaders.From(ctx).Shown() },
		Logger:    quiet, Now: time.Now,
	}))
	s.url = h.URL
	running.Go(func() { s.follower.Run(ctx) })
	running.Go(func() { registry.Follow(ctx) })
	s.closing = []func(){h.Close, cancel, running.Wait, s.kept.Close, func() { _ = s.redis.Close() }, s.store.Close}
}

// keep makes what the server keeps follow the changes.
func (s *server) keep(ctx context.Context, t testing.TB, wrong mistakes) *loaders.Loaders {
	t.Helper()
	fresh, point := s.follower.Fresh, s.follower.Point
	if wrong.alwaysFresh {
		fresh = func() bool { return true }
	}
	if wrong.ahead > 0 {
		point = func() store.OutboxPoint {
			at := s.follower.Point()
			at.Xmin += wrong.ahead
			return at
		}
	}
	s.rows = loaders.NewEntities(loaders.EntitiesOptions{Bytes: 8 << 20, Fresh: fresh})
	s.kept = answers.New(answers.Options{
		Bytes: 16 << 20, Fresh: fresh, Now: time.Now, Redis: s.redis, Point: point, Format: web.AnswerFormat(), Dear: time.Nanosecond,
	})
	tell := func(b events.Batch, changed func(events.Batch) (events.Batch, bool), apply func(events.Batch)) {
		if changed != nil {
			told, ok := changed(b)
			if !ok {
				return
			}
			b = told
		}
		apply(b)
	}
	s.follower.Subscribe(s.count())
	s.follower.Subscribe(func(b events.Batch) {
		tell(b, wrong.rowsTold, func(b events.Batch) { s.rows.Apply(b.All, b.Changes) })
	})
	s.follower.Subscribe(func(b events.Batch) { tell(b, wrong.answersTold, s.kept.Apply) })
	history, err := s.follower.History(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if wrong.unlearned {
		history = &store.OutboxHistory{}
	}
	s.kept.Learn(history)
	return loaders.New(s.store, time.Now, loaders.WithEntities(s.rows))
}

// count returns what counts batches.
func (s *server) count() func(events.Batch) {
	var latest uint64
	return func(b events.Batch) {
		if b.All {
			s.alls.Add(1)
		}
		last := latest
		for _, xid := range b.XIDs {
			if xid < last {
				s.lates.Add(1)
			}
			latest = max(latest, xid)
		}
	}
}

// stop ends the server. It can be started again, and has forgotten everything then.
func (s *server) stop() {
	for _, closes := range s.closing {
		closes()
	}
	if s.closing != nil {
		s.before = s.counts()
	}
	s.closing = nil
}

// catchUp returns whether the server knows, within a time, of all that is committed.
func (s *server) catchUp(ctx context.Context, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return s.follower.CatchUp(ctx) == nil
}
