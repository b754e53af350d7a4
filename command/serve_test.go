package command_test

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store/storetest"
)

// tenCompanies is what demo loads for --companies 10.
const tenCompanies = "10 companies"

// TestServe asks a whole server over TCP.
func TestServe(t *testing.T) {
	t.Parallel()
	environ := openTo(storetest.NewEmpty(t), "DATABASE_REPLICA_URL=postgres://nowhere", "CORPINTEL_TESTDATA=x")
	wantContains(t, mustRun(t, environ, "demo", "--companies", "10"), tenCompanies)
	s := serve(t, environ)

	if status, body := s.query(t, `{ companies(first: 1) { totalCount } }`); status != 200 ||
		body != `{"data":{"companies":{"totalCount":10}}}` {
		t.Errorf("%d %s", status, body)
	}
	for url, want := range map[string]string{
		s.health + "/livez":   "alive\n",
		s.health + "/readyz":  "ready\n",
		s.base + "/graphiql":  "/assets/graphiql-",
		s.base + "/":          "The data in use",
		s.base + "/graphql":   "BAD_REQUEST",
		s.health + "/graphql": "404",
	} {
		if _, body := s.get(t, url); !strings.Contains(body, want) {
			t.Errorf("%s: %q, want %q", url, body, want)
		}
	}
	wantContains(t, s.stdout.String(), "10 companies, ", " filings, ", " values")
	wantContains(t, s.stderr.String(), "DATABASE_REPLICA_URL is set and is not used yet")
	askTheExample(t, s)

	s.interrupt()
	if code := s.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0: %s", code, s.stderr)
	}
}

var exampleBody = regexp.MustCompile(`-d '(.*)'`)

// askTheExample does what the server tells people to try.
func askTheExample(t *testing.T, s *running) {
	t.Helper()
	found := exampleBody.FindStringSubmatch(s.stdout.String())
	if found == nil {
		t.Fatalf("no example:\n%s", s.stdout)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/graphql", strings.NewReader(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	status, body := s.do(t, request)
	if status != 200 || strings.Contains(body, "errors") || !strings.Contains(body, `"form":`) {
		t.Errorf("%s: %d %s", found[1], status, body)
	}
}

// TestServeEmptyDatabase checks that a given database is never filled, and that its example works too.
func TestServeEmptyDatabase(t *testing.T) {
	t.Parallel()
	s := serve(t, openTo(storetest.NewEmpty(t)))
	wantContains(t, s.stdout.String(), "0 companies, 0 filings, 0 values")
	if status, body := s.query(t, `{ companies(first: 3) { totalCount nodes { name cik } } }`); status != 200 ||
		body != `{"data":{"companies":{"totalCount":0,"nodes":[]}}}` {
		t.Errorf("%d %s", status, body)
	}
}

// TestDrain ends a server while a request is in flight: the request is answered, the server takes no others.
func TestDrain(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := serve(t, openTo(url, "CORPINTEL_LOG_LEVEL=debug"))
	release := lockCompanies(t, url)
	answered := make(chan string, 1)
	go func() {
		_, body := s.query(t, `{ company(ticker: "NONE") { name } }`)
		answered <- body
	}()
	awaitLockWaiter(t, url)

	s.interrupt()
	s.stderr.waitFor(t, regexp.MustCompile("draining"), s.process)
	if status, body := s.get(t, s.health+"/readyz"); status != 503 || body != "draining\n" {
		t.Errorf("readyz: %d %q", status, body)
	}
	awaitRefusal(t, s.base)
	select {
	case code := <-s.code:
		t.Fatalf("ended with %d before the request was answered", code)
	default:
	}
	release()
	if got := <-answered; got != `{"data":{"company":null}}` {
		t.Errorf("answer %s", got)
	}
	if code := s.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0: %s", code, s.stderr)
	}
}

// TestDrainTimeout ends a server while a request is in flight that does not finish.
func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := serve(t, openTo(url, "CORPINTEL_DRAIN_TIMEOUT=50ms"))
	release := lockCompanies(t, url)
	defer release()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			s.base+"/graphql?query={company(ticker:%22NONE%22){name}}", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if response, err := s.client.Do(request); err == nil { // what is cut off is no answer
			_ = response.Body.Close()
		}
	}()
	awaitLockWaiter(t, url)
	s.interrupt()
	if code := s.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0: %s", code, s.stderr)
	}
	<-answered
	wantContains(t, s.stderr.String(), "requests were cut off")
}

// lockCompanies makes statements on companies wait until the returned function is called.
func lockCompanies(t *testing.T, url string) (release func()) {
	t.Helper()
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), "begin; lock table companies in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.Exec(t.Context(), "commit"); err != nil {
			t.Error(err)
		}
	}
}

// awaitLockWaiter returns when a statement waits for a lock.
func awaitLockWaiter(t *testing.T, url string) {
	t.Helper()
	conn := connect(t, url)
	awaitTrue(t, "no request waits", func() (waits bool) {
		const lockWaiters = `select exists (
			select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`
		if err := conn.QueryRow(t.Context(), lockWaiters).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		return waits
	})
}

// awaitRefusal returns when a server takes no connections any more.
func awaitRefusal(t *testing.T, base string) {
	t.Helper()
	address := strings.TrimPrefix(base, "http://")
	awaitTrue(t, address+" still takes connections", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return true
		}
		_ = conn.Close()
		return false
	})
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for setting, other := range map[string]string{
		"CORPINTEL_ADDR": "CORPINTEL_ADMIN_ADDR", "CORPINTEL_ADMIN_ADDR": "CORPINTEL_ADDR",
	} {
		// No database is looked for: there is none at this address.
		code, _, stderr := run(t, []string{
			setting + "=" + taken.Addr().String(), other + "=127.0.0.1:0", "DATABASE_URL=postgres://127.0.0.1:1/none",
		})
		if code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		wantContains(t, stderr, taken.Addr().String(), setting+":", "address already in use")
	}
}

// TestInterruptedStart ends a server that still waits for its database.
func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := start(t, onFreePorts("DATABASE_URL=postgres://"+silent.Addr().String()+"/none"))
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p.interrupt()
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0: %s", code, p.stderr)
	}
}
