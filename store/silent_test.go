package store_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// proxy stands between a Store and PostgreSQL, and may swallow everything.
type proxy struct {
	url     string
	mu      sync.Mutex
	silent  bool
	changed *sync.Cond
}

// newProxy returns a proxy to a database until the test ends.
func newProxy(t *testing.T, database string) *proxy {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	const port = 5432
	dir := t.TempDir()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	where := url.Values{"host": {dir}, "port": {strconv.Itoa(port)}}
	p := &proxy{url: (&url.URL{
		Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database, RawQuery: where.Encode(),
	}).String()}
	p.changed = sync.NewCond(&p.mu)
	t.Cleanup(func() {
		p.set(false)
		_ = listener.Close()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(t.Context(), "unix", filepath.Join(config.Host, ".s.PGSQL."+strconv.Itoa(int(config.Port))))
			if err != nil {
				_ = client.Close()
				return
			}
			go p.pass(server, client)
			go p.pass(client, server)
		}
	}()
	return p
}

// pass sends on what it reads, as long as it is not to be silent.
func (p *proxy) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	room := make([]byte, 32<<10)
	for {
		n, err := from.Read(room)
		p.mu.Lock()
		for p.silent {
			p.changed.Wait()
		}
		p.mu.Unlock()
		if _, writeErr := to.Write(room[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// set makes the proxy silent, or ends that.
func (p *proxy) set(silent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = silent
	p.changed.Broadcast()
}

// TestSilence asks a PostgreSQL that takes connections and statements and answers nothing: questions end soon after their
// time, and are answered again when it is back.
func TestSilence(t *testing.T) {
	t.Parallel()
	p := newProxy(t, storetest.New(t))
	s := open(t, p.url, store.Options{MaxConns: 2, AcquireTimeout: 200 * time.Millisecond})
	mustNumber(t, s, "select 1")
	p.set(true)
	for i := range 3 { // two connections, then none
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		start := time.Now()
		_, err := number(ctx, s, "select 1")
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("question %d: %v", i, err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("question %d took %v", i, took)
		}
	}
	p.set(false)
	for {
		_, err := number(t.Context(), s, "select 1")
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
	}
}

// TestOpenSilence opens a Store on a PostgreSQL that answers nothing.
func TestOpenSilence(t *testing.T) {
	t.Parallel()
	p := newProxy(t, storetest.New(t))
	p.set(true)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if s, err := store.Open(ctx, p.url, store.Options{}); !errors.Is(err, store.ErrUnavailable) {
		if err == nil {
			s.Close()
		}
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}
