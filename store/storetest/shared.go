package storetest

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/corpintel/corpintel/embedded"
)

// supervisor is the shell program that runs the server and ends it with its last user.
//
//go:embed supervise.sh
var supervisor string

const (
	pollPause = 2 * time.Millisecond
	// joinWait is how long a living supervisor may take to answer.
	joinWait = 10 * time.Second
	// roomNeeded is the free space in bytes a folder in memory must have.
	roomNeeded = 1 << 30
	// aliveName is the pipe that keeps the server running, currentName the link to the folder of the running server.
	aliveName, currentName = "alive", "current"
)

// settings makes a server that forgets at a crash, has room for many test processes, and never surprises a plan.
func settings() map[string]string {
	return map[string]string{
		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
		"autovacuum":         "off",
		"max_connections":    "300",
		// Segments are files of the data folder, so none is left behind by a killed server.
		"dynamic_shared_memory_type": "mmap",
		"shared_buffers":             "128MB",
		"min_wal_size":               "32MB",
		"max_wal_size":               "256MB",
		"cluster_name":               "corpintel-test",
	}
}

// shared is the server that all test processes of a user share, as one of them sees it.
type shared struct {
	cluster  *embedded.Cluster
	run      string   // folder of the server
	alive    *os.File // open for writing as long as this process lives
	template string   // name of the migrated database
}

// joinShared joins the server that runs, or starts one.
func joinShared(ctx context.Context) (*shared, error) {
	programs, account, err := installed(ctx)
	if err != nil {
		return nil, err
	}
	base := baseFolder(programs)
	if err := account.MakeDir(base); err != nil {
		return nil, err
	}
	unlock, err := lock(filepath.Join(base, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	s, err := joinRunning(ctx, programs, account, base)
	if errors.Is(err, errNotRunning) {
		s, err = startShared(ctx, programs, account, base)
	}
	if err != nil {
		return nil, err
	}
	if s.template, err = s.ensureTemplate(ctx); err != nil {
		_ = s.alive.Close() // nobody else has it
		return nil, err
	}
	return s, nil
}

// installed returns the programs to test with and the account to run them as.
func installed(ctx context.Context) (embedded.Programs, embedded.Account, error) {
	account, err := embedded.AccountFor("")
	if err != nil {
		return embedded.Programs{}, embedded.Account{}, err
	}
	search := embedded.InstalledPrograms(os.Getenv("PATH"))
	search.BinDir = os.Getenv("CORPINTEL_POSTGRES_BIN")
	programs, err := search.Find(ctx, account, 0)
	return programs, account, err
}

// baseFolder returns the folder for servers of one user, one PostgreSQL and one edition of this package: in memory where
// there is a file system for that with enough room.
func baseFolder(programs embedded.Programs) string {
	key := fnv.New32a()
	fmt.Fprintln(key, programs, settings(), supervisor)
	name := fmt.Sprintf("corpintel-test-%d-%08x", os.Geteuid(), key.Sum32())
	const memory = "/dev/shm"
	if free, err := freeSpace(memory); err == nil && free >= roomNeeded && writable(memory) {
		return filepath.Join(memory, name)
	}
	return filepath.Join(os.TempDir(), name)
}

// freeSpace returns the bytes an ordinary user may still write to the file system of a folder.
func freeSpace(folder string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil //nolint:gosec,unconvert // a size; its type differs between systems
}

// writable reports whether everybody may make folders in a folder.
func writable(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && info.IsDir() && info.Mode()&0o002 != 0
}

// lock waits for the lock of a file and returns what releases it.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil // closing releases the lock
}

// errNotRunning means that there is no server to join.
var errNotRunning = errors.New("no test server runs")

// joinRunning joins the server the link in base leads to. Errors: errNotRunning.
func joinRunning(ctx context.Context, programs embedded.Programs, account embedded.Account, base string) (*shared, error) {
	run, err := os.Readlink(filepath.Join(base, currentName))
	if err != nil {
		return nil, errNotRunning
	}
	cluster, err := embedded.NewCluster(programs, account, dataFolder(run))
	if err != nil {
		return nil, err
	}
	alive, err := register(ctx, run)
	if err != nil {
		return nil, err
	}
	if err := cluster.Ping(ctx); err != nil { // it crashed, its supervisor has not
		return nil, errors.Join(errNotRunning, err, alive.Close())
	}
	return &shared{cluster: cluster, run: run, alive: alive}, nil
}

// dataFolder returns the data folder of the server in a run's folder.
func dataFolder(run string) string { return filepath.Join(run, "data") }

// register opens the pipe that keeps a server running and returns it once the supervisor has answered: from then on the
// server stays. Errors: errNotRunning.
func register(ctx context.Context, run string) (*os.File, error) {
	pipe := filepath.Join(run, aliveName)
	alive, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil { // no such pipe, or nobody reads it
		return nil, errors.Join(errNotRunning, err)
	}
	token := rand.Text()
	if _, err := fmt.Fprintln(alive, token, goCommand(ctx)); err != nil {
		return nil, errors.Join(errNotRunning, err, alive.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	for {
		if exists(filepath.Join(run, "joined."+token)) {
			return alive, nil
		}
		if !exists(pipe) { // the supervisor had seen its last user leave before
			return nil, errors.Join(errNotRunning, alive.Close())
		}
		if err := pause(ctx); err != nil {
			return nil, errors.Join(errNotRunning, err, alive.Close())
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// pause waits a moment, or returns the error of ctx.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pollPause):
		return nil
	}
}

// goCommand returns the process id of the go command that runs this test, 0 if something else does.
func goCommand(ctx context.Context) int {
	parent := os.Getppid()
	name, err := os.ReadFile("/proc/" + strconv.Itoa(parent) + "/comm")
	if err != nil {
		name, err = exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", strconv.Itoa(parent)).Output()
	}
	if err != nil || filepath.Base(strings.TrimSpace(string(name))) != "go" {
		return 0
	}
	return parent
}
