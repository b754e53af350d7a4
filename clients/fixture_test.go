package clients_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
)

// patience is how long a test waits for what must happen, on a busy machine.
const patience = time.Minute

func open(t testing.TB, url string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// load returns a registry of what is stored.
func load(t testing.TB, o clients.Options) *clients.Registry {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r, err := clients.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// follow has a registry follow what is stored until the test ends.
func follow(t testing.TB, r *clients.Registry) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Follow(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func await(t testing.TB, what string, signal <-chan struct{}) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
}

func newKey(t testing.TB) (auth.Key, *store.ClientKey) {
	t.Helper()
	key, err := auth.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key, &store.ClientKey{Prefix: key.Prefix, Hash: key.Hash}
}

// create makes a client with the mode of its role and returns its key.
func create(t testing.TB, s *store.Store, name string, role auth.Role) string {
	t.Helper()
	key, row := newKey(t)
	c := &store.Client{Name: name, Role: string(role), Mode: string(role.DefaultMode())}
	if err := s.CreateClient(t.Context(), c, row); err != nil {
		t.Fatal(err)
	}
	return key.Text
}

func rotate(t testing.TB, s *store.Store, name string, grace time.Duration) string {
	t.Helper()
	key, row := newKey(t)
	if _, err := s.RotateKey(t.Context(), name, row, grace); err != nil {
		t.Fatal(err)
	}
	return key.Text
}

// publish registers texts by their ids.
func publish(t testing.TB, s *store.Store, client string, texts map[string]string) {
	t.Helper()
	var documents []store.NewDocument
	for id, text := range texts {
		shape, err := persisted.Shape(text)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, store.NewDocument{
			ID: id, Hash: persisted.Hash(text), Shape: shape, Text: text, Operations: []string{""},
		})
	}
	if _, err := s.PublishDocuments(t.Context(), client, documents, 0, false); err != nil {
		t.Fatal(err)
	}
}

// asks is the name of who asks with a key, empty for nobody.
func asks(t testing.TB, r *clients.Registry, key string) string {
	t.Helper()
	c, err := r.Authenticate(key)
	if err != nil {
		if err != clients.ErrUnknownKey || c != nil { //nolint:errorlint // nothing is told about why
			t.Errorf("client %v, error %v", c, err)
		}
		return ""
	}
	return c.Viewer.Client
}

// counter counts statements by name.
type counter struct {
	mu   sync.Mutex
	seen map[string]int
	more chan struct{} // closed by the next statement
}

func newCounter() *counter { return &counter{seen: map[string]int{}, more: make(chan struct{})} }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.note(data.SQL)
	return ctx
}
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, q := range data.Batch.QueuedQueries {
		c.note(q.SQL)
	}
	return ctx
}
func (*counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

func (c *counter) note(sql string) {
	line, _, _ := strings.Cut(sql, "\n")
	if name, ok := strings.CutPrefix(line, "-- name: "); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen[name]++
		close(c.more)
		c.more = make(chan struct{})
	}
}

// counts returns how often each statement was sent, and a channel that is closed when another one is.
func (c *counter) counts() (map[string]int, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.seen), c.more
}

// diary is a log that can be waited on.
type diary struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{} // closed by the next line
}

func newDiary() *diary { return &diary{written: make(chan struct{})} }

func (d *diary) logger() *slog.Logger { return slog.New(slog.NewTextHandler(d, nil)) }

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.written)
	d.written = make(chan struct{})
	return d.text.Write(p)
}

// count returns how often something was written, and a channel that is closed when more is.
func (d *diary) count(what string) (int, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Count(d.text.String(), what), d.written
}

// await returns when something was written.
func (d *diary) await(t testing.TB, what string) {
	t.Helper()
	for {
		n, more := d.count(what)
		if n > 0 {
			return
		}
		await(t, what, more)
	}
}
