package store_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// listenTo returns a listener, as soon as the server lets it in.
func listenTo(t testing.TB, url string) *store.OutboxListener {
	t.Helper()
	limit := time.Now().Add(time.Minute)
	for {
		l, err := store.ListenOutbox(t.Context(), url)
		if err == nil {
			t.Cleanup(func() { l.Close(t.Context()) })
			return l
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
}

func pointOf(t testing.TB, l *store.OutboxListener) store.OutboxPoint {
	t.Helper()
	read, err := l.Read(t.Context(), store.OutboxPosition{})
	if err != nil {
		t.Fatal(err)
	}
	return read.Position.Point()
}

// TestOutboxSource checks that numbers of transactions are of one source only while they cannot come again: a crash gives those again
// that were not written down.
func TestOutboxSource(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	seen := map[string]string{}
	now := func(what string) string {
		t.Helper()
		source := pointOf(t, listenTo(t, cluster.URL())).Source
		if source == "" {
			t.Fatalf("%s: no source", what)
		}
		if before, ok := seen[source]; ok {
			t.Errorf("the source %s is that of %s", what, before)
		}
		seen[source] = what
		return source
	}
	first := now("at first")
	if again := pointOf(t, listenTo(t, cluster.URL())).Source; again != first {
		t.Errorf("another connection tells %s, not %s", again, first)
	}
	cluster.Stop(embedded.Fast)
	cluster.Start()
	now("after another start")
	for crash := range 2 {
		victim, err := pgx.Connect(t.Context(), cluster.URL())
		if err != nil {
			t.Fatal(err)
		}
		l := listenTo(t, cluster.URL())
		if err := syscall.Kill(int(victim.PgConn().PID()), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = victim.Close(t.Context())
		for err == nil { // until the crash has come to it
			_, err = l.Read(t.Context(), store.OutboxPosition{})
		}
		now(fmt.Sprintf("after crash %d", crash+1))
	}
	s := open(t, cluster.URL(), store.Options{MaxConns: 1})
	execute(t, s, "truncate outbox")
	now("after the outbox was emptied")
	execute(t, s, "insert into goose_db_version (version_id, is_applied) values (999999, true)")
	now("after a migration")
	if other := pointOf(t, listenTo(t, storetest.New(t))).Source; other == "" || seen[other] != "" {
		t.Errorf("the source of another database is %q", other)
	}
}

func TestOutboxPoint(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s, l := open(t, url, store.Options{MaxConns: 4}), listenTo(t, url)
	if point := (store.OutboxPosition{}).Point(); point != (store.OutboxPoint{}) {
		t.Errorf("the zero position is %+v", point)
	}
	var at store.OutboxPosition
	if point := readOn(t, s, &at).Position.Point(); point.Source != "" {
		t.Errorf("the source of others' connections is told: %+v", point)
	}
	early := begin(t, s)
	if err := store.Publish(t.Context(), early, company("early")); err != nil {
		t.Fatal(err)
	}
	change(t, s, company("late"))
	before, err := l.Read(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, early)
	after, err := l.Read(t.Context(), before.Position)
	if err != nil {
		t.Fatal(err)
	}
	// Whoever asks after the first read need not see what is early, and after the second one does.
	xid, first, second := after.XIDs[0], before.Position.Point(), after.Position.Point()
	if len(after.XIDs) != 1 || first.Xmin > xid || second.Xmin <= xid && second.Xmax <= xid || len(before.XIDs) != len(before.Changes) {
		t.Errorf("transaction %d, read %+v and %+v", xid, first, second)
	}
}

// TestOutboxHistory checks that what was changed is known back to the floor, whatever was deleted.
func TestOutboxHistory(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s, l := open(t, url, store.Options{MaxConns: 2}), listenTo(t, url)
	history := func() *store.OutboxHistory {
		t.Helper()
		h, err := l.History(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(h.XIDs) != len(h.Changes) {
			t.Errorf("%d transactions of %d changes", len(h.XIDs), len(h.Changes))
		}
		return h
	}
	if h := history(); h.Floor != 0 || len(h.Changes) > 0 {
		t.Errorf("of a new database %+v is known", h)
	}
	change(t, s, company("1"))
	change(t, s, company("2"))
	h := history()
	last := h.XIDs[0]
	if diff := cmp.Diff([]store.Change{company("2"), company("1")}, h.Changes); diff != "" || h.Floor != 0 || h.XIDs[0] <= h.XIDs[1] {
		t.Errorf("floor %d, transactions %v\n%s", h.Floor, h.XIDs, diff)
	}
	// Two hours go by, and rows are deleted.
	for range 2 {
		execute(t, s, "update outbox set at = at - interval '2 hours'; update outbox_trim set noted_at = noted_at - interval '2 hours'")
		if _, err := s.TrimOutbox(t.Context(), store.OutboxAge); err != nil {
			t.Fatal(err)
		}
	}
	if h := history(); h.Floor <= last || len(h.Changes) > 0 {
		t.Errorf("after rows were deleted %+v is known", h)
	}
	deleted := history().Floor
	change(t, s, company("3"))
	if h := history(); len(h.Changes) != 1 || h.XIDs[0] < deleted || h.Floor != deleted {
		t.Errorf("then %+v", h)
	}
	// More rows than are read, of transactions of two each: one that is cut is not known.
	for range 10 {
		execute(t, s, "insert into outbox (kind, keys) select 'company', array[i::text] from generate_series(1, 600) i")
	}
	h = history()
	var least uint64
	if err := s.Pool().QueryRow(t.Context(), `select min(xid) from outbox where xid >= $1`, h.Floor).Scan(&least); err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := s.Pool().QueryRow(t.Context(), `select count(*) from outbox where xid >= $1`, h.Floor).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, xid := range h.XIDs {
		if xid >= h.Floor {
			known++
		}
	}
	if rows != known || known < 4000 || least < h.Floor {
		t.Errorf("of %d changes from the floor on %d are known", rows, known)
	}
}

// TestOutboxHistoryStatement: by index only.
func TestOutboxHistoryStatement(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	for i := range 20 {
		execute(t, s, fmt.Sprintf("insert into outbox (kind, keys, at) select 'company', array[i::text], now() - (i + %d) * interval '1 second' from generate_series(1, 1000) i", i*100))
	}
	execute(t, s, "analyze outbox; update outbox_trim set before = pg_current_snapshot()")
	plan, scans := explainSent(t, s, pgx.TraceQueryStartData{SQL: store.OutboxHistoryStatement, Args: []any{5001}})
	if strings.Contains(scans, "outbox (Seq") {
		t.Errorf("it reads all of %s:\n%s", scans, plan)
	}
}
