package storetest

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
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
	roomNeeded = 4 << 30
	// aliveName is the pipe that keeps the server running, currentName the link to the folder of the running server.
	aliveName, currentName = "alive", "current"
)

// settings makes a server that forgets at a crash, has room for many test processes, and never surprises a plan.
func settings(f Flavour) map[string]string {
	all := map[string]string{
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
	maps.Copy(all, f.settings())
	return all
}

// shared is the server that all test processes of a user share, as one of them sees it.
type shared struct {
	flavour  Flavour
	programs embedded.Programs
	account  embedded.Account
	cluster  *embedded.Cluster
	run      string   // folder of the server
	keeper   int      // process that keeps the server running between those it runs, 0 if there is none
	alive    *os.File // open for writing as long as this process lives
	template string   // name of the migrated database
}

// joinShared joins the server of this process' user, or starts it.
func joinShared(ctx context.Context) (*shared, error) {
	s := &shared{keeper: goCommand(ctx)}
	if err := s.find(ctx); err != nil {
		return nil, err
	}
	return s.joinIn(ctx, baseFolder(s.flavour, s.programs))
}

// joinIn joins the server in a folder that may be shared with other processes, or starts it.
func (s *shared) joinIn(ctx context.Context, base string) (_ *shared, err error) {
	if err := s.account.MakeDir(base); err != nil {
		return nil, err
	}
	unlock, err := lock(filepath.Join(base, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	err = s.joinRunning(ctx, base)
	if errors.Is(err, errNotRunning) {
		err = s.start(ctx, base)
	}
	if err != nil {
		return nil, err
	}
	if s.template, err = s.ensureTemplates(ctx); err != nil {
		_ = s.alive.Close() // nobody else has it
		return nil, err
	}
	return s, nil
}

// find finds the flavour and the programs to test with, and the account to run them as.
func (s *shared) find(ctx context.Context) (err error) {
	if s.flavour, err = flavour(); err != nil {
		return err
	}
	if s.account, err = embedded.AccountFor(""); err != nil {
		return err
	}
	search := embedded.InstalledPrograms(os.Getenv("PATH"))
	search.BinDir = os.Getenv("CORPINTEL_POSTGRES_BIN")
	s.programs, err = search.Find(ctx, s.account, 0)
	return err
}

// baseFolder returns the folder for servers of one user, one PostgreSQL and one edition of this package: in memory where
// there is a file system for that with enough room.
func baseFolder(f Flavour, programs embedded.Programs) string {
	key := fnv.New32a()
	fmt.Fprintln(key, programs, settings(f), supervisor)
	name := fmt.Sprintf("corpintel-test-%d-%08x", os.Geteuid(), key.Sum32())
	const memory = "/dev/shm"
	inMemory := filepath.Join(memory, name)
	if exists(filepath.Join(inMemory, currentName, aliveName)) { // the room is what its databases have left
		return inMemory
	}
	if free, err := freeSpace(memory); err == nil && free >= roomNeeded && writable(memory) {
		return inMemory
	}
	return filepath.Join(os.TempDir(), name)
}

// freeSpace returns the bytes an ordinary user may still write to the file system of a folder.
func freeSpace(folder string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil //nolint:gosec // a size; its type differs between systems
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
func (s *shared) joinRunning(ctx context.Context, base string) error {
	run, err := os.Readlink(filepath.Join(base, currentName))
	if err != nil {
		return errNotRunning
	}
	if err := s.use(run); err != nil {
		return err
	}
	if s.alive, err = s.register(ctx); err != nil {
		return err
	}
	if err := s.cluster.Ping(ctx); err != nil { // it crashed, its supervisor has not
		return errors.Join(errNotRunning, err, s.alive.Close())
	}
	return nil
}

// use sets the folder of the server.
func (s *shared) use(run string) (err error) {
	s.run = run
	s.cluster, err = embedded.NewCluster(s.programs, s.account, filepath.Join(run, "data"))
	return err
}

// register opens the pipe that keeps the server running and returns it once the supervisor has answered: from then on
// the server stays. Errors: errNotRunning.
func (s *shared) register(ctx context.Context) (*os.File, error) {
	pipe := filepath.Join(s.run, aliveName)
	alive, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil { // no such pipe, or nobody reads it
		return nil, errors.Join(errNotRunning, err)
	}
	token := rand.Text()
	if _, err := fmt.Fprintln(alive, token, s.keeper); err != nil {
		return nil, errors.Join(errNotRunning, err, alive.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	for {
		if exists(filepath.Join(s.run, "joined."+token)) {
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
