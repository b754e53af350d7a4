//go:build unix

package embedded_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/embedded"
)

// ownerVariable makes the test program start a server on the folder it names and hold it until it is killed.
const ownerVariable = "EMBEDDED_TEST_OWNER"

// deadline bounds everything a test waits for.
const deadline = 30 * time.Second

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerVariable); dir != "" {
		own(dir)
	}
	if dir := os.Getenv(redisOwnerVariable); dir != "" {
		ownRedis(dir)
	}
	os.Exit(m.Run())
}

// report is what a process that starts a server tells of it, as a line of JSON.
type report struct {
	URL      string
	Attached bool
	PID      int // of the server, 0 if attached
	Err      string
}

// own starts a server, reports, and waits until the process is killed or its standard input is closed.
func own(dir string) {
	var said report
	server, err := embedded.StartPostgres(context.Background(), embedded.Options{Dir: dir})
	if err != nil {
		said.Err = err.Error()
	} else {
		said.URL, said.Attached = server.URL(), server.Attached()
		if !said.Attached {
			running, _, _ := server.Running()
			said.PID = running.PID
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		os.Exit(1)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	os.Exit(0)
}

// ownerProcess is a process that has started a server.
type ownerProcess struct {
	report
	cmd *exec.Cmd
}

// startOwner runs a process that starts a server on a folder, or attaches to it.
func startOwner(t *testing.T, dir string) *ownerProcess {
	t.Helper()
	owner := &ownerProcess{cmd: exec.CommandContext(t.Context(), os.Args[0])} //nolint:gosec // this program
	owner.cmd.Env = append(os.Environ(), ownerVariable+"="+dir)
	owner.cmd.Stderr = os.Stderr
	if _, err := owner.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := owner.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		owner.kill()
		if owner.PID != 0 { // it writes to the folder until it has ended
			eventually(t, "the server ends", deadline, func() bool { return gone(owner.PID) })
		}
	})
	if err := json.NewDecoder(out).Decode(&owner.report); err != nil {
		t.Fatalf("report of the owner: %v", err)
	}
	if owner.Err != "" {
		t.Fatalf("owner: %s", owner.Err)
	}
	return owner
}

// kill ends the process as kill -9 does.
func (o *ownerProcess) kill() {
	_ = o.cmd.Process.Kill() // it may have been killed before
	_ = o.cmd.Wait()
}

// serverDir returns a folder for a server, one that the account which root drops to can get to.
func serverDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // see above
			t.Fatal(err)
		}
	}
	return dir
}

// start starts a server, or attaches to it, until the test ends.
func start(t *testing.T, dir string) *embedded.Postgres {
	t.Helper()
	server, err := embedded.StartPostgres(t.Context(), embedded.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *embedded.Postgres) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), deadline)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// execute runs statements in a database.
func execute(t *testing.T, url, statements string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// value returns the one value of a query, as text.
func value(t *testing.T, url, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var v string
	if err := conn.QueryRow(t.Context(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, within time.Duration, holds func() bool) {
	t.Helper()
	timeout := time.After(within)
	for !holds() {
		select {
		case <-timeout:
			t.Fatalf("not within %v: %s", within, what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
