package command_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/command"
	"github.com/corpintel/corpintel/store/storetest"
)

// createClient makes a client and returns its key.
func createClient(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	return oneKey(t, mustRun(t, environ, append([]string{"client", "create"}, args...)...))
}

// oneKey returns a key, which must be all that was written.
func oneKey(t *testing.T, stdout string) string {
	t.Helper()
	key, rest, _ := strings.Cut(stdout, "\n")
	if _, _, err := auth.ParseKey(key); err != nil || rest != "" {
		t.Fatalf("want one key and nothing else, got %q", stdout)
	}
	return key
}

// prefixOf returns the prefix of a key.
func prefixOf(key string) string { return strings.Split(key, "_")[2] }

// listed is what client list --json writes.
type listed struct {
	Name, Role, Mode string
	Budget           *int64
	CreatedAt        string
	RevokedAt        *string
	Keys             []struct {
		Prefix, CreatedAt string
		ExpiresAt         *string
		Valid             bool
	}
}

// listClients returns the clients as name role mode budget: prefix state, ..., where the prefixes are the names of keys.
func listClients(t *testing.T, environ []string, keys map[string]string) string {
	t.Helper()
	var clients []listed
	if err := json.Unmarshal([]byte(mustRun(t, environ, "client", "list", "--json")), &clients); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for name, key := range keys {
		names[prefixOf(key)] = name
	}
	var out strings.Builder
	for _, c := range clients {
		out.WriteString(c.Name + " " + c.Role + " " + c.Mode)
		if c.Budget != nil {
			budget, _ := json.Marshal(*c.Budget) //nolint:errchkjson // a number
			out.WriteString(" " + string(budget))
		}
		if c.RevokedAt != nil {
			out.WriteString(" revoked")
		}
		for _, k := range c.Keys {
			out.WriteString(", " + names[k.Prefix])
			switch {
			case !k.Valid:
				out.WriteString(" ended")
			case k.ExpiresAt != nil:
				at, err := time.Parse(time.RFC3339, *k.ExpiresAt)
				if err != nil {
					t.Error(err)
				}
				out.WriteString(" " + time.Until(at).Round(time.Hour).String())
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

// TestClient goes through the life of clients.
func TestClient(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + storetest.NewEmpty(t)}
	keys := map[string]string{}
	check := func(want string) {
		t.Helper()
		if diff := cmp.Diff(want, listClients(t, environ, keys)); diff != "" {
			t.Errorf("clients (-want +got):\n%s", diff)
		}
	}
	// The first one migrates.
	keys["first"] = createClient(t, environ, "--name=acme", "--role=partner")
	keys["board"] = createClient(t, environ, "--name=board", "--role=dashboard", "--mode=log_only", "--budget=1000000")
	keys["root"] = createClient(t, environ, "--name=root", "--role=admin")
	keys["ann"] = createClient(t, environ, "--name=ann", "--role=analyst")
	const others = "ann analyst open 10000000, ann\nboard dashboard log_only 1000000, board\nroot admin open, root\n"
	check("acme partner id_only 5000000, first\n" + others)

	wantContains(t, mustRun(t, environ, "client", "change", "--name=board", "--mode=id_only", "--budget=default"),
		"board: dashboard, id_only, a budget of 30,000,000 a minute; before: dashboard, log_only, a budget of 1,000,000 a minute\n")
	wantContains(t, mustRun(t, environ, "client", "change", "--name=board", "--mode=log_only", "--budget=1000000"), "board: ")
	wantContains(t, mustRun(t, environ, "client", "change", "--name=board", "--role=dashboard"), "; before: the same\n")

	code, stdout, stderr := run(t, environ, "client", "rotate", "--name=acme")
	keys["second"] = oneKey(t, stdout)
	wantContains(t, stderr, "The key "+prefixOf(keys["first"])+" of acme is valid until 2", "acme has a new key")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	check("acme partner id_only 5000000, second, first 24h0m0s\n" + others)

	_, stdout, stderr = run(t, environ, "client", "rotate", "--name=acme", "--grace=1h")
	keys["third"] = oneKey(t, stdout)
	wantContains(t, stderr, prefixOf(keys["second"])+" of acme is valid until 2", prefixOf(keys["first"])+" of acme is refused from now on")
	check("acme partner id_only 5000000, third, second 1h0m0s, first ended\n" + others)

	keys["fourth"] = oneKey(t, mustRun(t, environ, "client", "rotate", "--name=acme", "--grace=0"))
	check("acme partner id_only 5000000, fourth, third ended, second ended, first ended\n" + others)

	for _, given := range []string{prefixOf(keys["board"]), keys["board"]} { // a lost key is often at hand as a whole
		wantContains(t, mustRun(t, environ, "client", "revoke", "--key", given), "the key "+prefixOf(keys["board"])+" of board ")
	}
	wantContains(t, mustRun(t, environ, "client", "revoke", "--name=acme"), "acme is refused from now on, with all of its keys\n")
	wantContains(t, mustRun(t, environ, "client", "revoke", "--name=acme"), "acme was revoked before, at 2")
	check(`acme partner id_only 5000000 revoked, fourth ended, third ended, second ended, first ended
ann analyst open 10000000, ann
board dashboard log_only 1000000, board ended
root admin open, root
`)
	table := mustRun(t, environ, "client", "list")
	for _, want := range []string{
		`(?m)^NAME +ROLE +MODE +BUDGET +CREATED +KEYS$`,
		`(?m)^acme +partner +id_only +5,000,000 +2\S+Z +revoked at 2\S+Z$`,
		`(?m)^board +dashboard +log_only +1,000,000 +2\S+Z +none$`,
		`(?m)^root +admin +open +- +2\S+Z +` + prefixOf(keys["root"]) + `$`,
	} {
		if !regexp.MustCompile(want).MatchString(table) {
			t.Errorf("want %s in:\n%s", want, table)
		}
	}
	for name, key := range keys {
		if strings.Contains(table, key) || strings.Contains(table, key[20:]) {
			t.Errorf("the key %s is in the list", name)
		}
	}
}

func TestClientFaults(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + storetest.New(t)}
	createClient(t, environ, "--name=acme", "--role=partner")
	createClient(t, environ, "--name=gone", "--role=partner")
	mustRun(t, environ, "client", "revoke", "--name=gone")
	unmigrated := []string{"DATABASE_URL=" + storetest.NewEmpty(t)}
	for name, test := range map[string]struct {
		environ []string
		args    []string
		want    string
	}{
		"name taken":      {environ, []string{"create", "--name=acme", "--role=admin"}, "the name acme is taken"},
		"name of revoked": {environ, []string{"create", "--name=gone", "--role=admin"}, "the name gone is taken, also when its client was revoked"},
		"rotate nobody":   {environ, []string{"rotate", "--name=nobody"}, `no client is called "nobody": see corpintel client list`},
		"rotate revoked":  {environ, []string{"rotate", "--name=gone"}, "the client gone was revoked: make another one"},
		"change nobody":   {environ, []string{"change", "--name=nobody", "--mode=open"}, `no client is called "nobody": see corpintel client list`},
		"change revoked":  {environ, []string{"change", "--name=gone", "--mode=open"}, "the client gone was revoked: make another one"},
		"revoke nobody":   {environ, []string{"revoke", "--name=nobody"}, `no client is called "nobody": see corpintel client list`},
		"revoke no key":   {environ, []string{"revoke", "--key=0123456789"}, "no key has the prefix 0123456789: see corpintel client list"},
		"list, no tables": {unmigrated, []string{"list"}, "the database has no table for clients yet: run corpintel migrate up"},
		"rotate before":   {unmigrated, []string{"rotate", "--name=acme"}, "the database has no table for clients yet: run corpintel migrate up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, test.environ, append([]string{"client"}, test.args...)...)
			if code != 1 || stdout != "" {
				t.Errorf("exit code %d, want 1, and nothing on the output: %q", code, stdout)
			}
			wantContains(t, stderr, "corpintel: "+test.want)
			if strings.Contains(stderr, "SQLSTATE") {
				t.Errorf("PostgreSQL speaks: %s", stderr)
			}
		})
	}
}

// closed is an output that nobody reads.
type closed struct{}

var errClosed = errors.New("nobody reads")

func (closed) Write([]byte) (int, error) { return 0, errClosed }

// TestLostKey cannot write the key: what to do is said.
func TestLostKey(t *testing.T) {
	t.Parallel()
	stderr := newTranscript()
	code := command.Run(t.Context(), []string{"client", "create", "--name=acme", "--role=admin"}, command.Environment{
		Stdout: closed{}, Stderr: stderr, Environ: []string{"DATABASE_URL=" + storetest.New(t)}, Now: time.Now,
	})
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantContains(t, stderr.String(), "the key could not be written and is lost", "corpintel client rotate --name acme --grace 0: nobody reads")
}

// queryWith asks with a key.
func (r *running) queryWith(t *testing.T, key string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/graphql", strings.NewReader(`{"query":"{__typename}"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("X-Api-Key", key)
	}
	return r.do(t, request)
}

