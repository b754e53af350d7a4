//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// attachPause is the time between two attempts to reach a server that another process starts or stops.
	attachPause = 20 * time.Millisecond
	// largestLog is the size in bytes from which the server's log is begun anew at a start; the old one is kept once.
	largestLog = 10 * mib
)

// Postgres is a private PostgreSQL server, started by this process or by another one on the same folder.
// Its methods may be used concurrently.
type Postgres struct {
	url    string
	logger *slog.Logger

	// What follows is set for the owner only.
	cluster *Cluster
	server  *Server
	files   []*os.File    // lock and log, closed when the server has ended
	flushed chan struct{} // closed when the data folder is on disk, or will not be
	stop    sync.Mutex
	stopped bool

	cancelFlush context.CancelFunc
}

// StartPostgres starts a server on options.Dir, or attaches to the one that runs there. At the first start it makes the
// data folder and the database. It waits until the server accepts connections, be it that it must recover, or that
// another process is starting or stopping it; ctx bounds that, not the server.
//
// Errors: ErrNoPostgres, ErrVersion, and those of ctx.
func StartPostgres(ctx context.Context, options Options) (*Postgres, error) {
	begun := time.Now()
	s := &starter{options: options, logger: options.logger()}
	if err := s.makeDir(); err != nil {
		return nil, fmt.Errorf("embedded PostgreSQL: %w", err)
	}
	for {
		postgres, err := s.try(ctx)
		if err == nil {
			s.logger.InfoContext(ctx, "PostgreSQL runs", "dir", s.options.Dir, "attached", postgres.Attached(),
				"took", time.Since(begun).Round(time.Millisecond))
			return postgres, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, fmt.Errorf("embedded PostgreSQL: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("embedded PostgreSQL: another process starts or stops the server on %s: %w",
				s.options.Dir, context.Cause(ctx))
		case <-time.After(attachPause):
		}
	}
}

// URL returns the URL of the database. It leads through a unix socket, needs no password, and stays the same for a folder.
func (p *Postgres) URL() string { return p.url }

// DirectURL returns the URL for what needs a session of its own. Nothing stands between, so it is URL.
func (p *Postgres) DirectURL() string { return p.url }

// Attached reports whether another process owns the server.
func (p *Postgres) Attached() bool { return p.server == nil }

// Done returns a channel that is closed when the server this process started has ended, wanted or not.
// For an attached one it is nil, and never ready.
func (p *Postgres) Done() <-chan struct{} {
	if p.Attached() {
		return nil
	}
	return p.server.Done()
}

// Stop stops the server if this process started it, also for those that are attached to it: what they have open is
// rolled back. It returns when the server has ended. When ctx is done before that, the server is stopped at once,
// recovers at the next start, and Stop returns the error. Stopping again does nothing.
func (p *Postgres) Stop(ctx context.Context) error {
	if p.Attached() {
		return nil
	}
	p.stop.Lock()
	defer p.stop.Unlock()
	if p.stopped {
		return nil
	}
	p.stopped = true
	select {
	case <-p.flushed:
	case <-ctx.Done():
	}
	p.cancelFlush()
	<-p.flushed
	err := p.server.Stop(ctx, Fast)
	p.cluster.removeSockets()
	for _, file := range slices.Backward(p.files) {
		err = errors.Join(err, file.Close())
	}
	return err
}

// watch logs the end of a server that nobody stopped.
func (p *Postgres) watch(log string) {
	<-p.server.Done()
	p.stop.Lock()
	defer p.stop.Unlock()
	if !p.stopped {
		p.logger.Error("PostgreSQL ended unexpectedly", "error", ended(p.server.err), "log", log)
	}
}

// flushFiles writes the new data folder through to the disk while the server is already used: initdb did not wait for
// that. What the server itself has written since is safe without it.
func (p *Postgres) flushFiles(ctx context.Context) {
	defer close(p.flushed)
	if err := p.cluster.FlushCommand(ctx).Run(); err != nil && ctx.Err() == nil {
		p.logger.WarnContext(ctx, "the new data folder of PostgreSQL could not be flushed to disk", "error", err)
	}
}

// openLog opens the server's log for appending.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() >= largestLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
}

// logPath returns the path of the server's log in the folder of the servers.
func logPath(dir string) string { return filepath.Join(dir, "postgres.log") }
