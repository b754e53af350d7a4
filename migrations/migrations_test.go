package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

// steps returns the first n of three migrations.
func steps(n int) fs.FS {
	all := []string{
		"0001_first.sql", "0002_second.sql", "0003_third.sql",
	}
	fsys := fstest.MapFS{"schema.sql": {Data: []byte("not a migration")}}
	for i, name := range all[:n] {
		text := fmt.Sprintf("-- +goose Up\ncreate table t%d (id int);\n-- +goose Down\ndrop table t%d;\n", i+1, i+1)
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestUpDownUp(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	before := dump(t, url)
	all, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		last, err := migrations.Down(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[len(all)-1-i], last); diff != "" {
			t.Errorf("taken back (-want +got):\n%s", diff)
		}
	}
	if _, err := migrations.Down(t.Context(), url); !errors.Is(err, migrations.ErrNoneApplied) {
		t.Errorf("Down of nothing: %v, want ErrNoneApplied", err)
	}
	if tables := count(t, url, "select count(*) from pg_tables where schemaname = 'public' and tablename <> 'goose_db_version'"); tables != 0 {
		t.Errorf("%d tables are left", tables)
	}
	if applied, err := migrations.Up(t.Context(), url); err != nil || applied != len(all) {
		t.Fatalf("Up: %d, %v; want %d", applied, err, len(all))
	}
	if diff := cmp.Diff(before, dump(t, url)); diff != "" {
		t.Errorf("schema after up, down and up (-first +second):\n%s", diff)
	}
}

func TestUpAppliesWhatIsMissing(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	for i, test := range []struct{ known, applied int }{{2, 2}, {2, 0}, {3, 1}} {
		applied, err := migrations.UpFrom(t.Context(), url, steps(test.known))
		if err != nil || applied != test.applied {
			t.Errorf("Up number %d: %d, %v; want %d", i+1, applied, err, test.applied)
		}
	}
}

func TestUpAtOnce(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	const servers = 4
	applied := make([]int, servers)
	errs := make([]error, servers)
	var group sync.WaitGroup
	for i := range servers {
		group.Go(func() { applied[i], errs[i] = migrations.UpFrom(t.Context(), url, steps(3)) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range applied {
		sum += n
	}
	if sum != 3 {
		t.Errorf("applied %v, want 3 in all", applied)
	}
	if rows := count(t, url, "select count(*) from goose_db_version where version_id > 0"); rows != 3 {
		t.Errorf("%d rows of versions, want 3", rows)
	}
}

func TestFailedStepIsRolledBack(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	broken := fstest.MapFS{
		"0001_good.sql":   {Data: []byte("-- +goose Up\ncreate table good ();\n")},
		"0002_broken.sql": {Data: []byte("-- +goose Up\ncreate table half ();\nselect from nowhere;\n")},
	}
	if _, err := migrations.UpFrom(t.Context(), url, broken); err == nil {
		t.Fatal("no error")
	}
	tables := count(t, url, "select count(*) from pg_tables where tablename in ('good', 'half')")
	if tables != 1 {
		t.Errorf("%d tables, want the one of the good step", tables)
	}
	// The lock is free again.
	if _, err := migrations.DownFrom(t.Context(), url, broken); err != nil {
		t.Error(err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	if _, err := migrations.UpFrom(t.Context(), url, steps(3)); err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.UpFrom(t.Context(), url, steps(2)); !errors.Is(err, migrations.ErrNewerDatabase) {
		t.Errorf("Up: %v, want ErrNewerDatabase", err)
	}
	if _, err := migrations.DownFrom(t.Context(), url, steps(2)); !errors.Is(err, migrations.ErrNewerDatabase) {
		t.Errorf("Down: %v, want ErrNewerDatabase", err)
	}
	all, err := migrations.StatusFrom(t.Context(), url, steps(2))
	if err != nil {
		t.Fatal(err)
	}
	want := []migrations.Migration{{Version: 1, Name: "0001_first.sql"}, {Version: 2, Name: "0002_second.sql"}, {Version: 3}}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(migrations.Migration{}, "AppliedAt")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	all, err := migrations.StatusFrom(t.Context(), url, steps(2))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Applied() {
			t.Errorf("%s is applied in an empty database", m.Name)
		}
	}
	if tables := count(t, url, "select count(*) from pg_tables where schemaname = 'public'"); tables != 0 {
		t.Errorf("Status has made %d tables", tables)
	}
	// The times are UTC wherever the session is.
	if _, err := migrations.UpFrom(t.Context(), url+"&timezone=Asia/Tokyo", steps(1)); err != nil {
		t.Fatal(err)
	}
	all, err = migrations.StatusFrom(t.Context(), url+"&timezone=America/New_York", steps(2))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || !all[0].Applied() || all[1].Applied() {
		t.Fatalf("%+v, want the first applied", all)
	}
	if age := time.Since(all[0].AppliedAt); age.Abs() > time.Hour {
		t.Errorf("applied %v ago", age)
	}
}

// TestUpWaitsForTheLock shows that a server waits for another one that migrates, and gives up with its context.
func TestUpWaitsForTheLock(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "select pg_advisory_lock($1)", migrations.LockID); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := migrations.UpFrom(ctx, url, steps(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Up: %v, want the context's error", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := migrations.UpFrom(t.Context(), url, steps(1))
		done <- err
	}()
	if _, err := conn.Exec(t.Context(), "select pg_advisory_unlock($1)", migrations.LockID); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestStatementTimeoutOfTheRoleDoesNotCount(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	slow := fstest.MapFS{"0001_slow.sql": {Data: []byte("-- +goose Up\nselect pg_sleep(0.2);\n")}}
	if _, err := migrations.UpFrom(t.Context(), url+"&statement_timeout=50", slow); err != nil {
		t.Error(err)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	if got := migrations.Hash(); len(got) != 64 || got != migrations.Hash() {
		t.Errorf("%q, want the same 64 digits every time", got)
	}
}

func BenchmarkUpToDate(b *testing.B) {
	url := storetest.New(b)
	b.ReportAllocs()
	for b.Loop() {
		if applied, err := migrations.Up(b.Context(), url); err != nil || applied != 0 {
			b.Fatal(applied, err)
		}
	}
}

// count returns the number a query counts.
func count(t *testing.T, url, query string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
