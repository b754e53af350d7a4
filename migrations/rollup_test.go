package migrations_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

// points are two daily series, of which one lies before 1970 and skips months, and one of fundamentals.
const points = `
insert into metrics (series_id, date, as_of, value, fact_id)
select 1, d::date, date '2021-01-01', extract(doy from d), null::bigint from generate_series(timestamp '2019-11-05', '2021-03-20', '1 day') as d
union all
select 2, d::date, null, extract(day from d) / 10, null::bigint from generate_series(timestamp '1967-12-30', '1972-03-01', '61 days') as d
union all
select 3, d::date, null, 1e9, 7 from generate_series(timestamp '2018-03-31', '2021-03-31', '3 months') as d`

// What the database holds, as text: the roll-up as it must be, and as it is in the months that are not stale; the points.
const (
	rollUpFromPoints = `
select string_agg(concat_ws(' ', series_id, bucket, n, sum, min, max, first, last), e'\n' order by series_id, bucket)
from (
  select series_id, date_trunc('month', date::timestamp)::date as bucket, count(*) as n, sum(value order by date) as sum,
    min(value) as min, max(value) as max,
    (array_agg(value order by date))[1] as first, (array_agg(value order by date desc))[1] as last
  from metrics
  where fact_id is null
  group by series_id, bucket
) r`
	rollUpThatIsKept = `
select string_agg(concat_ws(' ', series_id, bucket, n, sum, min, max, first, last), e'\n' order by series_id, bucket)
from metrics_month r
where not exists (select from metrics_stale t where t.series_id = r.series_id and t.month = r.bucket)`
	allPoints = `
select string_agg(concat_ws(' ', series_id, date, as_of, value, fact_id), e'\n' order by series_id, date) from metrics`
)

// before returns the migrations with a smaller number.
func before(t *testing.T, name string) fs.FS {
	t.Helper()
	some := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		sql, err := fs.ReadFile(migrations.Files, n)
		if err != nil {
			t.Fatal(err)
		}
		if n < name {
			some[n] = &fstest.MapFile{Data: sql}
		}
	}
	return some
}

func TestRollUpOfExistingData(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	if _, err := migrations.UpFrom(t.Context(), url, before(t, "0003")); err != nil {
		t.Fatal(err)
	}
	execute(t, url, points)
	held := text(t, url, allPoints)
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	hypertable := text(t, url, "select metrics_are_hypertable()::text")
	if want := storetest.FlavourOf(t) == storetest.TimescaleDB; (hypertable == "true") != want {
		t.Errorf("metrics is a hypertable: %s", hypertable)
	}
	execute(t, url, "call refresh_metrics_month()")
	if stale := count(t, url, "select count(*) from metrics_stale"); stale != 0 {
		t.Errorf("%d stale months after the refresh", stale)
	}
	if diff := cmp.Diff(text(t, url, rollUpFromPoints), text(t, url, rollUpThatIsKept)); diff != "" {
		t.Errorf("roll-up (-recomputed +kept):\n%s", diff)
	}
	if diff := cmp.Diff(held, text(t, url, allPoints)); diff != "" {
		t.Errorf("points after up (-before +after):\n%s", diff)
	}
	for count(t, url, "select count(*) from goose_db_version where version_id >= 3") > 0 {
		if _, err := migrations.Down(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(held, text(t, url, allPoints)); diff != "" {
		t.Errorf("points after down (-before +after):\n%s", diff)
	}
}

func TestToTimescale(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	if storetest.FlavourOf(t) == storetest.Plain {
		_, err := migrations.ToTimescale(t.Context(), url)
		if !errors.Is(err, migrations.ErrNoTimescaleDB) {
			t.Errorf("error %v, want ErrNoTimescaleDB", err)
		}
		return
	}
	// As it is where the extension came after the migrations.
	execute(t, url, "select metrics_to_plain()")
	execute(t, url, points)
	execute(t, url, "select rebuild_metrics_month()")
	held := text(t, url, allPoints)
	for i, want := range []bool{true, false} {
		changed, err := migrations.ToTimescale(t.Context(), url)
		if err != nil || changed != want {
			t.Errorf("ToTimescale number %d: %t, %v; want %t", i+1, changed, err, want)
		}
	}
	if diff := cmp.Diff("", text(t, url, rollUpThatIsKept)); diff != "" {
		t.Errorf("months that are not stale before the first refresh (-want +got):\n%s", diff)
	}
	execute(t, url, "call refresh_metrics_month()")
	if diff := cmp.Diff(text(t, url, rollUpFromPoints), text(t, url, rollUpThatIsKept)); diff != "" {
		t.Errorf("roll-up (-recomputed +kept):\n%s", diff)
	}
	if diff := cmp.Diff(held, text(t, url, allPoints)); diff != "" {
		t.Errorf("points (-before +after):\n%s", diff)
	}
}

func TestToTimescaleWantsAllMigrations(t *testing.T) {
	t.Parallel()
	if _, err := migrations.ToTimescale(t.Context(), storetest.NewEmpty(t)); err == nil {
		t.Error("no error in a database without migrations")
	}
}

// TestRefreshLeavesNewerMarks leaves a mark while a refresh is under way, of which the refresh may not have seen the rows.
func TestRefreshLeavesNewerMarks(t *testing.T) {
	t.Parallel()
	if storetest.FlavourOf(t) == storetest.Plain {
		t.Skip("nothing is ever stale on plain PostgreSQL: run with CORPINTEL_TEST_FLAVOUR=timescaledb")
	}
	url := storetest.New(t)
	execute(t, url, points)
	execute(t, url, "select rebuild_metrics_month()")
	conn := connect(t, url)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"update metrics set value = -5 where series_id = 1 and date = '2020-02-29'",
		"insert into metrics_stale (series_id, month) values (1, '2020-02-01')",
	} {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, url, "call refresh_metrics_month()")
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	const february = "select min::text from metrics_month where series_id = 1 and bucket = '2020-02-01'"
	if got := text(t, url, february); got != "32" {
		t.Fatalf("the refresh has seen %s, of a transaction that was under way", got)
	}
	if got := text(t, url, "select string_agg(series_id || ' ' || month, ',') from metrics_stale"); got != "1 2020-02-01" {
		t.Errorf("stale: %q, want the month that was written meanwhile", got)
	}
	// A dump brings marks of another server, with numbers of transactions that this one has not reached.
	execute(t, url, "insert into metrics_stale (series_id, month, marked_by) values (2, '1968-01-01', '99999999999')")
	execute(t, url, "call refresh_metrics_month()")
	if got := text(t, url, february); got != "-5" {
		t.Errorf("%s after the second refresh, want what was written", got)
	}
	if stale := count(t, url, "select count(*) from metrics_stale"); stale != 0 {
		t.Errorf("%d stale months after the second refresh", stale)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) }) // the server ends it anyway
	return conn
}

// execute runs a statement.
func execute(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// text returns what a query answers, "" for null.
func text(t *testing.T, url, query string) string {
	t.Helper()
	var got *string
	if err := connect(t, url).QueryRow(t.Context(), query).Scan(&got); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if got == nil {
		return ""
	}
	return *got
}
