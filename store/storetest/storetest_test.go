package storetest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestNewIsMigratedAndPrivate(t *testing.T) {
	t.Parallel()
	first, second := storetest.New(t), storetest.New(t)
	if first == second {
		t.Fatalf("two databases have the same URL %s", first)
	}
	for _, url := range []string{first, second} {
		all, err := migrations.Status(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if !m.Applied() {
				t.Errorf("%s: migration %s is not applied", url, m.Name)
			}
		}
		// The second statement would fail if both databases were one.
		exec(t, url, "create table mine (id int)")
	}
}

func TestNewEmptyHasNoTables(t *testing.T) {
	t.Parallel()
	var tables int
	query(t, storetest.NewEmpty(t), "select count(*) from pg_tables where schemaname = 'public'", &tables)
	if tables != 0 {
		t.Errorf("%d tables in an empty database", tables)
	}
}

func TestRoleIsNoSuperuser(t *testing.T) {
	t.Parallel()
	var super, owns bool
	query(t, storetest.New(t), `select rolsuper, datdba = pg_roles.oid from pg_roles, pg_database
		where rolname = current_user and datname = current_database()`, &super, &owns)
	if super || !owns {
		t.Errorf("superuser %t, owner %t; want an owner without other rights", super, owns)
	}
}

func BenchmarkNew(b *testing.B) {
	storetest.New(b)
	b.ReportAllocs()
	for b.Loop() {
		storetest.New(b)
	}
}

// exec runs a statement in a database.
func exec(t *testing.T, url, statement string) {
	t.Helper()
	conn := connect(t, url)
	_, err := conn.Exec(t.Context(), statement)
	if closeErr := conn.Close(t.Context()); err == nil {
		err = closeErr
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// query reads the one row of a statement.
func query(t *testing.T, url, statement string, into ...any) {
	t.Helper()
	conn := connect(t, url)
	err := conn.QueryRow(t.Context(), statement).Scan(into...)
	if closeErr := conn.Close(t.Context()); err == nil {
		err = closeErr
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// connect connects to a database.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
