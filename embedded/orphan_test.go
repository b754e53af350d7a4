//go:build unix

package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/embedded"
)

func TestServerEndsWithAKilledOwner(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	owner := startOwner(t, dir)
	execute(t, owner.URL, "create table kept (what text); insert into kept values ('this')")

	owner.kill()
	eventually(t, "the server ends", 10*time.Second, func() bool { return gone(owner.PID) })

	server := start(t, dir)
	if server.Attached() {
		t.Error("attached to a server that was gone")
	}
	if got := value(t, server.URL(), "select what from kept"); got != "this" {
		t.Errorf("found %q, want what was written before", got)
	}
}

// TestStartRightAfterAKill starts while the server of a killed process may still be ending.
func TestStartRightAfterAKill(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	for range 5 {
		owner := startOwner(t, dir)
		if owner.Attached {
			t.Fatal("attached to a server that is ending")
		}
		execute(t, owner.URL, "create table if not exists kept ()")
		owner.kill()
	}
}

func TestTwoProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	owners := make(chan *ownerProcess, 2)
	for range 2 {
		go func() { owners <- startOwner(t, dir) }()
	}
	first, second := <-owners, <-owners
	if first.Attached == second.Attached || first.URL != second.URL {
		t.Errorf("%+v and %+v, want one that is attached to the other", first.report, second.report)
	}
	for _, p := range []*ownerProcess{first, second} {
		execute(t, p.URL, "select 1")
	}
}

func TestRecoversAfterEverythingIsKilled(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	owner := startOwner(t, dir)
	execute(t, owner.URL, "create table kept (what text); insert into kept values ('this')")
	if err := syscall.Kill(owner.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	owner.kill()
	if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); err != nil {
		t.Fatalf("a killed server leaves its pid file: %v", err)
	}
	server := start(t, dir)
	if got := value(t, server.URL(), "select what from kept"); got != "this" {
		t.Errorf("found %q, want what was written before", got)
	}
}

// TestWaitsForWorkOfAKilledServer starts while a process of the killed server is still busy and does not notice.
func TestWaitsForWorkOfAKilledServer(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	owner := startOwner(t, dir)
	conn, err := pgx.Connect(t.Context(), owner.URL)
	if err != nil {
		t.Fatal(err)
	}
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		_, _ = conn.Exec(t.Context(), "do $$ declare i int; begin for i in 1..30000000 loop null; end loop; end $$")
	}()
	eventually(t, "the work has begun", deadline, func() bool {
		return value(t, owner.URL, "select count(*)::text from pg_stat_activity where query like 'do%' and state = 'active'") == "1"
	})
	if err := syscall.Kill(owner.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	owner.kill()
	start(t, dir)
	select {
	case <-busy:
	default:
		t.Error("the new server runs beside a process of the old one")
	}
}

// TestPidOfAnotherProcess starts with a pid file whose process id now belongs to something else.
func TestPidOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	stop(t, start(t, dir))
	sleeper := exec.CommandContext(t.Context(), "sleep", "600")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = sleeper.Process.Kill()
		_ = sleeper.Wait()
	}()
	data := filepath.Join(dir, "postgres")
	text := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n  1234 5678\nready   \n", sleeper.Process.Pid, data, data)
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if server := start(t, dir); server.Attached() {
		t.Error("attached to a process that is no server")
	}
	if gone(sleeper.Process.Pid) {
		t.Error("the other process was killed")
	}
}

// TestServerRunByHand attaches to a server somebody has started on the folder.
func TestServerRunByHand(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	stop(t, start(t, dir))
	data := filepath.Join(dir, "postgres")
	programs, account := installed(t, data)
	byHand := exec.CommandContext(t.Context(), filepath.Join(programs.Dir, "postgres"), "-D", data,
		"-c", "unix_socket_directories="+data, "-c", "listen_addresses=")
	byHand.Dir = "/"
	byHand.SysProcAttr = account.Attributes()
	if err := byHand.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = byHand.Process.Signal(syscall.SIGQUIT)
		_ = byHand.Wait()
	}()
	pidFile := filepath.Join(data, "postmaster.pid")
	eventually(t, "the server by hand is ready", deadline, func() bool {
		text, err := os.ReadFile(pidFile)
		return err == nil && strings.Contains(string(text), "ready")
	})
	server := start(t, dir)
	if !server.Attached() {
		t.Error("not attached to the server that runs")
	}
	stop(t, server)
	if got := value(t, server.URL(), "select 'alive'"); got != "alive" {
		t.Error("the server by hand was stopped")
	}
}

// installed returns the programs and the account of a server on a data folder.
func installed(t *testing.T, data string) (embedded.Programs, embedded.Account) {
	t.Helper()
	account, err := embedded.AccountFor(data)
	if err != nil {
		t.Fatal(err)
	}
	programs, err := embedded.InstalledPrograms(os.Getenv("PATH")).Find(t.Context(), account, 0)
	if err != nil {
		t.Fatal(err)
	}
	return programs, account
}

// gone reports whether a process has ended; one that only waits to be reaped has.
func gone(pid int) bool {
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	if _, notFound := errors.AsType[*exec.ExitError](err); notFound {
		return true
	}
	return err == nil && strings.HasPrefix(string(out), "Z")
}
