// Package storetest gives tests databases of their own, on a real PostgreSQL. Only tests import it.
//
// All test processes of a user share one throw-away server in memory: the first one starts it, the others join it, and
// it ends with the last of them, or with the go command that runs them. Databases are copies of a template that is
// migrated once, they are never dropped, and nothing of the server outlives it. Durability is off.
//
// The programs of PostgreSQL are searched as package embedded does it; the variable CORPINTEL_POSTGRES_BIN counts.
// CORPINTEL_TEST_FLAVOUR=timescaledb makes databases in which the extension timescaledb is installed; without it no test
// has anything to do with the extension, wherever it is to be had.
// CORPINTEL_TEST_PGBOUNCER=1 has tests of the whole read path go through a PgBouncer of their own.
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/migrations"
)

// startWait bounds what the first test of a process waits for the server and the template.
const startWait = time.Minute

// join is the one state of the package: the server must live as long as the process that uses it.
var join = sync.OnceValues(func() (*shared, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	return joinShared(ctx)
})

// New returns the URL of a migrated, empty database that nobody else uses. Its role owns the database and is no
// superuser, as in production. Without PostgreSQL the test fails; with -short it is skipped.
func New(t testing.TB) string {
	t.Helper()
	server := sharedServer(t)
	return server.create(t, server.template)
}

// NewEmpty is New without the migrations.
func NewEmpty(t testing.TB) string {
	t.Helper()
	server := sharedServer(t)
	return server.create(t, server.flavour.emptyTemplate())
}

// sharedServer returns the server all tests share.
func sharedServer(t testing.TB) *shared {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL: not run with -short")
	}
	server, err := join()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	return server
}

// create returns the URL of a new database that is a copy of another one.
func (s *shared) create(t testing.TB, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	conn, err := pgx.Connect(t.Context(), s.cluster.SuperuserURL("postgres"))
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	_, err = conn.Exec(t.Context(), copyDatabase(name, template))
	if closeErr := conn.Close(t.Context()); err == nil {
		err = closeErr
	}
	if err != nil {
		t.Fatalf("test database %s: %v", name, err)
	}
	return s.cluster.URL(name)
}

// copyDatabase returns the statement that copies a database for the program's role, by copying its files.
func copyDatabase(name, template string) string {
	return fmt.Sprintf("create database %s owner corpintel template %s strategy file_copy", name, template)
}

// ensureTemplates makes the templates of the flavour and of the present migrations unless they are there, and returns
// the name of the latter. The caller holds the lock of the server's folder.
func (s *shared) ensureTemplates(ctx context.Context) (name string, err error) {
	conn, err := pgx.Connect(ctx, s.cluster.SuperuserURL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	empty := s.flavour.emptyTemplate()
	if s.flavour != Plain {
		err := ensureTemplate(ctx, conn, empty, "template0", func(database string) error {
			return s.flavour.prepare(ctx, s.cluster.SuperuserURL(database))
		})
		if err != nil {
			return "", err
		}
	}
	name = "template_" + migrations.Hash()[:16]
	return name, ensureTemplate(ctx, conn, name, empty, func(database string) error {
		_, err := migrations.Up(ctx, s.cluster.URL(database))
		return err
	})
}

// ensureTemplate makes a database out of another one by fill, unless it is there.
func ensureTemplate(ctx context.Context, conn *pgx.Conn, name, from string, fill func(database string) error) error {
	var there bool
	err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&there)
	if err != nil || there {
		return err
	}
	making := name + "_new"
	for _, statement := range []string{
		"drop database if exists " + making, // somebody was interrupted
		copyDatabase(making, from),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("template: %w", err)
		}
	}
	if err := fill(making); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	// Nobody may be connected to what is copied.
	_, err = conn.Exec(ctx, fmt.Sprintf("alter database %s rename to %s", making, name))
	if err == nil {
		_, err = conn.Exec(ctx, fmt.Sprintf("alter database %s allow_connections false", name))
	}
	return err
}
