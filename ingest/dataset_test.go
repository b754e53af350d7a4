package ingest_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/ingest"
)

// TestDataSet imports the whole data set: what its description counts is stored, a second import changes nothing, and
// the reverse order leaves the same.
func TestDataSet(t *testing.T) {
	dir := os.Getenv("CORPINTEL_TESTDATA")
	if dir == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	folder := filepath.Join(dir, "edgar")
	pool := newDatabase(t)
	first := mustRun(t, pool, folder)
	t.Logf("first import\n%s", table(t, first))
	want := []ingest.Count{
		// 373 filings of an older page are in the main file too, which is newer and has another time of acceptance; 140 are
		// in the indexes, which come first.
		{Read: 96_650, Stored: 96_137, Updated: 513},
		{Read: 20_141, Stored: 12_445, Unchanged: 128, Updated: 7_568},
		{Read: 358_796, Stored: 358_796},
		{Read: 16_998, Stored: 16_869, Unchanged: 129},
	}
	if diff := cmp.Diff(want, counts(first)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	for sql, want := range map[string]string{
		`select count(*)::text from facts`:                             "358796",
		`select count(*)::text from facts where period_end > filed_on`: "81",
		`select count(*)::text from concepts`:                          "2471",
		`select count(*)::text from filings`:                           "106572",
		// 184,336 ends of a class, less the 87 within a week of a better one.
		`select count(*)::text from metrics`: "184249",
		`select count(*)::text from (
			select from (
				select company_id, concept_id, unit, period_start, period_end, case
					when period_end - period_start + 1 between 80 and 120 then 3
					when period_end - period_start + 1 between 160 and 200 then 4
					when period_end - period_start + 1 between 245 and 290 then 5
					when period_end - period_start + 1 between 350 and 380 then 6 end as class
				from facts
				where period_end <= filed_on
			) classed
			where class is not null
			group by company_id, concept_id, unit, period_end, class
			having count(distinct period_start) > 1) several_starts`: "91",
	} {
		wantLines(t, pool, []string{want}, sql)
	}
	checkDerived(t, pool)
	before := content(t, pool)

	for _, read := range []bool{false, true} {
		if read {
			forget(t, pool)
		}
		second := mustRun(t, pool, folder)
		t.Logf("second import, files are read: %t\n%s", read, table(t, second))
		for i, k := range second.Kinds {
			if want := (ingest.Count{Read: first.Kinds[i].Read, Unchanged: first.Kinds[i].Read}); k.Count != want {
				t.Errorf("%s, the second time: got %+v, want %+v", k.Kind, k.Count, want)
			}
			if known := k.Known == k.Files; known == read {
				t.Errorf("%s, the second time: %d of %d files are known", k.Kind, k.Known, k.Files)
			}
		}
		sameContent(t, "the second import", before, content(t, pool))
	}

	var files []string
	for _, pattern := range []string{"*.json", "submissions/*", "companyfacts/*", "daily-index/*/*/*"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	slices.Reverse(files)
	reversed := newDatabase(t)
	t.Logf("import in reverse order\n%s", table(t, mustRun(t, reversed, files...)))
	sameContent(t, "the reverse order", before, content(t, reversed))
}

// sameContent compares large contents: it shows the first rows that differ only.
func sameContent(t testing.TB, what string, want, got map[string][]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		missing, extra := difference(want[name], got[name]), difference(got[name], want[name])
		if len(missing)+len(extra) > 0 {
			t.Errorf("%s: %d rows of %s are missing, %d are not expected, such as %v and %v", what, len(missing), name, len(extra),
				missing[:min(3, len(missing))], extra[:min(3, len(extra))])
		}
	}
}

func difference(a, b []string) (only []string) {
	in := make(map[string]bool, len(b))
	for _, line := range b {
		in[line] = true
	}
	for _, line := range a {
		if !in[line] {
			only = append(only, line)
		}
	}
	return only
}
