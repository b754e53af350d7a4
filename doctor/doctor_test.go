package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/demo"
	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

// now is a day on which chunks of the demo data are older than 18 months.
func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// loaded returns the URL of a database with demo data, and a pool on it.
func loaded(t *testing.T) (string, *pgxpool.Pool) {
	t.Helper()
	url := storetest.New(t)
	pool := open(t, url)
	if _, err := demo.Load(t.Context(), pool, demo.Options{Companies: 3}); err != nil {
		t.Fatal(err)
	}
	return url, pool
}

func open(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// examine returns the findings as lines: status, check, what.
func examine(t *testing.T, url string) []string {
	t.Helper()
	steps, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := doctor.Examine(t.Context(), open(t, url), doctor.Options{Migrations: steps, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(findings))
	for i, f := range findings {
		lines[i] = strings.Join([]string{string(f.Status), f.Check, f.What}, "; ")
		if (f.Status != doctor.OK) != (f.Advice != "") {
			t.Errorf("%s: advice %q", lines[i], f.Advice)
		}
	}
	return lines
}

// onTimescale reports whether the databases have TimescaleDB.
func onTimescale(t *testing.T) bool {
	t.Helper()
	return storetest.FlavourOf(t) == storetest.TimescaleDB
}

// wantLine fails the test unless one of the lines begins and goes on as it should.
func wantLine(t *testing.T, lines []string, begin, contains string) {
	t.Helper()
	fits := func(line string) bool { return strings.HasPrefix(line, begin) && strings.Contains(line, contains) }
	if !slices.ContainsFunc(lines, fits) {
		t.Errorf("no line %q with %q in:\n%s", begin, contains, strings.Join(lines, "\n"))
	}
}

func execute(t *testing.T, pool *pgxpool.Pool, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	if onTimescale(t) {
		execute(t, pool, `select compress_chunk(c) from show_chunks('metrics', older_than => date '2025-05-01') c`)
	}
	lines := examine(t, url)
	var checks []string
	for _, line := range lines {
		status, rest, _ := strings.Cut(line, "; ")
		if status != "ok" && !strings.HasPrefix(rest, "vacuum; autovacuum is switched off") { // as it is for tests
			t.Errorf("not in order: %s", line)
		}
		check, _, _ := strings.Cut(rest, "; ")
		checks = append(checks, check)
	}
	want := []string{"migrations", "mode", "outbox", "roll-up sample"}
	if onTimescale(t) {
		want = []string{"migrations", "mode", "chunks", "compression", "policies", "policies", "roll-up lag", "outbox", "roll-up sample"}
		wantLine(t, lines, "ok; mode; ", "with TimescaleDB 2.")
		wantLine(t, lines, "ok; compression; ", " times smaller: ")
		wantLine(t, lines, "ok; roll-up lag; ", "rolled up to 2026-12-01")
	} else {
		wantLine(t, lines, "ok; mode; ", "plain PostgreSQL ")
	}
	want = append(want, "indexes", "unused indexes", "whole tables", "vacuum", "wraparound", "buffer cache", "jit", "connections", "replication")
	if diff := cmp.Diff(want, checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	wantLine(t, lines, "ok; outbox; ", "1 change that servers are told of, the oldest ")
	wantLine(t, lines, "ok; roll-up sample; ", " of 18 daily series agree")
}

func TestEmptyDatabase(t *testing.T) {
	t.Parallel()
	lines := examine(t, storetest.New(t))
	wantLine(t, lines, "ok; roll-up sample; ", "no daily series")
	if onTimescale(t) {
		wantLine(t, lines, "ok; chunks; ", "no chunks")
		wantLine(t, lines, "ok; compression; ", "nothing is compressed")
		wantLine(t, lines, "ok; policies; ", "has not run yet")
	}
}

func TestPendingMigrations(t *testing.T) {
	t.Parallel()
	lines := examine(t, storetest.NewEmpty(t))
	if len(lines) != 1 {
		t.Errorf("%d findings, want 1", len(lines))
	}
	wantLine(t, lines, "fail; migrations; ", "not applied")
}

func TestNewerMigrations(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool, `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
	wantLine(t, examine(t, url), "fail; migrations; ", "1 migration of a newer release")
}

func TestWrongRollup(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool, `update metrics set value = value + 1 where fact_id is null and date between '2024-03-01' and '2024-03-31'`)
	wantLine(t, examine(t, url), "fail; roll-up sample; 18 of ", "the first: series ")
	execute(t, pool, `select rebuild_metrics_month()`, `call refresh_metrics_month()`)
	wantLine(t, examine(t, url), "ok; roll-up sample; ", "agree")
}

func TestStaleMonths(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	if !onTimescale(t) {
		t.Skip("TimescaleDB only: run with CORPINTEL_TEST_FLAVOUR=timescaledb")
	}
	execute(t, pool,
		`update metrics set value = value + 1 where fact_id is null and date between '2024-03-01' and '2024-03-31'`,
		`insert into metrics_stale (series_id, month) select series_id, bucket from metrics_month where bucket = '2024-03-01'`)
	lines := examine(t, url)
	wantLine(t, lines, "warn; roll-up lag; ", "18 months stale, of 18 series")
	wantLine(t, lines, "ok; roll-up sample; ", "agree")
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	if !onTimescale(t) {
		t.Skip("TimescaleDB only: run with CORPINTEL_TEST_FLAVOUR=timescaledb")
	}
	url, pool := loaded(t)
	wantLine(t, examine(t, url), "warn; compression; ", "chunks older than the policy says not compressed")
	execute(t, pool,
		`select alter_job(job_id, scheduled => false) from timescaledb_information.jobs where proc_name = 'policy_compression'`,
		`select delete_job(job_id) from timescaledb_information.jobs where proc_name = 'refresh_metrics_month'`)
	lines := examine(t, url)
	wantLine(t, lines, "warn; policies; policy_compression ", "switched off")
	wantLine(t, lines, "fail; policies; refresh_metrics_month ", "is not there")
}

func TestExtensionCameLater(t *testing.T) {
	t.Parallel()
	if !onTimescale(t) {
		t.Skip("TimescaleDB only: run with CORPINTEL_TEST_FLAVOUR=timescaledb")
	}
	url, pool := loaded(t)
	execute(t, pool, `select metrics_to_plain()`)
	lines := examine(t, url)
	wantLine(t, lines, "warn; mode; ", "the extension came after the migrations")
	wantLine(t, lines, "ok; roll-up sample; ", "agree")
	if _, err := migrations.ToTimescale(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	wantLine(t, examine(t, url), "ok; mode; ", "with TimescaleDB")
}

func TestOutboxGrows(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	pool := open(t, url)
	wantLine(t, examine(t, url), "ok; outbox; ", "no changes")
	execute(t, pool, "insert into outbox (kind, at) select 'filings', '2026-11-01' from generate_series(1, 100001)")
	wantLine(t, examine(t, url), "warn; outbox; ", "more than 100000 changes that servers were told of, the oldest of 2026-11-01 00:00:00")
}

// TestMissingGrants lets a role look that may read nothing of the program's but what the first checks need.
func TestMissingGrants(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool,
		// A role of the cluster, which all tests share; it owns nothing.
		`do $$ begin execute format('revoke select on metrics_stale from %I', current_user); end $$`)
	lines := examine(t, url)
	wantLine(t, lines, "warn; roll-up sample; ", "permission denied for table metrics_stale")
	steps, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := doctor.Examine(t.Context(), pool, doctor.Options{Migrations: steps, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	says := func(f doctor.Finding) bool {
		return strings.Contains(f.Advice, "grant select on metrics_stale to this one")
	}
	if !slices.ContainsFunc(findings, says) {
		t.Errorf("findings %+v", findings)
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		statuses []doctor.Status
		want     doctor.Status
	}{
		{nil, doctor.OK},
		{[]doctor.Status{doctor.OK, doctor.OK}, doctor.OK},
		{[]doctor.Status{doctor.Warn, doctor.OK}, doctor.Warn},
		{[]doctor.Status{doctor.Fail, doctor.Warn}, doctor.Fail},
		{[]doctor.Status{doctor.Warn, doctor.Fail, doctor.OK}, doctor.Fail},
	} {
		var findings []doctor.Finding
		for _, s := range test.statuses {
			findings = append(findings, doctor.Finding{Status: s})
		}
		if got := doctor.Worst(findings); got != test.want {
			t.Errorf("worst of %v: %s, want %s", test.statuses, got, test.want)
		}
	}
}
