//go:build unix

package command_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/corpintel/corpintel/command"
	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store/storetest"
)

// asProgram is the variable that makes the test's program be corpintel.
const asProgram = "TEST_RUN_AS_CORPINTEL"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, asProgram) })
	os.Exit(command.Run(context.Background(), os.Args[1:], command.Environment{
		Stdout: os.Stdout, Stderr: os.Stderr, Environ: environ, Now: time.Now,
	}))
}

// TestEmbedded starts the program as somebody does who has nothing but the program and PostgreSQL installed.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("loads data: not run with -short")
	}
	dir := reachableDir(t)
	environ := onFreePorts("CORPINTEL_DATA_DIR=" + dir)

	first := serve(t, environ)
	wantContains(t, first.stdout.String(), "Loading demo data of 500 companies", "500 companies, ", dir)
	askTheExample(t, first)
	askTheReadme(t, first)
	followTheReadme(t, first, environ)

	// Other commands, and a second server, use the server that runs.
	wantContains(t, mustRun(t, environ, "migrate", "status"), "applied")
	key := createClient(t, environ, "--name=ann", "--role=analyst")
	awaitTrue(t, "a key that was made beside the server does not count", func() bool {
		status, _ := first.queryWith(t, key)
		return status == 200
	})
	second := serve(t, environ)
	askTheExample(t, second)
	second.interrupt()
	if code := second.wait(t); code != 0 {
		t.Errorf("second server: exit code %d: %s", code, second.stderr)
	}
	askTheExample(t, first)
	first.interrupt()
	if code := first.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, first.stderr)
	}

	wantContains(t, mustRun(t, environ, "demo", "--companies=500"), "nothing to do")
	killAndRestart(t, dir, environ)
}

// killAndRestart kills the program without warning: its PostgreSQL ends too, and the next start finds the data.
func killAndRestart(t *testing.T, dir string, environ []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := newTranscript()
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), environ...)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said.waitFor(t, ready, &process{stdout: said, stderr: said})
	server := postmaster(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	awaitTrue(t, fmt.Sprintf("PostgreSQL (process %d) is still there", server), func() bool {
		return errors.Is(syscall.Kill(server, 0), syscall.ESRCH)
	})

	again := serve(t, environ)
	if strings.Contains(again.stdout.String(), "Loading") {
		t.Error("the data were loaded again")
	}
	askTheExample(t, again)
}

// postmaster returns the process of the server on a data folder.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("pid files %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// reachableDir returns a folder that the account of the server can enter when the test runs as root.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path := dir; path != filepath.Dir(os.TempDir()) && path != os.TempDir(); path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // for another account
			t.Fatal(err)
		}
	}
	return dir
}

// TestDatabaseGoesAway stops the database under a server, and starts it again.
func TestDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	// What is kept is given for half a second more.
	s := serve(t, openTo(cluster.URL(), "CORPINTEL_ANSWER_CACHE=off", "CORPINTEL_ENTITY_CACHE=off"))
	const query = `{ company(ticker: "NONE") { name } }`
	if status, body := s.query(t, query); status != 200 {
		t.Errorf("before: %d %s", status, body)
	}
	cluster.Stop(embedded.Fast)
	status, body := s.query(t, query)
	if status != 503 {
		t.Errorf("away: status %d, want 503", status)
	}
	wantContains(t, body, `"code":"UNAVAILABLE"`)
	if status, body := s.get(t, s.health+"/readyz"); status != 503 || body != "database not ready\n" {
		t.Errorf("away: readyz %d %q", status, body)
	}
	if status, _ := s.get(t, s.health+"/livez"); status != 200 {
		t.Errorf("away: livez %d", status)
	}
	cluster.Start()
	if status, body := s.query(t, query); status != 200 || body != `{"data":{"company":null}}` {
		t.Errorf("back: %d %s", status, body)
	}
	if status, _ := s.get(t, s.health+"/readyz"); status != 200 {
		t.Errorf("back: readyz %d", status)
	}
}
