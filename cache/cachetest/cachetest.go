// Package cachetest runs a Redis for one test: a real server on a unix socket, that a test can stop, start again, pause
// and reconfigure. A missing redis-server fails the test; it does not skip it. Only tests import this package.
package cachetest

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/embedded"
)

// Server is the Redis of a test. It is empty when it has been started, also when it was before.
type Server struct {
	t     testing.TB
	dir   string
	redis *embedded.Redis // nil while it is stopped
	url   string
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, dir: folder(t)}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// folder returns a folder that the account which root drops to can get to.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // see above
			t.Fatal(err)
		}
	}
	return dir
}

// URL returns the URL of the server, which stays the same when it is started again.
func (s *Server) URL() string { return s.url }

// Start starts the server after a Stop. It is empty, and has its first settings.
func (s *Server) Start() {
	s.t.Helper()
	if s.redis != nil {
		s.t.Fatal("the Redis of the test runs already")
	}
	server, err := embedded.StartRedis(s.t.Context(), embedded.RedisOptions{Dir: s.dir, Path: os.Getenv("PATH")})
	if err != nil {
		s.t.Fatalf("tests need Redis: %v", err)
	}
	s.redis, s.url = server, server.URL()
}

// Stop kills the server: connections are refused from then on.
func (s *Server) Stop() {
	if s.redis != nil {
		s.redis.Stop()
		s.redis = nil
	}
}

// Pause makes the server a black hole: it takes connections and requests, and answers nothing.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends a Pause. What was asked meanwhile is done now.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(s.redis.PID(), signal); err != nil {
		s.t.Fatal(err)
	}
}

// Client returns a patient client, for what a test wants to see or to spoil behind a cache's back.
func (s *Server) Client() *redis.Client {
	s.t.Helper()
	options, err := redis.ParseURL(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	client := redis.NewClient(options)
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

// Config changes a setting of the server until it is stopped.
func (s *Server) Config(name, value string) {
	s.t.Helper()
	if err := s.Client().ConfigSet(s.t.Context(), name, value).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// patience is how long a cache waits where a test is about something else.
const patience = 20 * time.Second

// Cache returns a cache on the server, in the namespace "test", which waits as long as it takes: on a busy machine Redis
// may not answer in the time that requests have. It is closed when the test ends.
func (s *Server) Cache() *cache.Cache {
	s.t.Helper()
	return open(s.t, s.url, cache.Options{Timeout: patience})
}

// Open returns a cache on a URL, in the namespace "test", which waits no longer than a server's does. It is closed when
// the test ends.
func Open(t testing.TB, url string, logger *slog.Logger) *cache.Cache {
	t.Helper()
	return open(t, url, cache.Options{Logger: logger})
}

func open(t testing.TB, url string, options cache.Options) *cache.Cache {
	t.Helper()
	options.Namespace = "test"
	c, err := cache.Open(url, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Eventually waits until something holds.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-timeout:
			t.Fatalf("not within 30 s: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
