package store_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// readOn returns what was committed since at, which moves on.
func readOn(t testing.TB, s *store.Store, at *store.OutboxPosition) *store.OutboxRead {
	t.Helper()
	read, err := s.ReadOutbox(t.Context(), *at)
	if err != nil {
		t.Fatal(err)
	}
	*at = read.Position
	return read
}

func wantChanges(t testing.TB, s *store.Store, at *store.OutboxPosition, want ...store.Change) {
	t.Helper()
	read := readOn(t, s, at)
	if diff := cmp.Diff(want, read.Changes); diff != "" || read.Lost {
		t.Errorf("lost %t, changes (-want +got):\n%s", read.Lost, diff)
	}
}

func company(keys ...string) store.Change { return store.Change{Kind: store.ChangeCompany, Keys: keys} }

func change(t testing.TB, s *store.Store, changes ...store.Change) {
	t.Helper()
	if err := s.WithTx(t.Context(), func(tx *store.Tx) error { return tx.Changed(changes...) }); err != nil {
		t.Fatal(err)
	}
}

func begin(t testing.TB, s *store.Store) pgx.Tx {
	t.Helper()
	tx, err := s.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	return tx
}

func commit(t testing.TB, tx pgx.Tx) {
	t.Helper()
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestChangesAreMerged(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	var at store.OutboxPosition
	if read := readOn(t, s, &at); !read.Lost {
		t.Error("a first read knows what was before it")
	}
	err := s.WithTx(t.Context(), func(tx *store.Tx) error {
		for _, c := range []store.Change{company("7", "8"), {Kind: store.ChangeFilings}, company("8", "10"), {Kind: store.ChangeFilings}} {
			if err := tx.Changed(c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantChanges(t, s, &at, company("10", "7", "8"), store.Change{Kind: store.ChangeFilings, Keys: []string{}})
	wantChanges(t, s, &at)

	failed := errors.New("failed")
	err = s.WithTx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.Changed(company("9")), failed)
	})
	if !errors.Is(err, failed) {
		t.Errorf("error %v, want that of the function", err)
	}
	change(t, s) // nothing
	wantChanges(t, s, &at)

	var many []string
	for i := range store.MaxChangeKeys {
		many = append(many, strconv.Itoa(1000+i))
	}
	change(t, s, company(many...))
	wantChanges(t, s, &at, company(many...))
	change(t, s, company(many...), company("one more"))
	wantChanges(t, s, &at, company(store.AnyKey))
}

func TestChangesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	for _, c := range []store.Change{
		{Kind: "unheard of"}, {}, {Kind: store.ChangeCompany}, {Kind: store.ChangeFilings, Keys: []string{"x"}},
	} {
		err := s.WithTx(t.Context(), func(tx *store.Tx) error { return tx.Changed(c) })
		if err == nil {
			t.Errorf("no error for %v", c)
		}
	}
	if n := mustNumber(t, s, "select count(*) from outbox"); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// TestLateCommit has transactions commit in another order than they took ids and numbers in.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 4})
	var at store.OutboxPosition
	readOn(t, s, &at)
	early, rolledBack := begin(t, s), begin(t, s)
	for key, tx := range map[string]pgx.Tx{"early": early, "rolled back": rolledBack} {
		if err := store.Publish(t.Context(), tx, company(key)); err != nil {
			t.Fatal(err)
		}
	}
	wantChanges(t, s, &at)
	change(t, s, company("late"))
	wantChanges(t, s, &at, company("late"))
	wantChanges(t, s, &at)
	if err := rolledBack.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	commit(t, early)
	change(t, s, company("last"))
	wantChanges(t, s, &at, company("early"), company("last"))
	wantChanges(t, s, &at)
}

// TestTooMuchToRead has more rows written between two reads than a read takes.
func TestTooMuchToRead(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	var at store.OutboxPosition
	readOn(t, s, &at)
	execute(t, s, "insert into outbox (kind) select 'filings' from generate_series(1, 10001)")
	if read := readOn(t, s, &at); !read.Lost || len(read.Changes) > 0 {
		t.Errorf("lost %t, %d changes; want lost without any", read.Lost, len(read.Changes))
	}
	wantChanges(t, s, &at)
	execute(t, s, "insert into outbox (kind) select 'filings' from generate_series(1, 10000)")
	if read := readOn(t, s, &at); read.Lost || len(read.Changes) != 10_000 {
		t.Errorf("lost %t, %d changes; want 10000", read.Lost, len(read.Changes))
	}
}

// TestPositionsThatAreOfNoUse reads on from positions of long ago, of another server and of a later time of this one.
func TestPositionsThatAreOfNoUse(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	var at store.OutboxPosition
	readOn(t, s, &at)
	change(t, s, company("1"))
	for name, p := range map[string]store.OutboxPosition{
		"none":           {},
		"long ago":       at.Moved(0, -store.OutboxAge/2-time.Minute, ""),
		"another server": at.Moved(time.Second, 0, ""),
		"later":          at.Moved(0, 0, "900000000:900000000:"),
	} {
		if read := readOn(t, s, &p); !read.Lost || len(read.Changes) > 0 {
			t.Errorf("%s: lost %t, changes %v", name, read.Lost, read.Changes)
		}
		wantChanges(t, s, &p)
	}
	recent := at.Moved(0, -store.OutboxAge/2+time.Minute, "")
	wantChanges(t, s, &recent, company("1"))
}

// TestTrim: what was committed lately stays however long ago it was written, and what is of another server goes.
func TestTrim(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	trim := func(want ...string) {
		t.Helper()
		if more, err := s.TrimOutbox(t.Context(), time.Hour); more || err != nil {
			t.Errorf("more %t, error %v", more, err)
		}
		rows, _ := s.Pool().Query(t.Context(), "select keys[1] from outbox order by id")
		left, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if diff := cmp.Diff(want, left); diff != "" || err != nil {
			t.Errorf("rows (-want +got):\n%s%v", diff, err)
		}
	}
	// An hour goes by.
	later := func() {
		execute(t, s, "update outbox set at = at - interval '1 hour'; update outbox_trim set noted_at = noted_at - interval '1 hour'")
	}
	change(t, s, company("first"))
	slow := begin(t, s)
	if err := store.Publish(t.Context(), slow, company("slow")); err != nil {
		t.Fatal(err)
	}
	later()
	trim("first") // it was not there when anything was noted
	later()
	commit(t, slow)
	execute(t, s, "update outbox set at = at - interval '3 hours' where keys = '{slow}'")
	trim("slow") // was not committed when it was noted which rows may go
	change(t, s, company("new"))
	trim("slow", "new")
	later()
	trim("new")
	later()
	trim([]string{}...)

	execute(t, s, "insert into outbox (xid, kind, keys, at) values ('900000000', 'company', '{of a dump}', now() - interval '2 hours')")
	execute(t, s, "update outbox_trim set before = '900000000:900000000:', noted = before")
	change(t, s, company("new"))
	execute(t, s, "update outbox set at = at - interval '2 hours'")
	trim("new")
}

// TestTrimAlone has another server at it.
func TestTrimAlone(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	other := begin(t, s)
	if err := s.HoldTrim(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	execute(t, s, "insert into outbox (kind, at) select 'filings', now() - interval '2 hours' from generate_series(1, 5)")
	execute(t, s, "update outbox_trim set before = pg_current_snapshot()")
	if more, err := s.TrimOutbox(t.Context(), time.Hour); more || err != nil {
		t.Errorf("more %t, error %v", more, err)
	}
	if n := mustNumber(t, s, "select count(*) from outbox"); n != 5 {
		t.Errorf("%d rows are left, want 5: somebody else trims", n)
	}
	commit(t, other)
	if _, err := s.TrimOutbox(t.Context(), time.Hour); err != nil {
		t.Error(err)
	}
	if n := mustNumber(t, s, "select count(*) from outbox"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// TestOutboxStatements explains the statements where there are many rows: they read by index.
func TestOutboxStatements(t *testing.T) {
	t.Parallel()
	sent := &sentStatements{seen: map[string]pgx.TraceQueryStartData{}}
	s := open(t, storetest.New(t), store.Options{MaxConns: 1, Tracer: sent})
	var at store.OutboxPosition
	readOn(t, s, &at)
	for i := range 20 { // as many transactions
		execute(t, s, fmt.Sprintf("insert into outbox (kind, keys, at) select 'company', array[i::text], now() - (i + %d) * interval '1 second' from generate_series(1, 1000) i", i*100))
	}
	execute(t, s, "analyze outbox; update outbox_trim set before = pg_current_snapshot()")
	readOn(t, s, &at)
	change(t, s, company("1"))
	readOn(t, s, &at)
	if _, err := s.TrimOutbox(t.Context(), 20*time.Minute); err != nil {
		t.Fatal(err)
	}
	want := []string{"LockTrim", "NoteTrim", "PublishChanges", "ReadOutbox", "TrimOutbox"}
	for _, name := range want {
		data, ok := sent.seen[name]
		if !ok {
			t.Errorf("%s was not sent", name)
			continue
		}
		plan, scans := explainSent(t, s, data)
		if strings.Contains(scans, "outbox (Seq") { // what other tests leave open is read in vain
			t.Errorf("%s reads all of %s:\n%s", name, scans, plan)
		}
	}
}
