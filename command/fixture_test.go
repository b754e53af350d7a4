package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/command"
)

// patience is how long a test waits for what must happen, on a busy machine.
const patience = time.Minute

// process is a command that runs as in a process of its own.
type process struct {
	stdout, stderr *transcript
	interrupt      context.CancelFunc // as the signal does
	code           chan int
}

// start runs a command with an environment of its own. It is ended with the test.
func start(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{stdout: newTranscript(), stderr: newTranscript(), interrupt: cancel, code: make(chan int, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.code <- command.Run(ctx, args, command.Environment{
			Stdout: p.stdout, Stderr: p.stderr, Environ: environ, Now: time.Now,
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return p
}

// wait returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case code := <-p.code:
		return code
	case <-time.After(patience):
		t.Fatalf("the command does not end; output:\n%s\n%s", p.stdout, p.stderr)
		return 0
	}
}

// run runs a command to its end.
func run(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, environ, args...)
	code = p.wait(t)
	return code, p.stdout.String(), p.stderr.String()
}

// mustRun runs a command that must succeed, and returns its output.
func mustRun(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	code, stdout, stderr := run(t, environ, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s\n%s", args, code, stdout, stderr)
	}
	return stdout
}

// onFreePorts are the settings of a server that picks its ports.
// Where they name no folder for embedded servers, there is no Redis unless they name one.
func onFreePorts(more ...string) []string {
	names := func(entry string) bool {
		return strings.HasPrefix(entry, "REDIS_URL=") || strings.HasPrefix(entry, "CORPINTEL_DATA_DIR=")
	}
	if !slices.ContainsFunc(more, names) {
		more = append(more, "REDIS_URL=off")
	}
	return append([]string{"CORPINTEL_ADDR=127.0.0.1:0", "CORPINTEL_ADMIN_ADDR=127.0.0.1:0"}, more...)
}

// openTo are the settings of a server on a database, which everybody may ask.
func openTo(database string, more ...string) []string {
	return onFreePorts(append([]string{"DATABASE_URL=" + database, "CORPINTEL_AUTH=off"}, more...)...)
}

// running is a server that answers.
type running struct {
	*process
	base, health string // URLs, without a path and of /readyz
	client       *http.Client
}

var ready = regexp.MustCompile(`(?s)GraphQL +(http://[^/]+)/graphql.*Health +(http://\S+)/readyz.*curl`)

// serve starts a server and waits until it is ready.
func serve(t *testing.T, environ []string) *running {
	t.Helper()
	p := start(t, environ)
	found := p.stdout.waitFor(t, ready, p)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return &running{process: p, base: found[1], health: found[2], client: client}
}

// get returns status and body of a URL.
func (r *running) get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.do(t, request)
}

// query asks over TCP and returns status and body.
func (r *running) query(t *testing.T, query string) (int, string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return r.do(t, request)
}

func (r *running) do(t *testing.T, request *http.Request) (int, string) {
	t.Helper()
	response, err := r.client.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(body)
}

// transcript collects what is written and can be waited on.
type transcript struct {
	mu      sync.Mutex
	text    []byte
	changed chan struct{} // closed by the next write
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	close(w.changed)
	w.changed = make(chan struct{})
	return len(p), nil
}

func (w *transcript) snapshot() ([]byte, chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.text), w.changed
}

func (w *transcript) String() string {
	text, _ := w.snapshot()
	return string(text)
}

// waitFor returns the first match of what p writes, with its groups.
func (w *transcript) waitFor(t *testing.T, pattern *regexp.Regexp, p *process) []string {
	t.Helper()
	timeout := time.After(patience)
	for {
		text, changed := w.snapshot()
		if found := pattern.FindStringSubmatch(string(text)); found != nil {
			return found
		}
		select {
		case <-changed:
		case code := <-p.code:
			t.Fatalf("ended with %d:\n%s\n%s", code, p.stdout, p.stderr)
		case <-timeout:
			t.Fatalf("waited in vain for %q:\n%s\n%s", pattern, p.stdout, p.stderr)
		}
	}
}

// wantContains checks that a text has all parts.
func wantContains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("want %q in:\n%s", part, text)
		}
	}
}

// awaitTrue asks again and again until the answer is yes; complaint says what it means when it stays no.
func awaitTrue(t *testing.T, complaint string, ask func() bool) {
	t.Helper()
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	timeout := time.After(patience)
	for !ask() {
		select {
		case <-pause.C:
		case <-timeout:
			t.Fatal(complaint)
		}
	}
}
