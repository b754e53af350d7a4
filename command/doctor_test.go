package command_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store/storetest"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	environ := []string{"DATABASE_URL=" + url}
	code, stdout, stderr := run(t, environ, "doctor")
	if code != 1 {
		t.Errorf("exit code %d before the migrations, want 1", code)
	}
	wantContains(t, stdout, "fail  migrations", "→ Run corpintel migrate up")
	wantContains(t, stderr, "the database is not in order")

	mustRun(t, environ, "demo", "--companies=3")
	wantContains(t, mustRun(t, environ, "doctor"), "ok  ", "migrations", "mode", "PostgreSQL ", "roll-up sample")

	explained := mustRun(t, environ, "doctor", "--explain")
	wantContains(t, explained, "\n\nCompaniesPageByMarketCap\n", "\n\nCompanyByTicker\n", "\n\nLatestValuesAsOf\n", "\n\nSeriesBuckets\n",
		"\n\nRestatements", "\n\nDataSet\n", "Index Scan using ", "Execution Time: ")
	if n := strings.Count(explained, "Execution Time: "); n < 25 || strings.Contains(explained, "no plan") {
		t.Errorf("%d plans:\n%s", n, explained)
	}

	var report struct {
		Status   string
		Findings []struct{ Check, Status, What, Advice string }
	}
	if err := json.Unmarshal([]byte(mustRun(t, environ, "doctor", "--format=json")), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) < 3 || report.Findings[0].Check != "migrations" || report.Findings[0].Status != "ok" {
		t.Errorf("findings %+v", report.Findings)
	}
	if report.Status != "ok" && report.Status != "warn" { // chunks may wait to be compressed
		t.Errorf("status %q", report.Status)
	}

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "delete from metrics where fact_id is null and date >= '2025-01-01'"); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = run(t, environ, "doctor", "--format=json")
	if code != 1 {
		t.Errorf("exit code %d where the roll-up is wrong, want 1", code)
	}
	wantContains(t, stdout, `"status": "fail"`, "contradict their points")
}

// TestDoctorOfVisitor lets a role look that was granted nothing: it is told what it may see, also where it may not do what it asks for.
func TestDoctorOfVisitor(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	conn, err := pgx.Connect(t.Context(), cluster.SuperuserURL("corpintel"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "create role visitor login; grant usage on schema public to visitor"); err != nil {
		t.Fatal(err)
	}
	url := strings.Replace(cluster.URL(), "corpintel@", "visitor@", 1)
	environ := []string{"DATABASE_URL=" + url}
	wantContains(t, mustRun(t, environ, "doctor"), "grant select on goose_db_version", "grant select on outbox", "all indexes", "connections are taken")

	code, stdout, stderr := run(t, environ, "doctor", "--reset-statements")
	if code != 1 {
		t.Errorf("exit code %d where nothing was reset, want 1", code)
	}
	wantContains(t, stdout, "all indexes")
	wantContains(t, stderr, "pg_stat_statements")
}

func TestMigrateTimescale(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + storetest.New(t)}
	code, stdout, stderr := run(t, environ, "migrate", "timescale")
	if storetest.FlavourOf(t) == storetest.TimescaleDB {
		if code != 0 {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		wantContains(t, stdout, "nothing to do")
		return
	}
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantContains(t, stderr, "the database cannot use TimescaleDB: the extension timescaledb is not installed in this database")
}
