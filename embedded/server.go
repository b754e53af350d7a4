//go:build unix

package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// pollPause is the time between two looks at something that cannot be waited for.
	pollPause = 5 * time.Millisecond
	// inUsePause is the time between two starts on a folder where processes of an earlier server still run.
	inUsePause = 100 * time.Millisecond
	// immediateWait is how long a server gets to end at once before it is killed.
	immediateWait = 5 * time.Second
	// logTail is how much of the server's log an error quotes.
	logTail = 2 << 10
)

// StopMode is how a server is stopped.
type StopMode int

// The modes of stopping, as PostgreSQL calls them.
const (
	Smart     StopMode = iota // waits for the clients to leave
	Fast                      // rolls back what is open, then ends cleanly
	Immediate                 // ends at once; the next start recovers
)

func (m StopMode) signal() syscall.Signal {
	switch m {
	case Smart:
		return syscall.SIGTERM
	case Immediate:
		return syscall.SIGQUIT
	case Fast:
	}
	return syscall.SIGINT
}

// Server is a running server that this process started. Its methods may be used concurrently.
type Server struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of the process, once done is closed
}

// errInUse means that processes of a server that was killed still run. They end by themselves, at the latest with what
// they are working on.
var errInUse = errors.New("processes of an earlier server still run")

// Start starts the server, which writes its log to log, and returns when it accepts connections. None may run on the
// folder yet. Recovery after a crash may take long; ctx bounds the start, not the server. On Linux the server stops when
// this process ends, however it ends.
func (c *Cluster) Start(ctx context.Context, log *os.File) (*Server, error) {
	for {
		server, err := c.startOnce(ctx, log)
		if err == nil {
			return server, nil
		}
		if !errors.Is(err, errInUse) || ctx.Err() != nil {
			return nil, fmt.Errorf("start PostgreSQL on %s: %w", c.data, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(inUsePause):
		}
	}
}

// startOnce is Start, without patience for an earlier server. Errors: errInUse.
func (c *Cluster) startOnce(ctx context.Context, log *os.File) (*Server, error) {
	if err := c.removeStaleLocks(); err != nil {
		return nil, err
	}
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	cmd := c.ServerCommand(ctx)
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd.SysProcAttr, Fast.signal())
	server, err := launch(cmd)
	if err != nil {
		return nil, err
	}
	if err := c.waitReady(ctx, server); err != nil {
		err = errors.Join(err, server.Stop(context.WithoutCancel(ctx), Immediate))
		said := tail(log, begin)
		if strings.Contains(said, "pre-existing shared memory block") {
			err = errors.Join(errInUse, err)
		}
		return nil, fmt.Errorf("%w%s", err, said)
	}
	return server, nil
}

// removeStaleLocks removes the lock files of a server that was killed. PostgreSQL does so itself unless the process id in
// them is in use again, as it often is in containers, or belongs to a process nobody has reaped. It does not take them
// for its only protection: the processes of an earlier server are found by the memory they share.
func (c *Cluster) removeStaleLocks() error {
	for _, path := range []string{
		filepath.Join(c.data, "postmaster.pid"),
		filepath.Join(c.sockets, socketName(c.port)+".lock"),
	} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// launch starts a command and waits for its end on a thread of its own: the kernel takes the end of the thread that
// started a process for the end of its parent.
func launch(cmd *exec.Cmd) (*Server, error) {
	server := &Server{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		server.err = cmd.Wait()
		close(server.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return server, nil
}

// waitReady returns when the server accepts connections, or why it will not.
func (c *Cluster) waitReady(ctx context.Context, server *Server) error {
	for {
		p, err := readPostmaster(c.data)
		if err == nil && p.PID == server.PID() && p.Ready {
			return c.Ping(ctx)
		}
		select {
		case <-server.done:
			return fmt.Errorf("it ended: %w", ended(server.err))
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollPause):
		}
	}
}

// ended returns the error of a process that should not have ended.
func ended(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// tail returns the last of what was written to the log since begin, on lines of its own.
func tail(log *os.File, begin int64) string {
	end, err := log.Seek(0, io.SeekEnd)
	if err != nil || end == begin {
		return ""
	}
	text := make([]byte, min(end-begin, logTail))
	n, _ := log.ReadAt(text, end-int64(len(text))) // what could be read is all there is to tell
	return "\n" + string(bytes.TrimSpace(text[:n]))
}

// PID returns the process id of the server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Done returns a channel that is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop stops the server and returns when it has ended. When ctx is done before that the server is stopped at once,
// whatever the mode, and the next start recovers. Stopping what has ended is no error.
func (s *Server) Stop(ctx context.Context, mode StopMode) error {
	s.signal(mode.signal())
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT)
	select {
	case <-s.done:
	case <-time.After(immediateWait):
		s.signal(syscall.SIGKILL)
		<-s.done
	}
	return fmt.Errorf("stop PostgreSQL: %w; it was stopped at once and will recover", context.Cause(ctx))
}

// signal sends a signal; that the server has ended meanwhile shows in done.
func (s *Server) signal(signal syscall.Signal) { _ = s.cmd.Process.Signal(signal) }
