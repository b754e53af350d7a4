package events_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestPooler follows through something that tells another process's number than the server's, as connection poolers do.
func TestPooler(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	s := open(t, database, 1)
	f := follow(t, database, events.Options{DirectURL: pooled(t, database), Poll: soon})
	f.awaitLog(t, "a connection pooler stands in between, set DATABASE_DIRECT_URL")
	change(t, s, company("1"))
	wantBatches(t, f, of(company("1")))
	var listening bool
	err := s.Pool().QueryRow(t.Context(), `
		select exists (
			select from pg_stat_activity where datname = current_database() and query like '%ListenOutbox%' and pid <> pg_backend_pid()
		)`).Scan(&listening)
	if err != nil || listening {
		t.Errorf("a session of the pooler's is left listening (%v)", err)
	}
}

// pooled returns the URL of a database by way of a proxy.
func pooled(t *testing.T, database string) string {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			network, address := serverAddress(config)
			server, err := (&net.Dialer{Timeout: time.Minute}).Dial(network, address)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				defer client.Close()
				defer server.Close()
				_ = renumber(client, server)
			}()
			go func() {
				defer server.Close()
				_, _ = io.Copy(server, client)
			}()
		}
	}()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: l.Addr().String(), Path: config.Database}
	return u.String() + "?sslmode=disable"
}

func serverAddress(config *pgx.ConnConfig) (network, address string) {
	if config.Host[0] == '/' {
		return "unix", config.Host + "/.s.PGSQL." + strconv.Itoa(int(config.Port))
	}
	return "tcp", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
}

// renumber copies what a server says, with another process number in its key data.
func renumber(to io.Writer, from io.Reader) error {
	const keyData = 'K'
	for {
		header := make([]byte, 5)
		if _, err := io.ReadFull(from, header); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(header[1:])-4)
		if _, err := io.ReadFull(from, body); err != nil {
			return err
		}
		if header[0] == keyData {
			binary.BigEndian.PutUint32(body, binary.BigEndian.Uint32(body)+1)
		}
		if _, err := to.Write(append(header, body...)); err != nil {
			return err
		}
	}
}
