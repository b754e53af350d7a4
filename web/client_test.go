package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
)

// listen serves a handler on a port of its own, with the limits of a real server after change, and returns its address.
func listen(t *testing.T, h http.Handler, change func(*http.Server)) string {
	t.Helper()
	server := web.NewServer(t.Context(), h, time.Minute, logger(&syncBuffer{}))
	change(server)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends when it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestSlowBody checks that a client that sends a part of a body and then nothing is answered and cut off.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	conn := dial(t, listen(t, h, func(s *http.Server) { s.ReadTimeout = 50 * time.Millisecond }))
	fmt.Fprint(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	answer, err := io.ReadAll(conn) // ends only if the server closes the connection
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "BAD_REQUEST") {
		t.Errorf("%v: %s", err, answer)
	}
}

// TestSlowHeader checks the same of a client that does not even finish its header.
func TestSlowHeader(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	conn := dial(t, listen(t, h, func(s *http.Server) { s.ReadHeaderTimeout = 50 * time.Millisecond }))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: loc")
	if _, err := io.ReadAll(conn); err != nil {
		t.Error(err)
	}
}

// TestSlowReader checks that a client that does not read its answer does not hold the server.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	r := answering()
	r.query.company = func(context.Context, *edgar.CIK, *string) (*store.Company, error) {
		return &store.Company{ID: 1, Name: strings.Repeat("a", 32<<20)}, nil // more than buffers between them hold
	}
	h, _ := newHandler(r)
	done := make(chan struct{})
	address := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		h.ServeHTTP(w, r)
	}), func(s *http.Server) { s.WriteTimeout = 200 * time.Millisecond })
	conn := dial(t, address)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", getCompany)
	<-done // the test's own time limit ends it if this never comes
	if n, err := io.Copy(io.Discard, bufio.NewReader(conn)); n >= 32<<20 {
		t.Errorf("%d bytes came, %v", n, err)
	}
}

// TestHeaderTooLarge checks that neither header nor URL can fill the memory.
func TestHeaderTooLarge(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	conn := dial(t, listen(t, h, func(*http.Server) {}))
	go fmt.Fprintf(conn, "GET /graphql?query=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", strings.Repeat("a", 200_000))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, " 431 ") {
		t.Errorf("%q, %v", line, err)
	}
}

// TestHangUp checks that clients that hang up end their statements, and cost the database no connections: a hundred of
// them, over a pool of twenty.
func TestHangUp(t *testing.T) {
	t.Parallel()
	const clients, connections = 100, 20
	s, err := store.Open(t.Context(), storetest.New(t), store.Options{MaxConns: connections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	started, ended := make(chan struct{}, clients), make(chan struct{}, clients)
	r := answering()
	r.query.companies = func(ctx context.Context) (*connection.CompanyConnection, error) {
		conn, err := s.Pool().Acquire(ctx)
		if err != nil {
			return nil, err
		}
		defer func() {
			conn.Release()
			ended <- struct{}{}
		}()
		started <- struct{}{}
		_, err = conn.Exec(ctx, "select pg_sleep(600)")
		return nil, err
	}
	h, _ := newHandler(r)
	url := "http://" + listen(t, h, func(*http.Server) {}) + "/graphql?query=%7B+companies+%7B+totalCount+%7D+%7D"
	before := s.Pool().Stat().NewConnsCount()
	for range clients / connections {
		hangUp(t, url, connections, started)
		for range connections {
			<-ended
		}
	}
	if n := s.Pool().Stat().NewConnsCount() - before; n > connections {
		t.Errorf("%d new connections for %d clients that hung up, want at most the %d of the pool", n, clients, connections)
	}
	var running int
	if err := s.Pool().QueryRow(t.Context(),
		"select count(*) from pg_stat_activity where query like '%pg_sleep(600)' and state = 'active'").Scan(&running); err != nil || running != 0 {
		t.Errorf("%d statements still run, %v", running, err)
	}
}

// hangUp asks n times at once, and hangs up when all have started.
func hangUp(t *testing.T, url string, n int, started <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range n {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			response, err := http.DefaultClient.Do(request)
			if err == nil {
				_ = response.Body.Close()
				t.Error("an answer came")
			}
		})
	}
	for range n {
		<-started
	}
	cancel()
	group.Wait()
}
