//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Postmaster is what the file postmaster.pid of a data folder tells of the server that runs on it.
type Postmaster struct {
	PID     int
	Port    int
	Sockets string // folder of the first socket, empty if there is none
	Ready   bool   // it accepts connections
}

// errPidFile means that the pid file is not, or not yet, complete.
var errPidFile = errors.New("incomplete postmaster.pid")

// readPostmaster reads the pid file of a data folder. Errors: fs.ErrNotExist, errPidFile.
func readPostmaster(data string) (Postmaster, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return Postmaster{}, err
	}
	return parsePostmaster(string(text))
}

// parsePostmaster reads the lines pid, data folder, start time, port, socket folder, address, shared memory key, status.
// The first three are written before the others.
func parsePostmaster(text string) (Postmaster, error) {
	lines := strings.Split(text, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return Postmaster{}, fmt.Errorf("%w: no process in %.20q", errPidFile, lines[0])
	}
	p := Postmaster{PID: pid}
	if len(lines) < 8 {
		return p, nil
	}
	if p.Port, err = strconv.Atoi(lines[3]); err != nil {
		return Postmaster{}, fmt.Errorf("%w: no port in %.20q", errPidFile, lines[3])
	}
	p.Sockets = lines[4]
	p.Ready = strings.TrimSpace(lines[7]) == "ready"
	return p, nil
}

// Running returns the server that runs on the cluster's data folder, started by whomever.
// The pid in the file counts only if that process is a server of this very folder: pids are used again.
func (c *Cluster) Running() (p Postmaster, ok bool, err error) {
	p, err = readPostmaster(c.data)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errPidFile) {
		return Postmaster{}, false, nil
	}
	if err != nil {
		return Postmaster{}, false, err
	}
	return p, alive(p.PID) && serves(p.PID, c.data), nil
}

// StopOrphan stops the server that runs on the data folder, if one does, and returns when it has ended.
func (c *Cluster) StopOrphan(ctx context.Context, mode StopMode) error {
	p, ok, err := c.Running()
	if err != nil || !ok {
		return err
	}
	if err := syscall.Kill(p.PID, mode.signal()); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the server with process id %d on %s: %w", p.PID, c.data, err)
	}
	for serves(p.PID, c.data) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the end of the server with process id %d on %s: %w", p.PID, c.data, context.Cause(ctx))
		case <-time.After(pollPause):
		}
	}
	return nil
}

// alive reports whether a process is there.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// isPostgres reports whether the first word of a command line is the server's program.
func isPostgres(program string) bool {
	name := filepath.Base(program)
	return name == "postgres" || name == "postmaster"
}
