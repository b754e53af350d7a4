package migrations_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store/storetest"
)

var update = flag.Bool("update", false, "rewrite schema.sql")

// dumped is the major version of PostgreSQL that schema.sql is written by: each spells views and constraints its own way.
const dumped = 15

// TestSchema compares the schema that the migrations make with the one in schema.sql, which is there to be read and for
// diffs to show what a migration changes.
func TestSchema(t *testing.T) {
	t.Parallel()
	const path = "schema.sql"
	if found := programs(t); found.Major != dumped {
		t.Skipf("PostgreSQL %s writes a schema in other words than %d: schema.sql is not compared", found.Version, dumped)
	}
	if flavour := storetest.FlavourOf(t); flavour != storetest.Plain {
		t.Skipf("schema.sql is that of plain PostgreSQL: it is not compared on %s", flavour)
	}
	got := dump(t, storetest.New(t))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("schema.sql is out of date, run the test with -update (-file +migrations):\n%s", diff)
	}
}

// numbered is a name that TimescaleDB numbers, anew for each hypertable that it makes.
var numbered = regexp.MustCompile(`_hypertable_[0-9]+`)

// dump returns the schema of a database as pg_dump writes it, without what differs between releases of PostgreSQL and what
// TimescaleDB keeps for itself.
func dump(t *testing.T, url string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), pgDump(t), "--schema-only", "--no-owner", "--no-privileges",
		"--exclude-schema=_timescaledb*", "--dbname="+url)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("pg_dump: %v: %s", err, errs.String())
	}
	return numbered.ReplaceAllString(normalise(out.String()), "_hypertable_N")
}

// pgDump returns the path of the pg_dump of the server the tests run on: an older one refuses a newer server.
func pgDump(t *testing.T) string {
	t.Helper()
	beside := filepath.Join(programs(t).Dir, "pg_dump")
	if _, err := os.Stat(beside); errors.Is(err, os.ErrNotExist) {
		return "pg_dump" // of PATH
	}
	return beside
}

// programs returns the programs of the server the tests run on.
func programs(t *testing.T) embedded.Programs {
	t.Helper()
	account, err := embedded.AccountFor("")
	if err != nil {
		t.Fatal(err)
	}
	search := embedded.InstalledPrograms(os.Getenv("PATH"))
	search.BinDir = os.Getenv("CORPINTEL_POSTGRES_BIN")
	found, err := search.Find(t.Context(), account, 0)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// normalise drops settings, comments with versions, psql's own commands, and all but one of empty lines in a row.
func normalise(dump string) string {
	var b strings.Builder
	empty := true
	lines := bufio.NewScanner(strings.NewReader(dump))
	lines.Buffer(nil, len(dump)+1)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "SET "), strings.HasPrefix(line, "SELECT pg_catalog.set_config"),
			strings.HasPrefix(line, "-- Dumped "), strings.HasPrefix(line, `\`), line == "--":
			continue
		case line == "" && empty:
			continue
		}
		empty = line == ""
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return strings.TrimSpace(b.String()) + "\n"
}
