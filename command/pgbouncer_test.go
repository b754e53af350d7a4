//go:build unix

package command_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestThroughPgBouncer imports, serves and looks at a database behind PgBouncer in transaction mode.
func TestThroughPgBouncer(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	pooled := storetest.StartPgBouncer(t, database).URL(database)
	environ := []string{"DATABASE_URL=" + pooled, "DATABASE_DIRECT_URL=" + database}
	mustRun(t, environ, "demo", "--companies=3")
	s := serve(t, openTo(pooled, "DATABASE_DIRECT_URL="+database))
	wantContains(t, s.stderr.String(), "a connection pooler stands before the database")
	if said := s.stderr.String(); strings.Contains(said, "polled for") {
		t.Errorf("changes are not listened to:\n%s", said)
	}
	const companies = `{ companies(first: 100) { totalCount nodes { name series(metric: "price:close") { points { value } } } } }`
	var first string
	for i := range 20 { // prepared statements would be sent to a connection that has them not
		status, body := s.query(t, companies)
		if status != 200 || strings.Contains(body, `"errors"`) {
			t.Fatalf("answer %d: %d %s", i, status, body)
		}
		if i == 0 {
			first = body
		}
		if body != first {
			t.Fatalf("answer %d differs:\n%s\n%s", i, first, body)
		}
	}
	// What was kept is given away no more.
	mustRun(t, environ, "import", "edgar", "--as-of", "2026-07-30", testdata)
	awaitTrue(t, "the import is not seen", func() bool {
		_, body := s.query(t, companies)
		return body != first
	})
	checkPoolerFindings(t, environ)
}

// checkPoolerFindings has doctor look at the pooler of environ, and does what it advises.
func checkPoolerFindings(t *testing.T, environ []string) {
	t.Helper()
	before := poolerFindings(t, environ)
	lacks := slices.IndexFunc(before, func(f doctor.Finding) bool { return strings.Contains(f.What, "server connections lack") })
	if len(before) != 2 || lacks != 1 || !strings.Contains(before[0].What, "pool_mode transaction") {
		t.Fatalf("findings %+v", before)
	}
	wantContains(t, before[1].Advice, `alter role "corpintel" in database "test_`, "set plan_cache_mode = force_generic_plan")
	alone := poolerFindings(t, environ[:1])
	if !slices.ContainsFunc(alone, func(f doctor.Finding) bool { return strings.Contains(f.Advice, "Set DATABASE_DIRECT_URL") }) {
		t.Errorf("findings without a direct address %+v", alone)
	}
}

func poolerFindings(t *testing.T, environ []string) []doctor.Finding {
	t.Helper()
	var report struct{ Findings []doctor.Finding }
	if err := json.Unmarshal([]byte(mustRun(t, environ, "doctor", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(report.Findings, func(f doctor.Finding) bool { return f.Check != "pooler" })
}
