package storetest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/embedded"
)

// poolerVariable makes a missing pgbouncer a failure, where it was to be tested with.
const poolerVariable = "CORPINTEL_TEST_PGBOUNCER"

// PgBouncerRequired reports whether this run of the tests is for PgBouncer: then tests of the whole read path go through it.
func PgBouncerRequired() bool { return os.Getenv(poolerVariable) != "" }

// PgBouncer is a connection pooler in transaction mode, which has three server connections for each database.
type PgBouncer struct {
	t   testing.TB
	dir string
}

// pgbouncerPort is part of the name of the socket.
const pgbouncerPort = "6432"

// StartPgBouncer starts a pooler in front of the server of database, a URL as New and Cluster.URL return it. It ends with the
// test. Where pgbouncer is not installed the test is skipped, or fails if the variable CORPINTEL_TEST_PGBOUNCER is set. The
// settings, "name = value", come after those that it has by itself.
func StartPgBouncer(t testing.TB, database string, settings ...string) *PgBouncer {
	t.Helper()
	program := findPgBouncer(t)
	server, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatalf("pgbouncer: %v", err)
	}
	shared := sharedServer(t)
	dir, err := os.MkdirTemp(shared.run, "pgbouncer.") //nolint:usetesting // the server's account cannot enter t.TempDir
	if err != nil {
		t.Fatalf("pgbouncer: %v", err)
	}
	p := &PgBouncer{t: t, dir: dir}
	lines := append([]string{
		"[databases]",
		fmt.Sprintf("* = host=%s port=%d", server.Host, server.Port),
		"[pgbouncer]",
		"unix_socket_dir = " + dir, "listen_port = " + pgbouncerPort, "logfile = " + filepath.Join(dir, "log"),
		"auth_type = trust", "auth_file = " + filepath.Join(dir, "users"), "admin_users = " + server.User,
		"pool_mode = transaction", "default_pool_size = 3", "max_client_conn = 200", "server_login_retry = 0.1",
	}, settings...)
	p.write(shared.account, "users", fmt.Sprintf("%q \"\"\n", server.User))
	p.write(shared.account, "ini", strings.Join(lines, "\n")+"\n")
	if err := shared.account.Own(dir); err != nil {
		t.Fatalf("pgbouncer: %v", err)
	}
	p.start(t.Context(), program, shared.account)
	return p
}

func findPgBouncer(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "pgbouncer is not installed: NOT RUN"
	if PgBouncerRequired() {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

func (p *PgBouncer) write(account embedded.Account, name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatalf("pgbouncer: %v", err)
	}
	if err := account.Own(path); err != nil {
		p.t.Fatalf("pgbouncer: %v", err)
	}
}

// start starts the program under a shell that ends it when its own input ends, as it does with this process, and returns when
// it takes connections.
func (p *PgBouncer) start(ctx context.Context, program string, account embedded.Account) {
	p.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", `"$0" -q "$1" & read -r line; kill -TERM $!; wait`, program, filepath.Join(p.dir, "ini"))
	cmd.Dir, cmd.SysProcAttr = p.dir, account.Attributes()
	input, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.t.Fatalf("pgbouncer: %v", err)
	}
	p.t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait() // it was told to end
		if err := os.RemoveAll(p.dir); err != nil {
			p.t.Errorf("pgbouncer: %v", err)
		}
	})
	socket := filepath.Join(p.dir, ".s.PGSQL."+pgbouncerPort)
	ctx, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	for !takesConnections(ctx, socket) {
		if err := pause(ctx); err != nil {
			log, _ := os.ReadFile(filepath.Join(p.dir, "log")) // it may not be there yet
			p.t.Fatalf("pgbouncer: %v\n%s", err, log)
		}
	}
}

func takesConnections(ctx context.Context, socket string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// URL returns the URL by which the pooler leads to a database of its server.
func (p *PgBouncer) URL(database string) string {
	p.t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		p.t.Fatalf("pgbouncer: %v", err)
	}
	where := url.Values{"host": {p.dir}, "port": {pgbouncerPort}}
	return (&url.URL{
		Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database, RawQuery: where.Encode(),
	}).String()
}
