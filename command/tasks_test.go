package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/store/storetest"
)

// testdata is where the excerpts of EDGAR files are.
const testdata = "../edgar/testdata"

func TestMigrate(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + storetest.NewEmpty(t)}
	status := func(want string) {
		t.Helper()
		for line := range strings.Lines(mustRun(t, environ, "migrate", "status")) {
			if !strings.Contains(line, "_") || !strings.Contains(line, "  "+want) {
				t.Errorf("status %q, want %s", line, want)
			}
		}
	}
	status("pending")
	first := mustRun(t, environ, "migrate", "up")
	if first == "0 applied\n" {
		t.Errorf("nothing applied: %s", first)
	}
	status("applied 2")
	if again := mustRun(t, environ, "migrate", "up"); again != "0 applied\n" {
		t.Errorf("up again: %q", again)
	}
	n := strings.Count(mustRun(t, environ, "migrate", "status"), "\n")
	for range n {
		wantContains(t, mustRun(t, environ, "migrate", "down"), ".sql taken back")
	}
	status("pending")
	code, _, stderr := run(t, environ, "migrate", "down")
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantContains(t, stderr, "no migration is applied")
	if back := mustRun(t, environ, "migrate", "up"); back != first {
		t.Errorf("up after down: %q, want %q", back, first)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + storetest.NewEmpty(t)}
	wantContains(t, mustRun(t, environ, "demo", "--companies=10"), tenCompanies)
	wantContains(t, mustRun(t, environ, "demo", "--companies=10"), "nothing to do", tenCompanies)
	code, _, stderr := run(t, environ, "demo", "--companies=11")
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantContains(t, stderr, "the database is not empty")
}

func TestImport(t *testing.T) {
	t.Parallel()
	environ := openTo(storetest.NewEmpty(t))
	stdout := mustRun(t, environ, "import", "edgar", "--as-of", "2026-07-30", testdata)
	wantContains(t, stdout, "submissions", "tickers", "companyfacts", "indexes", "unchanged", "rejected")
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("Symbol,GICS Sector,GICS Sub-Industry\nAAPL,Information Technology,\"Phones, etc.\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout = mustRun(t, environ, "import", "reference", "--as-of", "2026-07-30", list)
	wantContains(t, stdout, "reference", "companies", "total time")

	s := serve(t, environ)
	const query = `{ company(ticker: "AAPL") { cik name sector industry } }`
	const want = `{"data":{"company":{"cik":"0000320193","name":"Apple Inc.","sector":"Information Technology","industry":"Phones, etc."}}}`
	if _, body := s.query(t, query); body != want {
		t.Errorf("after the import: %s", body)
	}
}

func TestImportFaults(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + storetest.New(t)}
	page := filepath.Join(t.TempDir(), "CIK0000320193.json")
	if err := os.WriteFile(page, []byte("<html>Request Rate Threshold Exceeded</html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, want string }{
		"no such file": {"nowhere.json", "nowhere.json: no such file or directory"},
		"no EDGAR":     {page, "CIK0000320193.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := run(t, environ, "import", "edgar", test.path)
			if code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			wantContains(t, stderr, "corpintel: ", test.want)
		})
	}
}

// TestInterruptedImport ends an import while it waits in the database for a lock.
func TestInterruptedImport(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	release := lockCompanies(t, url)
	p := start(t, []string{"DATABASE_URL=" + url}, "import", "edgar", "--as-of=2026-07-30", testdata)
	awaitLockWaiter(t, url)
	p.interrupt()
	if code := p.wait(t); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	want := "corpintel: interrupted: what was committed stays, the rest was rolled back"
	if diff := cmp.Diff(want, lines[len(lines)-1]); diff != "" {
		t.Errorf("last words (-want +got):\n%s", diff)
	}
	release()
	wantContains(t, mustRun(t, []string{"DATABASE_URL=" + url}, "import", "edgar", testdata), "companyfacts")
}
