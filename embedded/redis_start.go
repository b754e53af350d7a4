//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// redisStarter finds out whether to start a Redis or to attach to one, and does it.
type redisStarter struct {
	options RedisOptions
	logger  *slog.Logger
	account Account
	folder  string // of the server
	socket  string // path
}

// prepare makes the folder of the server and finds out where its socket belongs.
func (s *redisStarter) prepare() error {
	dir := starter{options: Options{Dir: s.options.Dir}}
	if err := dir.makeDir(); err != nil {
		return err
	}
	s.options.Dir = dir.options.Dir
	s.folder = filepath.Join(s.options.Dir, "redis")
	account, err := AccountFor(s.folder)
	if err != nil {
		return err
	}
	if err := account.enter(s.options.Dir); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := account.MakeDir(s.folder); err != nil {
		return err
	}
	const name = "redis.sock"
	sockets, err := socketFolder(account, s.folder, name)
	s.account, s.socket = account, filepath.Join(sockets, name)
	return err
}

// try takes the lock that its owner holds as long as the server runs, and starts a server; if somebody else has the lock
// it attaches to theirs. Errors: errLocked, when the owner's server cannot be used (yet, or any more).
func (s *redisStarter) try(ctx context.Context) (*Redis, error) {
	lock, err := tryLock(filepath.Join(s.options.Dir, "redis.lock"))
	if errors.Is(err, errLocked) {
		if err := pingRedis(ctx, s.socket); err != nil {
			s.logger.DebugContext(ctx, "Redis of another process is not to be reached yet", "error", err)
			return nil, errLocked
		}
		return &Redis{socket: s.socket, logger: s.logger}, nil
	}
	if err != nil {
		return nil, err
	}
	redis, err := s.own(ctx, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return redis, nil
}

// own starts the server; the caller holds the lock.
func (s *redisStarter) own(ctx context.Context, lock *os.File) (*Redis, error) {
	program, err := findRedis(ctx, s.account, s.options.Path)
	if err != nil {
		return nil, err
	}
	// Whatever owned a server that still runs is gone.
	if err := shutdownRedis(ctx, s.socket); err != nil {
		return nil, err
	}
	log, err := openLog(filepath.Join(s.options.Dir, "redis.log"))
	if err != nil {
		return nil, err
	}
	server, err := s.launch(ctx, program, log)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	r := &Redis{socket: s.socket, logger: s.logger, server: server, files: []*os.File{lock, log}, released: make(chan struct{})}
	go r.watch(log.Name())
	return r, nil
}

// launch runs the server and returns when it answers.
func (s *redisStarter) launch(ctx context.Context, program string, log *os.File) (*Server, error) {
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, s.arguments()...)
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = s.account.Attributes()
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	server, err := launch(cmd)
	if err != nil {
		return nil, err
	}
	for {
		err := pingRedis(ctx, s.socket)
		if err == nil {
			return server, nil
		}
		select {
		case <-server.done:
			return nil, fmt.Errorf("it ended: %w%s", ended(server.err), tail(log, begin))
		case <-ctx.Done():
			server.signal(syscall.SIGKILL)
			<-server.done
			return nil, fmt.Errorf("it does not answer: %w: %w%s", context.Cause(ctx), err, tail(log, begin))
		case <-time.After(pollPause):
		}
	}
}

// arguments are the server's settings: one socket, a bounded memory of what was used last, nothing on disk.
func (s *redisStarter) arguments() []string {
	return []string{
		"--port", "0", "--unixsocket", s.socket, "--unixsocketperm", "700", "--dir", s.folder,
		"--daemonize", "no", "--supervised", "no", "--loglevel", "warning", "--logfile", "",
		"--save", "", "--appendonly", "no",
		"--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru",
	}
}
