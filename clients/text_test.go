package clients_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// textCounter counts the texts that are read from PostgreSQL, and can hold them up.
type textCounter struct {
	n    atomic.Int64
	hold chan struct{} // nil: not held up; else each sends there and waits for an answer
}

func (c *textCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.HasPrefix(data.SQL, "-- name: DocumentText\n") {
		c.n.Add(1)
		if c.hold != nil {
			c.hold <- struct{}{}
			<-c.hold
		}
	}
	return ctx
}
func (*textCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// registered returns a registry in which acme has registered texts under a, b, c ...
func registered(t testing.TB, database string, c *cache.Cache, tracer pgx.QueryTracer, texts ...string) (*clients.Registry, *store.Store) {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{MaxConns: 2, Tracer: tracer, RetryFor: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	_, key := newKey(t)
	err = s.CreateClient(t.Context(), &store.Client{Name: "acme", Role: string(auth.RolePartner), Mode: string(auth.ModeIDOnly)}, key)
	if err != nil && !errors.Is(err, store.ErrTaken) {
		t.Fatal(err)
	}
	var documents []store.NewDocument
	for i, text := range texts {
		documents = append(documents, store.NewDocument{
			ID: string(rune('a' + i)), Hash: persisted.Hash(text), Shape: persisted.Hash(text), Text: text, Operations: []string{""},
		})
	}
	if _, err := s.PublishDocuments(t.Context(), "acme", documents, edgar.DateOf(time.Now()), false); err != nil {
		t.Fatal(err)
	}
	r, err := clients.Open(t.Context(), clients.Options{Store: s, Cache: c, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

// wantText checks the text of a document of acme.
func wantText(t testing.TB, r *clients.Registry, id, want string) {
	t.Helper()
	if got, err := r.Text(t.Context(), r.Client("acme").Document(id)); err != nil || got != want {
		t.Errorf("text of %s: %q, error %v, want %q", id, got, err, want)
	}
}

// wantReads checks how many texts were read from PostgreSQL.
func wantReads(t *testing.T, c *textCounter, want int64, when string) {
	t.Helper()
	if n := c.n.Load(); n != want {
		t.Errorf("%s: %d texts were read from PostgreSQL, want %d", when, n, want)
	}
}

// TestText reads a text from PostgreSQL once, then from memory; another server finds it in Redis.
func TestText(t *testing.T) {
	t.Parallel()
	redis, database, reads := cachetest.Start(t), storetest.New(t), &textCounter{}
	first, _ := registered(t, database, redis.Cache(), reads, "{ a }", "{ b }")
	for range 3 {
		wantText(t, first, "a", "{ a }")
	}
	wantReads(t, reads, 1, "asked three times")
	second, _ := registered(t, database, redis.Cache(), reads)
	wantText(t, second, "a", "{ a }")
	wantReads(t, reads, 1, "another server")
	wantText(t, second, "b", "{ b }")
	wantReads(t, reads, 2, "another text")

	redis.Stop()
	third, _ := registered(t, database, redis.Cache(), reads)
	wantText(t, third, "a", "{ a }")
	wantReads(t, reads, 3, "without Redis")
	wantText(t, second, "a", "{ a }")
	wantReads(t, reads, 3, "from memory, without Redis")
}

// TestWrongText finds other texts in Redis than those that belong there: they are not used, are counted and replaced.
func TestWrongText(t *testing.T) {
	t.Parallel()
	redis, database, reads := cachetest.Start(t), storetest.New(t), &textCounter{}
	c := redis.Cache()
	for i, wrong := range []string{"{ b }", "", "{ a } ", "{ A }"} {
		hash := persisted.Hash("{ a }")
		key := hex.EncodeToString(hash[:])
		c.Set(t.Context(), "document", key, []byte(wrong), time.Hour)
		r, _ := registered(t, database, c, reads, "{ a }")
		wantText(t, r, "a", "{ a }")
		wantReads(t, reads, int64(i+1), fmt.Sprintf("%q in Redis", wrong))
		if n := r.WrongTexts(); n != 1 {
			t.Errorf("%q in Redis: %d wrong texts were counted, want 1", wrong, n)
		}
		if kept, _ := c.Get(t.Context(), "document", key); string(kept) != "{ a }" {
			t.Errorf("%q in Redis: %q there afterwards", wrong, kept)
		}
	}
}

// TestTextTogether asks for one text many times at once, and is not held up by one who goes away: it is read once.
func TestTextTogether(t *testing.T) {
	t.Parallel()
	reads := &textCounter{}
	r, _ := registered(t, storetest.New(t), nil, reads, "{ a }")
	reads.hold = make(chan struct{})
	document := r.Client("acme").Document("a")
	hasty, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := r.Text(hasty, document)
		left <- err
	}()
	<-reads.hold // PostgreSQL is about to be asked
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: error %v, want Canceled", err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() { wantText(t, r, "a", "{ a }") })
	}
	reads.hold <- struct{}{}
	wait.Wait()
	wantReads(t, reads, 1, "20 at once")
}

// TestTextAway asks while PostgreSQL is away: what is in memory or Redis is there, the rest is an error that goes away.
func TestTextAway(t *testing.T) {
	t.Parallel()
	server, redis := storetest.NewCluster(t), cachetest.Start(t)
	r, _ := registered(t, server.URL(), redis.Cache(), nil, "{ a }", "{ b }", "{ c }")
	wantText(t, r, "a", "{ a }")
	hash := persisted.Hash("{ b }")
	redis.Cache().Set(t.Context(), "document", hex.EncodeToString(hash[:]), []byte("{ b }"), time.Hour)
	server.Stop(embedded.Fast)
	wantText(t, r, "a", "{ a }")
	wantText(t, r, "b", "{ b }")
	if _, err := r.Text(t.Context(), r.Client("acme").Document("c")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	server.Start()
	wantText(t, r, "c", "{ c }")
}

// TestTextAllocations checks what a text costs that is in memory.
func TestTextAllocations(t *testing.T) { // not parallel: allocations of others would count
	r, _ := registered(t, storetest.New(t), nil, nil, "{ a }")
	document := r.Client("acme").Document("a")
	wantText(t, r, "a", "{ a }")
	n := testing.AllocsPerRun(100, func() {
		if _, err := r.Text(t.Context(), document); err != nil {
			t.Error(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkText(b *testing.B) {
	r, _ := registered(b, storetest.New(b), nil, nil, "{ a }")
	document := r.Client("acme").Document("a")
	wantText(b, r, "a", "{ a }")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Text(b.Context(), document); err != nil {
			b.Fatal(err)
		}
	}
}
