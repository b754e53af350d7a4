package doctor_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestSlowest(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	url := cluster.URL()
	slowest := doctor.Options{Slowest: true}
	wantFinding(t, findings(t, url, slowest), "slowest", doctor.Warn, "is not in this database")
	if err := doctor.ResetStatements(t.Context(), open(t, url)); !errors.Is(err, doctor.ErrNoStatements) {
		t.Errorf("reset without the extension: %v, want ErrNoStatements", err)
	}
	admin := open(t, cluster.SuperuserURL("corpintel"))
	execute(t, admin, "create extension pg_stat_statements", "create role visitor login", "grant usage on schema public to visitor",
		"alter system set shared_preload_libraries = 'pg_stat_statements'")
	wantFinding(t, findings(t, url, slowest), "slowest", doctor.Warn, "must be loaded via")
	admin.Close()
	cluster.Stop(embedded.Fast)
	cluster.Start()

	pool := open(t, url)
	execute(t, pool, "-- name: Nap\nselect pg_sleep(0.05)")
	all := findings(t, url, slowest)
	wantFinding(t, all, "slowest", doctor.OK, "Nap: ")
	n := 0
	for _, f := range all {
		if f.Check == "slowest" {
			n++
		}
	}
	if n > 20 {
		t.Errorf("%d statements, want 20 at most", n)
	}
	steps := doctor.Options{Migrations: migrated(t, url), Slowest: true}
	seen, err := doctor.Examine(t.Context(), open(t, as(t, "visitor", url)), steps)
	if err != nil {
		t.Fatal(err)
	}
	wantFinding(t, seen, "slowest", doctor.Warn, "of other roles not shown")
	if err := doctor.ResetStatements(t.Context(), open(t, as(t, "visitor", url))); err == nil || !strings.Contains(err.Error(), "the right to execute") {
		t.Errorf("reset by a visitor: %v", err)
	}

	execute(t, open(t, cluster.SuperuserURL("corpintel")), "grant execute on function pg_stat_statements_reset to corpintel")
	if err := doctor.ResetStatements(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for _, f := range findings(t, url, slowest) {
		if strings.HasPrefix(f.What, "Nap: ") {
			t.Errorf("still there after the reset: %+v", f)
		}
	}
}
