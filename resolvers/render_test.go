package resolvers_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/corpintel/corpintel/resolvers"
)

// TestRendered runs every golden operation with and without the Renderer: the answers are the same to the byte, and so are
// the statements.
func TestRendered(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	database := newDatabase(t, "testdata/seed.sql")
	with, without := serveWith(t, database, resolvers.NewRenderer()), serveWith(t, database)
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d golden operations (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var query string
			var variables any
			for _, f := range archive.Files {
				switch f.Name {
				case "query.graphql":
					query = string(f.Data)
				case "variables.json":
					if err := json.Unmarshal(f.Data, &variables); err != nil {
						t.Fatal(err)
					}
				}
			}
			sameAnswers(t, with, without, query, variables)
		})
	}
	for name, query := range listOperations {
		t.Run(name, func(t *testing.T) { sameAnswers(t, with, without, query, map[string]any{"n": 3}) })
	}
}

// traceID is in errors of ours, another one in each.
var traceID = regexp.MustCompile(`[0-9a-f]{16}`)

// TestRenderedFaults has PostgreSQL refuse statements that the lookahead sends: the executor reports it where it belongs.
func TestRenderedFaults(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, "testdata/seed.sql")
	with, without := serveWith(t, database, resolvers.NewRenderer()), serveWith(t, database)
	for _, table := range []string{"company_forms", "metrics", "filing_companies"} {
		if _, err := with.store.Pool().Exec(t.Context(), "alter table "+table+" rename to away"); err != nil {
			t.Fatal(err)
		}
		for _, query := range []string{
			`{ companies(first: 2) { nodes { name filingSummary { count } } } }`,
			`{ company(ticker: "ACME") { name metric(name: "us-gaap:Assets") { value } other: tickers { symbol } } }`,
			`{ company(ticker: "ACME") { name filings(first: 1) { nodes { form } } } a: company(cik: 1001) { name } }`,
			`{ filings(first: 2) { nodes { form company { name } } } }`,
			`{ companies { totalCount nodes { metrics(names: ["us-gaap:Assets", "wrong"]) { value filing { form } } } } }`,
		} {
			sameBytes(t, with, without, query, nil) // which statements are sent depends on those that the connection knows
		}
		if _, err := with.store.Pool().Exec(t.Context(), "alter table away rename to "+table); err != nil {
			t.Fatal(err)
		}
	}
}

// sameAnswers asks twice: the second time the document has its plan.
func sameAnswers(t *testing.T, with, without *server, query string, variables any) {
	t.Helper()
	for range 2 {
		with.statements.take()
		without.statements.take()
		sameBytes(t, with, without, query, variables)
		if diff := cmp.Diff(without.statements.take(), with.statements.take()); diff != "" {
			t.Errorf("statements of the executor -, of the renderer +:\n%s", diff)
		}
	}
}

func sameBytes(t *testing.T, with, without *server, query string, variables any) {
	t.Helper()
	want := traceID.ReplaceAll(without.post(t, query, variables), nil)
	got := traceID.ReplaceAll(with.post(t, query, variables), nil)
	if string(want) == string(got) {
		return
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	from := max(at-100, 0)
	t.Errorf("from byte %d on:\nexecutor %.300s\nrenderer %.300s", at, want[from:], got[from:])
}
