//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Redis is a private Redis server, started by this process or by another one on the same folder. It keeps nothing on
// disk. Its methods may be used concurrently.
type Redis struct {
	socket string // path
	logger *slog.Logger

	// What follows is set for the owner only.
	server   *Server
	files    []*os.File    // lock and log, closed when the server has ended
	released chan struct{} // closed when they are

	stop    sync.Mutex
	stopped bool
}

// StartRedis starts a Redis on options.Dir, or attaches to the one that runs there, and waits until it answers; ctx
// bounds that, not the server. The folder may be the one of a Postgres. The server listens on a unix socket in a folder
// of mode 0700, does not run as root, and on Linux ends when this process ends, however it ends.
//
// Errors: ErrNoRedis, and those of ctx.
func StartRedis(ctx context.Context, options RedisOptions) (*Redis, error) {
	begun := time.Now()
	s := &redisStarter{options: options, logger: Options{Logger: options.Logger}.logger()}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("embedded Redis: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, redisStartTimeout)
	defer cancel()
	for {
		redis, err := s.try(ctx)
		if err == nil {
			s.logger.InfoContext(ctx, "Redis runs", "dir", s.options.Dir, "attached", redis.Attached(),
				"took", time.Since(begun).Round(time.Millisecond))
			return redis, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, fmt.Errorf("embedded Redis: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("embedded Redis: another process starts or stops the server on %s: %w",
				s.options.Dir, context.Cause(ctx))
		case <-time.After(attachPause):
		}
	}
}

// redisStartTimeout bounds a start: there is nothing to recover.
const redisStartTimeout = 5 * time.Second

// URL returns the URL of the server. It leads through a unix socket and stays the same for a folder.
func (r *Redis) URL() string { return (&url.URL{Scheme: "unix", Path: r.socket}).String() }

// Attached reports whether another process owns the server.
func (r *Redis) Attached() bool { return r.server == nil }

// PID returns the process id of the server this process has started, 0 for one that it is attached to.
func (r *Redis) PID() int {
	if r.Attached() {
		return 0
	}
	return r.server.PID()
}

// Stop stops the server if this process started it, also for those that are attached to it, and returns when it has
// ended. What it holds is gone. Stopping again does nothing.
func (r *Redis) Stop() {
	if r.Attached() {
		return
	}
	r.stop.Lock()
	r.stopped = true
	r.stop.Unlock()
	r.server.signal(syscall.SIGKILL) // there is nothing to be saved
	<-r.released
}

// watch cleans up when the server has ended, and logs an end that nobody wanted. Whoever comes next may start another
// one on the same socket.
func (r *Redis) watch(log string) {
	defer close(r.released)
	<-r.server.Done()
	_ = os.Remove(r.socket) // the next start would do it as well
	if folder := filepath.Dir(r.socket); filepath.Base(folder) != "redis" {
		_ = os.Remove(folder) // it is one of its own, made again when it is needed
	}
	for _, file := range slices.Backward(r.files) {
		_ = file.Close() // the log is the server's, and the lock is empty
	}
	r.stop.Lock()
	defer r.stop.Unlock()
	if !r.stopped {
		r.logger.Error("Redis ended unexpectedly, going on without it", "error", ended(r.server.err), "log", log)
	}
}
