package cache_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
)

// TestAway brings about each way in which Redis can be of no use, and then its end. One call fails, no other leaves the
// process while the breaker is open, and the cache finds out by itself that Redis is back.
func TestAway(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ begin, end func(*cachetest.Server) }{
		"black hole":     {(*cachetest.Server).Pause, (*cachetest.Server).Resume},
		"killed":         {(*cachetest.Server).Stop, (*cachetest.Server).Start},
		"wrong password": {lockOut, letIn},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := cachetest.Start(t)
			var log lines
			c := cachetest.Open(t, server.URL(), slog.New(slog.NewTextHandler(&log, nil)))
			found(t, c)
			test.begin(server)
			away(t, c)
			test.end(server)
			found(t, c)
			if got := log.count("Redis is away"); got != 1 {
				t.Errorf("%d lines tell that it is away, want 1:\n%s", got, log.String())
			}
			if got := log.count("Redis is back"); got != 1 {
				t.Errorf("%d lines tell that it is back, want 1:\n%s", got, log.String())
			}
		})
	}
}

// found waits until a value is stored and found, which on a busy machine may not be at once.
func found(t *testing.T, c *cache.Cache) {
	t.Helper()
	cachetest.Eventually(t, "a value is stored and found", func() bool {
		c.Set(t.Context(), "text", "a", []byte("x"), time.Hour)
		_, ok := c.Get(t.Context(), "text", "a")
		return ok
	})
}

// lockOut makes the server want a password, also of those who are connected.
func lockOut(s *cachetest.Server) {
	ctx := context.Background()
	client := s.Client()
	s.Config("requirepass", "secret")
	client.Do(ctx, "AUTH", "secret")
	client.Do(ctx, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
}

func letIn(s *cachetest.Server) {
	s.Stop()
	s.Start()
}

// away checks that one call fails, within the time that is promised, and that those after it are not made at all.
func away(t *testing.T, c *cache.Cache) {
	t.Helper()
	const calls = 1000
	before := c.Stats()
	begun := time.Now()
	for range calls {
		if _, ok := c.Get(t.Context(), "text", "a"); ok {
			t.Fatal("found while Redis is away")
		}
	}
	took := time.Since(begun)
	after := c.Stats()
	// More than half a second only passes here where the machine stands still; each turn costs one probe, and no call.
	if failed := after.Failures - before.Failures; failed != 1 {
		t.Errorf("%d calls were made and failed, want 1", failed)
	}
	if rejected := after.Rejected - before.Rejected; rejected != calls-1 {
		t.Errorf("%d calls were not made, want %d", rejected, calls-1)
	}
	if took > 5*time.Second { // 60 ms and 999 times less than 1 µs
		t.Errorf("%d calls took %v", calls, took)
	}
}

// TestNobodyThere opens caches where there is no Redis at all.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"no socket":      (&url.URL{Scheme: "unix", Path: filepath.Join(t.TempDir(), "none.sock")}).String(),
		"refused":        "redis://" + freeAddress(t),
		"silent":         "redis://" + silent(t),
		"another tongue": "redis://" + babbler(t),
		"cluster":        "redis://" + freeAddress(t) + "," + freeAddress(t),
	}
	for name, url := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			away(t, cachetest.Open(t, url, nil))
		})
	}
}

// freeAddress returns an address where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l := listen(t)
	_ = l.Close()
	return l.Addr().String()
}

// silent returns an address that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String() // the kernel takes them
}

