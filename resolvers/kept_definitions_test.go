package resolvers_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestKeptDefinitions imports facts of a company whose document names a concept anew: the lists of definitions of all companies
// that use it change by that, also where an answer shows nothing of the definitions themselves.
func TestKeptDefinitions(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	run := func(file string) {
		t.Helper()
		if _, err := ingest.Run(t.Context(), pool, []string{file}, ingest.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	const facts = "../edgar/testdata/companyfacts/"
	run(facts + "CIK0000320193.json")
	document, err := os.ReadFile(facts + "CIK0000055785.json")
	if err != nil {
		t.Fatal(err)
	}
	renamed := writeFile(t, "CIK0000055785.json",
		string(bytes.ReplaceAll(document, []byte(`"Earnings Per Share, Diluted"`), []byte(`"Earnings Per Share, Zebra"`))))

	keeper := serveKeeping(t, database, nil)
	ask := func(shown string) string {
		return string(keeper.post(t, fmt.Sprintf(`{ company(cik: 320193) { metricDefinitions(filter: { search: "zebra" }) { %s } } }`, shown), nil))
	}
	lists := []string{"totalCount", "pageInfo { endCursor }", "edges { cursor }", "nodes { label }", "__typename totalCount"}
	before := map[string]string{}
	for _, shown := range lists {
		before[shown] = ask(shown)
	}
	run(renamed)
	if err := keeper.follower.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, shown := range lists {
		if after := ask(shown); after == before[shown] {
			t.Errorf("%s is as before: %s", shown, after)
		}
	}
}
