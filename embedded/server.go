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
	"runtime"
	"syscall"
	"time"
)

const (
	// pollPause is the time between two looks at something that cannot be waited for.
	pollPause = 5 * time.Millisecond
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

// Start starts the server, which writes its log to log, and returns when it accepts connections. Recovery after a crash
// may take long; ctx bounds the start, not the server. On Linux the server stops when this process ends, however it ends.
func (c *Cluster) Start(ctx context.Context, log *os.File) (*Server, error) {
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("log of PostgreSQL: %w", err)
	}
	cmd := c.ServerCommand(ctx)
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd.SysProcAttr)
	server, err := launch(cmd)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := c.waitReady(ctx, server); err != nil {
		stopErr := server.Stop(context.WithoutCancel(ctx), Immediate)
		return nil, fmt.Errorf("start PostgreSQL on %s: %w%s", c.data, errors.Join(err, stopErr), tail(log, begin))
	}
	return server, nil
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
			if err = c.Ping(ctx); err == nil {
				return nil
			}
		}
		select {
		case <-server.done:
			return fmt.Errorf("it ended: %w", ended(server.err))
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
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
