package doctor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestMissingIndexes(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	wantLine(t, examine(t, url), "ok; indexes; ", "all indexes")
	execute(t, pool, "drop index filings_form", "drop index facts_identity")
	lines := examine(t, url)
	wantLine(t, lines, "warn; indexes; filings_form on filings is missing", "read the whole table")
	wantLine(t, lines, "fail; indexes; facts_identity on facts is missing", "there twice")
	// What is advised helps.
	for _, f := range findings(t, url, doctor.Options{}) {
		if f.Check == "indexes" {
			_, sql, _ := strings.Cut(f.Advice, ": ")
			execute(t, pool, strings.TrimSuffix(sql, "."))
		}
	}
	wantLine(t, examine(t, url), "ok; indexes; ", "all indexes")
}

func TestInvalidIndex(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool, "drop index filings_form", "insert into filings (id, form, filed_on) select n, 'X', '2020-01-01' from generate_series(1, 2) n")
	if _, err := pool.Exec(t.Context(), "create unique index concurrently filings_form on filings (form)"); err == nil {
		t.Fatal("the index was built, and was to fail")
	}
	wantLine(t, examine(t, url), "warn; indexes; filings_form on filings was not built to the end", "never read")
}

func TestUnusedIndexes(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool,
		"create table big as select n from generate_series(1, 100000) n",
		"create index big_n on big (n)")
	options := doctor.Options{Now: func() time.Time { return time.Now().Add(24 * time.Hour) }}
	wantFinding(t, findings(t, url, options), "unused indexes", doctor.OK, "too short to tell")
	options.Now = func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	wantFinding(t, findings(t, url, options), "unused indexes", doctor.Warn, "big_n on big, which no migration made")
}

func TestWholeTables(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool,
		"create table big as select n from generate_series(1, 120000) n",
		`do $$ begin for i in 1..25 loop perform count(*) from big; end loop; end $$`,
	)
	// A session reports what it did when it ends, if not before.
	pool.Reset()
	awaitLine(t, url, "warn; whole tables; big, of about 120000 rows, was read as a whole 25 times")
}

func TestVacuum(t *testing.T) {
	t.Parallel()
	url, pool := loaded(t)
	execute(t, pool, "create table big as select n from generate_series(1, 150000) n")
	pool.Reset()
	awaitLine(t, url, "warn; vacuum; the planner does not know what big holds: 150000 of 150000 rows")
	execute(t, pool, "analyze big")
	pool.Reset()
	execute(t, pool, "update big set n = n where n % 2 = 0")
	pool.Reset()
	awaitLine(t, url, "warn; vacuum; 75000 of 225000 rows of big are dead")
	execute(t, pool, "vacuum analyze big")
	wantLine(t, examine(t, url), "warn; vacuum; autovacuum is switched off", "")
}

// awaitLine fails the test unless a line that begins so comes: statistics are reported a little later.
func awaitLine(t *testing.T, url, begin string) {
	t.Helper()
	var lines []string
	for range 20 {
		lines = examine(t, url)
		for _, line := range lines {
			if strings.HasPrefix(line, begin) {
				return
			}
		}
	}
	wantLine(t, lines, begin, "")
}

func findings(t *testing.T, url string, o doctor.Options) []doctor.Finding {
	t.Helper()
	o.Migrations = migrated(t, url)
	found, err := doctor.Examine(t.Context(), open(t, url), o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func migrated(t *testing.T, url string) []migrations.Migration {
	t.Helper()
	steps, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func wantFinding(t *testing.T, all []doctor.Finding, check string, status doctor.Status, what string) {
	t.Helper()
	for _, f := range all {
		if f.Check == check && f.Status == status && strings.Contains(f.What, what) {
			return
		}
	}
	t.Errorf("no finding %s, %s with %q in %+v", check, status, what, all)
}

// TestNotLetIn asks by URLs that lead to nothing: what is wrong is the URL, and the server has nothing to say of it.
func TestNotLetIn(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	for name, url := range map[string]string{
		"role":     as(t, "nobody_knows", cluster.URL()),
		"database": cluster.SuperuserURL("nowhere"),
	} {
		_, err := migrations.Status(t.Context(), url)
		f, refused := doctor.Refused("migrations", err)
		if !refused || f.Status != doctor.Fail || !strings.Contains(f.Advice, "DATABASE_URL") {
			t.Errorf("%s: %v, finding %+v", name, err, f)
		}
	}
}

// TestVisitor lets a role look that was granted nothing.
func TestVisitor(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	execute(t, open(t, cluster.SuperuserURL("corpintel")),
		"create role visitor login", "create extension pg_stat_statements", "grant usage on schema public to visitor")
	url := as(t, "visitor", cluster.URL())
	_, err := migrations.Status(t.Context(), url)
	if f, refused := doctor.Refused("migrations", err); !refused || f.Status != doctor.Warn || f.Advice == "" {
		t.Errorf("migrations: %v, finding %+v", err, f)
	}
	all, err := doctor.Examine(t.Context(), open(t, url), doctor.Options{Unknown: err, Slowest: true})
	if err != nil {
		t.Fatal(err)
	}
	wantFinding(t, all, "migrations", doctor.Warn, "permission denied for table goose_db_version")
	wantFinding(t, all, "outbox", doctor.Warn, "permission denied for table outbox")
	wantFinding(t, all, "indexes", doctor.OK, "all indexes")
	wantFinding(t, all, "connections", doctor.OK, "connections are taken")
	wantFinding(t, all, "slowest", doctor.Warn, "must be loaded via")
	if worst := doctor.Worst(all); worst != doctor.Warn {
		t.Errorf("worst %s: a role without rights makes nothing fail: %+v", worst, all)
	}
}

// as returns a URL for another role.
func as(t *testing.T, role, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(url, config.User+"@", role+"@", 1)
}
