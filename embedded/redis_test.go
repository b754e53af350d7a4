//go:build unix

package embedded_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/embedded"
)

// redisOwnerVariable makes the test program start a Redis on the folder it names and hold it until it is killed.
const redisOwnerVariable = "EMBEDDED_TEST_REDIS_OWNER"

// ownRedis starts a Redis, reports, and waits until the process is killed or its standard input is closed.
func ownRedis(dir string) {
	var said report
	server, err := embedded.StartRedis(context.Background(), redisOptions(dir))
	if err != nil {
		said.Err = err.Error()
	} else {
		said.URL, said.Attached, said.PID = server.URL(), server.Attached(), server.PID()
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		os.Exit(1)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	os.Exit(0)
}

// startRedisOwner runs a process that starts a Redis on a folder, or attaches to it.
func startRedisOwner(t *testing.T, dir string) *ownerProcess {
	t.Helper()
	owner := &ownerProcess{cmd: exec.CommandContext(t.Context(), os.Args[0])} //nolint:gosec // this program
	owner.cmd.Env = append(os.Environ(), redisOwnerVariable+"="+dir)
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
	t.Cleanup(owner.kill)
	if err := json.NewDecoder(out).Decode(&owner.report); err != nil || owner.Err != "" {
		t.Fatalf("report of the owner: %v %s", err, owner.Err)
	}
	return owner
}

func redisOptions(dir string) embedded.RedisOptions {
	return embedded.RedisOptions{Dir: dir, Path: os.Getenv("PATH")}
}

// startRedis starts a Redis, or attaches to it, until the test ends.
func startRedis(t *testing.T, dir string) *embedded.Redis {
	t.Helper()
	server, err := embedded.StartRedis(t.Context(), redisOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

// redisClient returns a client of a URL.
func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRedisIsPrivate(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	server := startRedis(t, dir)
	client := redisClient(t, server.URL())
	want := map[string]string{
		"port": "0", "save": "", "appendonly": "no", "maxmemory": "67108864", "maxmemory-policy": "allkeys-lru",
		"unixsocketperm": "700",
	}
	got := make(map[string]string)
	for name := range want {
		values, err := client.ConfigGet(t.Context(), name).Result()
		if err != nil {
			t.Fatal(err)
		}
		got[name] = values[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, "redis")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the socket: %v, %v, want mode 0700", info, err)
	}
	owner, err := exec.CommandContext(t.Context(), "ps", "-o", "user=", "-p", strconv.Itoa(server.PID())).Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(owner)) == "root" {
		t.Error("Redis runs as root")
	}
}

func TestRedisStopStart(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	first := startRedis(t, dir)
	if err := redisClient(t, first.URL()).Set(t.Context(), "a", "x", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	first.Stop()
	first.Stop() // does nothing
	if !gone(first.PID()) {
		t.Error("it runs on after its stop")
	}
	second := startRedis(t, dir)
	if first.URL() != second.URL() || second.Attached() {
		t.Errorf("the URL was %s and is %s, attached %t", first.URL(), second.URL(), second.Attached())
	}
	if err := redisClient(t, second.URL()).Get(t.Context(), "a").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("%v, want an empty one", err)
	}
}

func TestRedisEndsWithAKilledOwner(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	for _, paused := range []bool{false, true} {
		owner := startRedisOwner(t, dir)
		if owner.Attached {
			t.Fatal("attached to a server that is gone")
		}
		if paused {
			if err := syscall.Kill(owner.PID, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
		owner.kill()
		eventually(t, "the server ends", deadline, func() bool { return gone(owner.PID) })
	}
}

func TestSecondRedisAttaches(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	owner := startRedisOwner(t, dir)
	guest := startRedis(t, dir)
	if !guest.Attached() || guest.URL() != owner.URL || guest.PID() != 0 {
		t.Errorf("attached %t to %s, the owner has %s", guest.Attached(), guest.URL(), owner.URL)
	}
	guest.Stop()
	if err := redisClient(t, owner.URL).Ping(t.Context()).Err(); err != nil {
		t.Errorf("the guest has stopped the server: %v", err)
	}
	// When its owner ends, the next one starts another where the guest finds it.
	owner.kill()
	eventually(t, "the server ends", deadline, func() bool { return gone(owner.PID) })
	if startRedis(t, dir).Attached() {
		t.Error("attached to a server that is gone")
	}
	if err := redisClient(t, guest.URL()).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestManyStartARedisAtOnce(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	const many = 6
	servers, errs := make([]*embedded.Redis, many), make([]error, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() { servers[i], errs[i] = embedded.StartRedis(t.Context(), redisOptions(dir)) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	owners := 0
	for _, server := range servers {
		t.Cleanup(server.Stop)
		if !server.Attached() {
			owners++
		}
	}
	if owners != 1 {
		t.Errorf("%d started the server, want 1", owners)
	}
}

// TestRedisThatNobodyOwns finds a server whose owner is gone, as on systems where it does not end with its owner.
func TestRedisThatNobodyOwns(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	server := startRedis(t, dir)
	server.Stop()
	at, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	account, err := embedded.AccountFor(filepath.Join(dir, "redis"))
	if err != nil {
		t.Fatal(err)
	}
	orphan := exec.CommandContext(t.Context(), "redis-server", "--port", "0", "--unixsocket", at.Path, "--save", "")
	orphan.Dir, orphan.SysProcAttr = "/", account.Attributes()
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = orphan.Wait() // it is told to end
	}()
	client := redisClient(t, server.URL())
	eventually(t, "it answers", deadline, func() bool { return client.Ping(t.Context()).Err() == nil })

	if startRedis(t, dir).Attached() {
		t.Error("attached to a server that nobody owns")
	}
	select {
	case <-ended:
	case <-time.After(deadline):
		t.Error("the other server runs on")
	}
}

func TestUnexpectedEndOfRedisIsLogged(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	options := redisOptions(serverDir(t))
	options.Logger = slog.New(slog.NewTextHandler(&log, nil))
	server, err := embedded.StartRedis(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	if err := syscall.Kill(server.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log tells of the end", deadline, func() bool {
		return strings.Contains(log.String(), "Redis ended unexpectedly")
	})
	again, err := embedded.StartRedis(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Stop()
	if again.Attached() {
		t.Error("attached to a server that has ended")
	}
}

// TestRedisInAFolderOfALongName has its socket elsewhere, and leaves nothing there.
func TestRedisInAFolderOfALongName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(serverDir(t), strings.Repeat("long", 30))
	server := startRedis(t, dir)
	at, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	if err := redisClient(t, server.URL()).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	server.Stop()
	if _, err := os.Stat(filepath.Dir(at.Path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %s is left: %v", filepath.Dir(at.Path), err)
	}
}

func TestRedisCannotStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(serverDir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.StartRedis(t.Context(), redisOptions(file)); err == nil {
		t.Error("started in a file")
	}
	if _, err := embedded.StartRedis(t.Context(), redisOptions("")); err == nil {
		t.Error("started nowhere")
	}
}

func BenchmarkRedisStart(b *testing.B) {
	dir := serverDir(b)
	for b.Loop() {
		server, err := embedded.StartRedis(b.Context(), redisOptions(dir))
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		server.Stop()
		b.StartTimer()
	}
}
