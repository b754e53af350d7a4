package storetest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestServerEndsWithItsLastUser(t *testing.T) {
	t.Parallel()
	base := baseDir(t)
	first := joinAt(t, base, 0)
	second := joinAt(t, base, 0)
	if first.run != second.run {
		t.Fatalf("two servers: %s and %s", first.run, second.run)
	}
	pid := serverPID(t, second)
	leave(t, first)
	alive(t, second)
	leave(t, second)
	isGone(t, second.run, pid)
}

func TestManyJoinAtOnce(t *testing.T) {
	t.Parallel()
	base := baseDir(t)
	const many = 6
	runs := make([]*shared, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() { runs[i] = joinAt(t, base, 0) })
	}
	group.Wait()
	for _, s := range runs {
		if s.run != runs[0].run {
			t.Errorf("several servers: %s and %s", s.run, runs[0].run)
		}
		alive(t, s)
	}
}

// TestJoinWhileTheLastLeaves joins at the moment the supervisor decides that nobody is left.
func TestJoinWhileTheLastLeaves(t *testing.T) {
	t.Parallel()
	base := baseDir(t)
	last := joinAt(t, base, 0)
	for range 3 {
		leave(t, last)
		last = joinAt(t, base, 0)
		alive(t, last)
	}
}

func TestKeeperKeepsTheServer(t *testing.T) {
	t.Parallel()
	base := baseDir(t)
	keeper := exec.CommandContext(t.Context(), "sleep", "600")
	if err := keeper.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() {
		_ = keeper.Process.Kill()
		_ = keeper.Wait()
	})
	defer end()
	first := joinAt(t, base, keeper.Process.Pid)
	pid := serverPID(t, first)
	leave(t, first)
	second := joinAt(t, base, keeper.Process.Pid)
	if first.run != second.run {
		t.Error("the server was not kept")
	}
	leave(t, second)
	end()
	isGone(t, second.run, pid)
}

func TestCrashesAreRecovered(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		killed func(supervisor, server int) []int
	}{
		{"everything", func(supervisor, server int) []int { return []int{supervisor, server} }},
		{"supervisor", func(supervisor, _ int) []int { return []int{supervisor} }},
		{"server", func(_, server int) []int { return []int{server} }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base := baseDir(t)
			first := joinAt(t, base, 0)
			server := serverPID(t, first)
			for _, pid := range test.killed(parentOf(t, server), server) {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			second := joinAt(t, base, 0)
			if second.run == first.run {
				t.Error("joined the server that crashed")
			}
			alive(t, second)
			leave(t, first)
			isGone(t, first.run, server)
		})
	}
}

func TestFolderOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	base := baseDir(t)
	if err := os.Mkdir(base, 0o777); err != nil { //nolint:gosec // tested
		t.Fatal(err)
	}
	s := &shared{}
	if err := s.find(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.joinIn(t.Context(), base); err == nil {
		t.Error("used a folder everybody may write to")
	}
}

// baseDir returns a folder for servers that is not there yet, and that is given up when all of them have ended.
func baseDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // for the account that root drops to
			t.Fatal(err)
		}
	}
	base := filepath.Join(dir, "base")
	t.Cleanup(func() {
		eventually(t, "all servers end", func() bool {
			runs, err := filepath.Glob(filepath.Join(base, "run.*"))
			return err == nil && len(runs) == 0
		})
	})
	return base
}

// joinAt joins the server in a folder until the test ends.
func joinAt(t *testing.T, base string, keeper int) *shared {
	t.Helper()
	s := &shared{keeper: keeper}
	if err := s.find(t.Context()); err != nil {
		t.Error(err)
		return s
	}
	if _, err := s.joinIn(t.Context(), base); err != nil {
		t.Error(err)
		return s
	}
	t.Cleanup(func() { leave(t, s) })
	return s
}

// leave ends the use of a server. It may have ended before.
func leave(t *testing.T, s *shared) {
	t.Helper()
	if err := s.alive.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// alive fails the test if the server does not answer.
func alive(t *testing.T, s *shared) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.cluster.SuperuserURL("postgres"))
	if err != nil {
		t.Errorf("server in %s: %v", s.run, err)
		return
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// serverPID returns the process id of the server.
func serverPID(t *testing.T, s *shared) int {
	t.Helper()
	running, ok, err := s.cluster.Running()
	if err != nil || !ok {
		t.Fatalf("server in %s: running %t, %v", s.run, ok, err)
	}
	return running.PID
}

// parentOf returns the process id of a process' parent.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	parent, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return parent
}

// isGone fails the test unless a server ends soon and takes its folder with it.
func isGone(t *testing.T, run string, pid int) {
	t.Helper()
	eventually(t, "the folder of the server is removed", func() bool { return !exists(run) })
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	if err == nil && !strings.HasPrefix(string(out), "Z") {
		t.Errorf("the server %d still runs", pid)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-timeout:
			t.Fatalf("not in time: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
