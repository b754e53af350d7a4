//go:build linux

package deploy_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/corpintel/corpintel/store/storetest"
)

// imageVariable makes TestImage run: scripts/check-deploy.sh sets it.
const imageVariable = "CORPINTEL_TEST_IMAGE"

// nobody is the user of the image.
const nobody = 65532

// build builds the program with the command of the Dockerfile, into a folder that holds nothing else, as the image does.
func build(t *testing.T) (root string) {
	t.Helper()
	m := regexp.MustCompile(`(?s)(CGO_ENABLED=0.*?) GOOS=\S+ GOARCH=\S+ (GOFLAGS=\S+).*?(go build .*? -o) \S+ \.`).
		FindStringSubmatch(string(read(t, "Dockerfile")))
	if m == nil {
		t.Fatal("the Dockerfile has no command that builds")
	}
	root = t.TempDir()
	command := strings.Join(m[1:], " ") + " " + filepath.Join(root, "corpintel") + " ."
	run := exec.CommandContext(t.Context(), "sh", "-c", command)
	run.Dir = ".."
	if said, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, said)
	}
	if err := os.Chmod(root, 0o555); err != nil { //nolint:gosec // the root of an image is read by all
		t.Fatal(err)
	}
	return root
}

// forward opens a port that leads to the socket of a database, which is outside of what the program sees. It returns the database's
// URL with that port.
func forward(t *testing.T, database string) string {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			go func() {
				defer client.Close()
				server, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
				if err != nil {
					return
				}
				defer server.Close()
				go func() {
					_, _ = io.Copy(server, client) // one end has closed
					_ = server.Close()
				}()
				_, _ = io.Copy(client, server)
			}()
		}
	}()
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(),
		Path: "/" + config.Database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// inside returns a command of the program with nothing but itself to see, as a user who owns nothing.
func inside(t *testing.T, root string, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/corpintel", args...)
	c.Env, c.Dir = append([]string{}, environ...), "/" // nil would be that of the test
	c.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL,
	}
	c.Err = nil // it was looked for outside
	return c
}

// freePort returns an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestImage runs what the image holds as the image does: a static program in an empty folder, as a user without a name.
func TestImage(t *testing.T) {
	if os.Getenv(imageVariable) == "" || os.Geteuid() != 0 {
		t.Skip("NOT RUN: the image's program alone in a folder (make check-deploy does, as root)")
	}
	root := build(t)
	checkStatic(t, filepath.Join(root, "corpintel"))
	said, err := inside(t, root, nil, "--version").CombinedOutput()
	if err != nil || !bytes.HasPrefix(said, []byte("corpintel ")) {
		t.Fatalf("version: %v, %s", err, said)
	}
	t.Logf("%s", said)
	public, admin := freePort(t), freePort(t)
	environ := []string{
		"DATABASE_URL=" + forward(t, storetest.New(t)), "REDIS_URL=off", "CORPINTEL_LOG_FORMAT=json",
		"CORPINTEL_ADDR=" + public, "CORPINTEL_ADMIN_ADDR=" + admin, "CORPINTEL_AUTH=off",
	}
	server := inside(t, root, environ, "serve")
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	awaitHealth(t, root, admin, ended, &log)
	if answer := ask(t, "http://"+public+"/graphql"); answer != `{"data":{"__typename":"Query"}}` {
		t.Errorf("answer %s", answer)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v:\n%s", err, &log)
	}
}

// checkStatic checks that a program needs no other file.
func checkStatic(t *testing.T, name string) {
	t.Helper()
	file, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the program wants a dynamic linker")
		}
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB", info.Size()>>20)
}

// awaitHealth waits until the image's own health check is content.
func awaitHealth(t *testing.T, root, admin string, ended <-chan error, log *bytes.Buffer) {
	t.Helper()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	timeout := time.After(time.Minute)
	for {
		said, err := inside(t, root, nil, "health", "--admin", "http://"+admin).CombinedOutput()
		if err == nil {
			return
		}
		if _, exited := errors.AsType[*exec.ExitError](err); !exited {
			t.Fatal(err)
		}
		select {
		case <-pause.C:
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, log)
		case <-timeout:
			t.Fatalf("it does not become ready: %v, %s", err, said)
		}
	}
}

// ask returns the answer to the smallest question.
func ask(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(`{"query":"{ __typename }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(answer))
}