// TestAuthRequired runs two servers on one database: both take a key as soon as it was made, and refuse it as soon as it
// was revoked.
func TestAuthRequired(t *testing.T) {
	t.Parallel()
	environ := onFreePorts("DATABASE_URL=" + storetest.New(t)) // nothing is said: required
	servers := []*running{serve(t, environ), serve(t, environ)}
	wantContains(t, servers[0].stdout.String(), "KEY=$(corpintel client create --name me --role analyst)", `-H "x-api-key: $KEY"`)
	wantContains(t, servers[0].stderr.String(), "a key is required and no client has one yet")

	takes := func(key string, want bool) {
		t.Helper()
		for i, s := range servers {
			awaitTrue(t, "a change does not get through to a server", func() bool {
				status, body := s.queryWith(t, key)
				// Who asks again and again with a wrong key is told to wait.
				if status != http.StatusOK && status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
					t.Fatalf("server %d: %d %s", i, status, body)
				}
				return (status == http.StatusOK) == want
			})
		}
	}
	takes("", false)
	key := createClient(t, environ, "--name=ann", "--role=analyst")
	takes(key, true)
	next := oneKey(t, mustRun(t, environ, "client", "rotate", "--name=ann"))
	takes(next, true)
	takes(key, true)
	mustRun(t, environ, "client", "revoke", "--key", prefixOf(key))
	takes(key, false)
	takes(next, true)
	mustRun(t, environ, "client", "revoke", "--name=ann")
	takes(next, false)
	for _, s := range servers {
		s.interrupt()
		if code := s.wait(t); code != 0 {
			t.Errorf("exit code %d, want 0: %s", code, s.stderr)
		}
		for _, secret := range []string{key[20:], next[20:]} {
			if strings.Contains(s.stdout.String()+s.stderr.String(), secret) {
				t.Error("a key is in the log")
			}
		}
	}
}

// TestAuthOff lets everybody ask, and says so where others than this machine could.
func TestAuthOff(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	local := serve(t, openTo(database))
	if strings.Contains(local.stderr.String(), "CORPINTEL_AUTH is off") {
		t.Errorf("a warning on the loopback:\n%s", local.stderr)
	}
	everywhere := serve(t, append([]string{"CORPINTEL_ADDR=0.0.0.0:0"}, openTo(database)...))
	wantContains(t, everywhere.stderr.String(), "CORPINTEL_AUTH is off: who reaches the address may ask whatever there is")
	for _, s := range []*running{local, everywhere} {
		if status, body := s.queryWith(t, ""); status != http.StatusOK || body != `{"data":{"__typename":"Query"}}` {
			t.Errorf("without a key: %d %s", status, body)
		}
		if strings.Contains(s.stdout.String(), "KEY") {
			t.Errorf("a key is told about:\n%s", s.stdout)
		}
	}
	// Who uses a key wants to be told that it is not right.
	if status, _ := local.queryWith(t, "ci_live_x"); status != http.StatusUnauthorized {
		t.Errorf("with a wrong key: %d", status)
	}
}