// babbler returns an address that says what no Redis would.
func babbler(t *testing.T) string {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}
	}()
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestTakesNoWrites keeps reading from a Redis that refuses to store.
func TestTakesNoWrites(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*cachetest.Server){
		"full": func(s *cachetest.Server) {
			s.Config("maxmemory-policy", "noeviction")
			s.Config("maxmemory", "1")
		},
		"read-only replica": func(s *cachetest.Server) { s.Client().Do(context.Background(), "REPLICAOF", "127.0.0.1", "1") },
		"too few replicas":  func(s *cachetest.Server) { s.Config("min-replicas-to-write", "1") },
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := cachetest.Start(t)
			c := server.Cache()
			c.Set(t.Context(), "text", "a", []byte("x"), time.Hour)
			begin(server)
			for range 3 {
				c.Set(t.Context(), "text", "b", []byte("y"), time.Hour)
				if _, ok := c.Get(t.Context(), "text", "a"); !ok {
					t.Error("what is there is not found")
				}
			}
			stats := c.Stats()
			if stats.Failures != 3 || stats.Rejected != 0 {
				t.Errorf("%+v, want that 3 writes fail and nothing is rejected", stats)
			}
		})
	}
}

// TestSlow puts a second between question and answer.
func TestSlow(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	proxy := slowProxy(t, strings.TrimPrefix(server.URL(), "unix://"))
	c := cachetest.Open(t, "redis://"+proxy.address, nil)
	found(t, c)
	proxy.delay(time.Second)
	away(t, c)
	proxy.delay(0)
	found(t, c)
}

// proxy stands before a server and takes its time.
type proxy struct {
	address string
	mu      sync.Mutex
	pause   time.Duration
}

func (p *proxy) delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = d
}

func slowProxy(t *testing.T, socket string) *proxy {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{address: l.Addr().String()}
	ctx := t.Context()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
			if err != nil {
				_ = conn.Close()
				continue
			}
			go func() { _, _ = io.Copy(server, conn); _ = server.Close() }()
			go p.answer(conn, server)
		}
	}()
	return p
}

// answer passes on what the server says, later.
func (p *proxy) answer(conn, server net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		pause := p.pause
		p.mu.Unlock()
		time.Sleep(pause)
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestCallerGivesUp makes a call whose context has ended: that says nothing of Redis.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c := server.Cache()
	c.Set(t.Context(), "text", "a", []byte("x"), time.Hour)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := c.Get(ended, "text", "a"); ok {
		t.Error("found for a caller who has left")
	}
	if _, ok := c.Get(t.Context(), "text", "a"); !ok {
		t.Error("left alone because a caller has left")
	}
}

// TestConcurrentCallers has many ask at the moment at which Redis goes away: each waits once at most.
func TestConcurrentCallers(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c := cachetest.Open(t, server.URL(), nil)
	const callers = 50
	server.Pause()
	defer server.Resume()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range 100 {
				c.Get(t.Context(), "text", "a")
			}
		})
	}
	group.Wait()
	if stats := c.Stats(); stats.Failures > callers || stats.Failures+stats.Rejected != 100*callers {
		t.Errorf("%+v, want one failure each at most", stats)
	}
}

// TestCloseWhileAProbeIsUnderWay must not leave it behind.
func TestCloseWhileAProbeIsUnderWay(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c, err := cache.Open(server.URL(), cache.Options{Namespace: "test"})
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	c.Get(t.Context(), "text", "a")
	for range 100 {
		c.Get(t.Context(), "text", "a")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := c.Get(t.Context(), "text", "a"); ok {
		t.Error("found after the end")
	}
}

// BenchmarkAway measures the first call of an outage, and those after it.
func BenchmarkAway(b *testing.B) {
	b.Run("first", func(b *testing.B) {
		server := cachetest.Start(b)
		server.Pause()
		defer server.Resume()
		for b.Loop() {
			b.StopTimer()
			c := cachetest.Open(b, server.URL(), nil)
			b.StartTimer()
			c.Get(b.Context(), "text", "a")
		}
	})
	b.Run("later", func(b *testing.B) {
		server := cachetest.Start(b)
		c := cachetest.Open(b, server.URL(), nil)
		server.Pause()
		defer server.Resume()
		c.Get(b.Context(), "text", "a")
		b.ReportAllocs()
		for b.Loop() {
			c.Get(b.Context(), "text", "a")
		}
	})
}

// lines is a log.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

func (l *lines) count(what string) int { return strings.Count(l.String(), what) }
