package consistency_test

import (
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// link is the way of a server's own connection to the outbox. It can be held up, and cut.
type link struct {
	listener         net.Listener
	config           *pgx.ConnConfig
	network, address string // of PostgreSQL

	mu      sync.Mutex
	flows   chan struct{} // closed while what is sent gets through
	delays  time.Duration // of all that is sent
	isCut   bool
	conns   map[net.Conn]bool
	made    int // connections
	copying sync.WaitGroup
}

func newLink(t testing.TB, database string) *link {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, config: config, flows: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(l.flows)
	l.network, l.address = "tcp", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if config.Host[0] == '/' {
		l.network, l.address = "unix", config.Host+"/.s.PGSQL."+strconv.Itoa(int(config.Port))
	}
	l.copying.Go(l.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		l.release()
		l.cut()
		l.copying.Wait()
	})
	return l
}

// url is that of the database by way of the link.
func (l *link) url(application string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(l.config.User, l.config.Password), Host: l.listener.Addr().String(),
		Path: l.config.Database, RawQuery: url.Values{"sslmode": {"disable"}, "application_name": {application}}.Encode(),
	}
	return u.String()
}

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).Dial(l.network, l.address)
		if err != nil {
			_ = client.Close()
			continue
		}
		l.mu.Lock()
		if l.isCut {
			l.mu.Unlock()
			_, _ = client.Close(), server.Close()
			continue
		}
		l.conns[client], l.conns[server] = true, true
		l.made++
		l.mu.Unlock()
		l.copying.Go(func() { l.copy(client, server) })
		l.copying.Go(func() { l.copy(server, client) })
	}
}

func (l *link) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	_, _ = io.Copy(gated{l, to}, from) // it ends with either of them
}

// gated is a connection through which nothing gets while the link is held.
type gated struct {
	link *link
	net.Conn
}

func (g gated) Write(p []byte) (int, error) {
	g.link.mu.Lock()
	flows, delays := g.link.flows, g.link.delays
	g.link.mu.Unlock()
	<-flows
	time.Sleep(delays)
	return g.Conn.Write(p)
}

// hold holds up what is sent, until release.
func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flows = make(chan struct{})
}

func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.flows:
	default:
		close(l.flows)
	}
}

// delay has all that is sent come later by a time.
func (l *link) delay(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delays = by
}

// cut ends all connections, and those that are made until mend.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = true
	for c := range l.conns {
		_ = c.Close()
	}
	clear(l.conns)
}

func (l *link) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = false
}

// isOpen reports whether who connects gets through.
func (l *link) isOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.flows:
		return !l.isCut
	default:
		return false
	}
}

// connections returns how many were made.
func (l *link) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made
}
