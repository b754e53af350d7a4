package clients_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// clock is a time that tests set.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(1_800_000_000+c.seconds.Load(), 0).UTC() }

// statementCounter counts statements.
type statementCounter struct{ n atomic.Int64 }

func (c *statementCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (*statementCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func newUsage(s *store.Store, c *clock) *clients.Usage {
	return clients.NewUsage(clients.UsageOptions{Store: s, Now: c.now, Logger: slog.New(slog.DiscardHandler)})
}

// usageOf returns what is stored of the usage of acme's documents: count and seconds of the first and last use.
func usageOf(t *testing.T, s *store.Store) map[string][3]int64 {
	t.Helper()
	documents, err := s.DocumentsOfClient(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][3]int64)
	for _, d := range documents {
		if d.LastUsedAt != nil {
			found[d.ID] = [3]int64{d.Count, d.FirstUsedAt.Unix() - 1_800_000_000, d.LastUsedAt.Unix() - 1_800_000_000}
		}
	}
	return found
}

func flush(t *testing.T, u *clients.Usage) {
	t.Helper()
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestUsage notes uses and stores them, with one statement each time that there are any.
func TestUsage(t *testing.T) {
	t.Parallel()
	sent := &statementCounter{}
	r, s := registered(t, storetest.New(t), nil, sent, "{ a }", "{ b }", "{ c }")
	at := &clock{}
	u := newUsage(s, at)
	acme := r.Client("acme")
	for second, ids := range []string{"a", "", "ab", "a", "b"} {
		at.seconds.Store(int64(second))
		for _, id := range ids {
			u.Note(acme.Document(string(id)))
		}
	}
	before := sent.n.Load()
	flush(t, u)
	flush(t, u)
	if n := sent.n.Load() - before; n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
	if diff := cmp.Diff(map[string][3]int64{"a": {3, 0, 3}, "b": {2, 2, 4}}, usageOf(t, s)); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	at.seconds.Store(9)
	u.Note(acme.Document("b"))
	u.Note(acme.Document("c"))
	if err := u.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][3]int64{"a": {3, 0, 3}, "b": {3, 2, 9}, "c": {1, 9, 9}}, usageOf(t, s)); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
	(*clients.Usage)(nil).Note(acme.Document("a"))
}

// TestUsageTogether notes from many sides, of many servers' registries, while it is stored: nothing is lost or counted twice.
func TestUsageTogether(t *testing.T) {
	t.Parallel()
	r, s := registered(t, storetest.New(t), nil, nil, "{ a }", "{ b }", "{ c }")
	u := newUsage(s, &clock{})
	const writers, each = 8, 2000
	var wait sync.WaitGroup
	for range writers {
		wait.Go(func() {
			for i := range each {
				u.Note(r.Client("acme").Document([]string{"a", "b", "c", "a"}[i%4]))
			}
		})
	}
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		flush(t, u)
	}
	if diff := cmp.Diff(map[string][3]int64{"a": {writers * each / 2, 0, 0}, "b": {writers * each / 4, 0, 0}, "c": {writers * each / 4, 0, 0}}, usageOf(t, s)); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

// TestUsageIsKept cannot store for a while, because PostgreSQL is away or the role may not: what was noted meanwhile is
// stored later.
func TestUsageIsKept(t *testing.T) {
	t.Parallel()
	server := storetest.NewCluster(t)
	r, s := registered(t, server.URL(), nil, nil, "{ a }", "{ b }")
	at := &clock{}
	var log strings.Builder
	u := clients.NewUsage(clients.UsageOptions{Store: s, Now: at.now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	note := func(ids ...string) {
		for _, id := range ids {
			u.Note(r.Client("acme").Document(id))
		}
	}
	note("a")
	server.Stop(embedded.Fast)
	for second := range 3 {
		at.seconds.Store(int64(second))
		note("a")
		if err := u.Flush(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("error %v, want ErrUnavailable", err)
		}
	}
	server.Start()
	for u.Flush(t.Context()) != nil { // connections that are broken are noticed one by one
		if t.Context().Err() != nil {
			t.Fatal("the usage is never stored")
		}
	}
	if diff := cmp.Diff(map[string][3]int64{"a": {4, 0, 2}}, usageOf(t, s)); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}

	exec := func(sql string) {
		t.Helper()
		if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("alter table document_usage rename to away")
	note("b", "a")
	for range 2 {
		if err := u.Flush(t.Context()); err == nil || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("error %v, want that of PostgreSQL", err)
		}
	}
	exec("alter table away rename to document_usage")
	flush(t, u)
	if diff := cmp.Diff(map[string][3]int64{"a": {5, 0, 2}, "b": {1, 2, 2}}, usageOf(t, s)); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if n, m := strings.Count(log.String(), "is not stored"), strings.Count(log.String(), "is stored again"); n != 2 || m != 2 {
		t.Errorf("%d failures and %d recoveries were logged, want 2 and 2:\n%s", n, m, log.String())
	}
}

// TestFollowUsage stores without being told to.
func TestFollowUsage(t *testing.T) {
	t.Parallel()
	stored := &usageSignal{stored: make(chan struct{}, 1)}
	r, s := registered(t, storetest.New(t), nil, stored, "{ a }")
	u := newUsage(s, &clock{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { u.Follow(ctx); close(ended) }()
	u.Note(r.Client("acme").Document("a"))
	select {
	case <-stored.stored:
	case <-time.After(time.Minute):
		t.Error("it was not stored")
	}
	cancel()
	<-ended
	if diff := cmp.Diff(map[string][3]int64{"a": {1, 0, 0}}, usageOf(t, s)); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

// usageSignal says when usage was stored.
type usageSignal struct{ stored chan struct{} }

type isUsage struct{}

func (*usageSignal) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, isUsage{}, strings.HasPrefix(data.SQL, "-- name: AddDocumentUsage\n"))
}

func (s *usageSignal) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if is, _ := ctx.Value(isUsage{}).(bool); is {
		s.stored <- struct{}{}
	}
}

// TestNoteAllocations checks what noting costs.
func TestNoteAllocations(t *testing.T) { // not parallel: allocations of others would count
	r, s := registered(t, storetest.New(t), nil, nil, "{ a }")
	u, document := newUsage(s, &clock{}), r.Client("acme").Document("a")
	if n := testing.AllocsPerRun(100, func() { u.Note(document) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkNote(b *testing.B) {
	var texts []string
	for i := range 16 {
		texts = append(texts, fmt.Sprintf("{ a%d }", i))
	}
	r, s := registered(b, storetest.New(b), nil, nil, texts...)
	u := clients.NewUsage(clients.UsageOptions{Store: s, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	documents := make([]*clients.Document, len(texts))
	for i := range documents {
		documents[i] = r.Client("acme").Document(string(rune('a' + i)))
	}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			u.Note(documents[i%len(documents)])
		}
	})
}
