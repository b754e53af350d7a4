//go:build unix

package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/embedded"
)

func TestStartStopStart(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	first := start(t, dir)
	if first.Attached() {
		t.Error("the one who started the server is attached to it")
	}
	execute(t, first.URL(), "create table kept (what text); insert into kept values ('this')")
	stop(t, first)
	stop(t, first) // does nothing
	select {
	case <-first.Done():
	default:
		t.Error("stopped, but not done")
	}

	second := start(t, dir)
	if first.URL() != second.URL() {
		t.Errorf("the URL was %s and is %s", first.URL(), second.URL())
	}
	if got := value(t, second.URL(), "select what from kept"); got != "this" {
		t.Errorf("found %q, want what was written before the restart", got)
	}
}

func TestServerIsPrivateAndDurable(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	server := start(t, dir)
	want := map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "jit": "off", "listen_addresses": "",
		"unix_socket_directories": filepath.Join(dir, "postgres"), "server_encoding": "UTF8", "TimeZone": "UTC",
		"max_connections": "100",
	}
	got := make(map[string]string)
	for name := range want {
		got[name] = value(t, server.URL(), "select current_setting('"+name+"')")
	}
	got["unix_socket_directories"] = strings.Trim(got["unix_socket_directories"], `"`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	role := value(t, server.URL(), `select concat_ws(' ', current_user, current_database(), rolsuper)
		from pg_roles where rolname = current_user`)
	if role != "corpintel corpintel f" {
		t.Errorf("role, database, superuser: %s", role)
	}
	info, err := os.Stat(filepath.Join(dir, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the data folder %v, want 0700", info.Mode())
	}
}

func TestSecondAttaches(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	owner := start(t, dir)
	guest := start(t, dir)
	if !guest.Attached() || guest.URL() != owner.URL() {
		t.Fatalf("attached %t to %s, the owner has %s", guest.Attached(), guest.URL(), owner.URL())
	}
	stop(t, guest)
	if got := value(t, owner.URL(), "select 'alive'"); got != "alive" {
		t.Error("the guest has stopped the server")
	}
}

func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	const many = 4
	servers := make([]*embedded.Postgres, many)
	errs := make([]error, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() {
			servers[i], errs[i] = embedded.StartPostgres(t.Context(), embedded.Options{Dir: dir})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	owners := 0
	for _, server := range servers {
		t.Cleanup(func() { stop(t, server) })
		if !server.Attached() {
			owners++
		}
		if got := value(t, server.URL(), "select 'alive'"); got != "alive" {
			t.Error("no server")
		}
	}
	if owners != 1 {
		t.Errorf("%d started the server, want 1", owners)
	}
}

func TestStopInTime(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	server := start(t, dir)
	execute(t, server.URL(), "create table kept ()")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Stop: %v, want the context's error", err)
	}
	// What was committed is there after the recovery.
	execute(t, start(t, dir).URL(), "select from kept")
}

func TestUnexpectedEndIsLogged(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	server, err := embedded.StartPostgres(t.Context(), embedded.Options{
		Dir: serverDir(t), Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	running, ok, err := server.Running()
	if err != nil || !ok {
		t.Fatalf("running %t, %v", ok, err)
	}
	if err := syscall.Kill(running.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-server.Done()
	eventually(t, "the log tells of the end", deadline, func() bool {
		return strings.Contains(log.String(), "PostgreSQL ended unexpectedly")
	})
}

func TestWaitForTheOwnerEndsWithTheContext(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	lock, err := os.Create(filepath.Join(dir, "postgres.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.StartPostgres(ctx, embedded.Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("StartPostgres: %v, want the context's error", err)
	}
}

func BenchmarkFirstStart(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		dir := serverDir(b)
		b.StartTimer()
		restart(b, dir)
	}
}

func BenchmarkLaterStart(b *testing.B) {
	dir := serverDir(b)
	restart(b, dir)
	for b.Loop() {
		restart(b, dir)
	}
}

// restart measures a start, and stops the server unmeasured.
func restart(b *testing.B, dir string) {
	b.Helper()
	server, err := embedded.StartPostgres(b.Context(), embedded.Options{Dir: dir})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}

// syncBuffer is a buffer for concurrent use.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
