//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// starter finds out whether to start a server or to attach to one, and does it.
type starter struct {
	options Options
	logger  *slog.Logger
}

// data returns the data folder.
func (s *starter) data() string { return filepath.Join(s.options.Dir, "postgres") }

// makeDir makes the folder of the servers and its parents.
func (s *starter) makeDir() error {
	if s.options.Dir == "" {
		return errors.New("no folder is given")
	}
	dir, err := filepath.Abs(s.options.Dir)
	if err != nil {
		return err
	}
	s.options.Dir = dir
	if os.Geteuid() != 0 {
		return os.MkdirAll(dir, 0o700)
	}
	if _, err := s.account(); err != nil {
		return err
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// The account that root drops to passes through, whatever root's mask is.
	return errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, 0o755)) //nolint:gosec // see above
}

// account returns the account to run the server as, which must be able to get to the folder.
func (s *starter) account() (Account, error) {
	account, err := AccountFor(s.data())
	if err != nil {
		return Account{}, err
	}
	if err := account.enter(s.options.Dir); err != nil {
		return Account{}, fmt.Errorf("data folder: %w; choose another one (CORPINTEL_DATA_DIR)", err)
	}
	return account, nil
}

// try takes the lock that its owner holds as long as the server runs, and starts a server; if somebody else has the lock
// it attaches to theirs. Errors: errLocked, when the owner's server cannot be used (yet, or any more).
func (s *starter) try(ctx context.Context) (*Postgres, error) {
	lock, err := tryLock(filepath.Join(s.options.Dir, "postgres.lock"))
	if errors.Is(err, errLocked) {
		return s.attach(ctx)
	}
	if err != nil {
		return nil, err
	}
	postgres, err := s.own(ctx, lock)
	if err != nil || postgres.Attached() {
		return postgres, errors.Join(err, lock.Close())
	}
	return postgres, nil
}

// attach uses the server that another process owns. Errors: errLocked.
func (s *starter) attach(ctx context.Context) (*Postgres, error) {
	p, err := readPostmaster(s.data())
	if err != nil || !p.Ready || p.Sockets == "" {
		return nil, errLocked
	}
	url := socketURL(p.Sockets, p.Port, application, application)
	if err := ping(ctx, url); err != nil {
		s.logger.DebugContext(ctx, "PostgreSQL of another process is not to be reached yet", "error", err)
		return nil, errLocked
	}
	return &Postgres{url: url, logger: s.logger}, nil
}

// own starts the server; the caller holds the lock.
func (s *starter) own(ctx context.Context, lock *os.File) (*Postgres, error) {
	cluster, err := s.cluster(ctx)
	if err != nil {
		return nil, err
	}
	running, ok, err := cluster.Running()
	if err != nil {
		return nil, err
	}
	if line := commandLine(running.PID); ok && line != "" && !strings.Contains(line, cluster.configArgument()) {
		return s.adopt(ctx, cluster, running)
	}
	// Whatever owned the server is gone. On Linux it is ending already.
	if err := cluster.StopOrphan(ctx, Fast); err != nil {
		return nil, err
	}
	return s.start(ctx, cluster, lock)
}

// cluster returns the cluster of the folder with programs of its version.
func (s *starter) cluster(ctx context.Context) (*Cluster, error) {
	major, err := dataMajor(s.data())
	if err != nil {
		return nil, err
	}
	account, err := s.account()
	if err != nil {
		return nil, err
	}
	search := InstalledPrograms(os.Getenv("PATH"))
	search.BinDir = s.options.BinDir
	programs, err := search.Find(ctx, account, major)
	if errors.Is(err, ErrVersion) {
		return nil, fmt.Errorf("%s: %w", s.data(), err)
	}
	if err != nil {
		return nil, err
	}
	return NewCluster(programs, account, s.data())
}

// adopt attaches to a server that somebody runs on the folder by hand.
func (s *starter) adopt(ctx context.Context, cluster *Cluster, running Postmaster) (*Postgres, error) {
	if running.Sockets == "" {
		return nil, fmt.Errorf("the server with process id %d on %s has no unix socket", running.PID, cluster.data)
	}
	cluster.sockets, cluster.port = running.Sockets, running.Port
	if err := cluster.ensureApplication(ctx); err != nil {
		return nil, err
	}
	return &Postgres{url: cluster.URL(application), logger: s.logger}, nil
}

// start makes what is missing and starts the server.
func (s *starter) start(ctx context.Context, cluster *Cluster, lock *os.File) (postgres *Postgres, err error) {
	fresh, err := cluster.Init(ctx)
	if err != nil {
		return nil, err
	}
	if err := cluster.Configure(nil); err != nil {
		return nil, err
	}
	log, err := openLog(logPath(s.options.Dir))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, log.Close())
		}
	}()
	server, err := cluster.Start(ctx, log)
	if err != nil {
		return nil, err
	}
	if err := cluster.ensureApplication(ctx); err != nil {
		return nil, errors.Join(err, server.Stop(ctx, Fast))
	}
	return s.started(ctx, cluster, server, fresh, lock, log), nil
}

// started returns the server as its owner's, and begins what goes on beside it.
func (s *starter) started(ctx context.Context, cluster *Cluster, server *Server, fresh bool, files ...*os.File) *Postgres {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &Postgres{
		url: cluster.URL(application), logger: s.logger, cluster: cluster, server: server,
		files: files, flushed: make(chan struct{}), cancelFlush: cancel,
	}
	go p.watch(logPath(s.options.Dir))
	if fresh {
		go p.flushFiles(ctx)
	} else {
		close(p.flushed)
	}
	return p
}
