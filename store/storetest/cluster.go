package storetest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/migrations"
)

// Cluster is a server of one test, which may stop, kill and restart it. Its URL stays the same.
type Cluster struct {
	t       testing.TB
	cluster *embedded.Cluster
	log     *os.File
	server  *embedded.Server // nil while it does not run
}

// NewCluster starts a server that ends with the test. It has one database, empty and migrated. Its role is the one of
// New. Data is not flushed to disk, which survives everything but a crash of the machine.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	shared := sharedServer(t)
	dir, err := os.MkdirTemp(shared.run, "cluster.") //nolint:usetesting // the server's account cannot enter t.TempDir
	if err != nil {
		t.Fatalf("test server: %v", err)
	}
	c := &Cluster{t: t}
	if err := c.make(t.Context(), shared, dir); err != nil {
		t.Fatalf("test server: %v", err)
	}
	t.Cleanup(c.remove(dir))
	c.Start()
	if err := c.cluster.CreateApplication(t.Context()); err != nil {
		t.Fatalf("test server: %v", err)
	}
	if err := shared.flavour.prepare(t.Context(), c.cluster.SuperuserURL("corpintel")); err != nil {
		t.Fatalf("test server: %v", err)
	}
	if _, err := migrations.Up(t.Context(), c.URL()); err != nil {
		t.Fatalf("test server: %v", err)
	}
	return c
}

// make makes the data folder.
func (c *Cluster) make(ctx context.Context, shared *shared, dir string) (err error) {
	if err := shared.account.Own(dir); err != nil {
		return err
	}
	// The supervisor finds what is left by this name.
	c.cluster, err = embedded.NewCluster(shared.programs, shared.account, filepath.Join(dir, "postgres"))
	if err != nil {
		return err
	}
	if _, err := c.cluster.Init(ctx); err != nil {
		return err
	}
	settings := settings(shared.flavour)
	settings["max_connections"], settings["shared_buffers"] = "50", "16MB"
	// What is killed recovers from what it wrote.
	settings["full_page_writes"], settings["synchronous_commit"] = "on", "on"
	if err := c.cluster.Configure(settings); err != nil {
		return err
	}
	c.log, err = os.OpenFile(filepath.Join(dir, "server.log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	return err
}

// remove returns what stops the server and removes its folder.
func (c *Cluster) remove(dir string) func() {
	return func() {
		if c.server != nil {
			c.Stop(embedded.Immediate)
		}
		if err := errors.Join(c.log.Close(), os.RemoveAll(dir)); err != nil {
			c.t.Errorf("test server: %v", err)
		}
	}
}

// URL returns the URL of the server's database.
func (c *Cluster) URL() string { return c.cluster.URL("corpintel") }

// SuperuserURL returns the URL of one of the server's databases, for the role that may do everything.
func (c *Cluster) SuperuserURL(database string) string { return c.cluster.SuperuserURL(database) }

// Start starts the server after Stop or Kill, and returns when it accepts connections.
func (c *Cluster) Start() {
	c.t.Helper()
	server, err := c.cluster.Start(c.t.Context(), c.log)
	if err != nil {
		c.t.Fatalf("test server: %v", err)
	}
	c.server = server
}

// Stop stops the server and returns when it has ended. With embedded.Smart that is when all clients have left.
func (c *Cluster) Stop(mode embedded.StopMode) {
	c.t.Helper()
	// The clean-up stops it too, when the test's context is done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), startWait)
	defer cancel()
	if err := c.server.Stop(ctx, mode); err != nil {
		c.t.Fatalf("test server: %v", err)
	}
	c.server = nil
}

// Kill ends all processes of the server without warning, as the end of a container does.
func (c *Cluster) Kill() {
	c.t.Helper()
	children, err := childrenOf(c.t.Context(), c.server.PID())
	if err != nil {
		c.t.Fatalf("test server: %v", err)
	}
	for _, pid := range append([]int{c.server.PID()}, children...) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			c.t.Fatalf("test server: kill %d: %v", pid, err)
		}
	}
	<-c.server.Done()
	c.server = nil
}

// childrenOf returns the ids of a process' children.
func childrenOf(ctx context.Context, parent int) ([]int, error) {
	out, err := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil, err
	}
	var children []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			return nil, err
		}
		children = append(children, pid)
	}
	return children, nil
}
