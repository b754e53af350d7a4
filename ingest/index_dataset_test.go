package ingest_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/ingest"
)

// dataSet returns the folder of the whole data set.
func dataSet(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CORPINTEL_TESTDATA")
	if dir == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	return dir
}

// TestDataSetIndexes imports the indexes of the data set alone.
func TestDataSetIndexes(t *testing.T) {
	folder := filepath.Join(dataSet(t), "edgar", "daily-index")
	pool := newDatabase(t)
	report := mustRun(t, pool, folder)
	t.Logf("first import\n%s", table(t, report))
	// 129 rows repeat another of their file.
	if want := (ingest.Count{Read: 16_998, Stored: 16_869, Unchanged: 129}); report.Kinds[indexes].Count != want {
		t.Errorf("got %+v, want %+v", report.Kinds[indexes].Count, want)
	}
	wantLines(t, pool, []string{"10516 16869 5891"}, `
		select concat_ws(' ', count(*), sum(n), count(*) filter (where n > 1))
		from (select count(*) as n from filing_companies group by filing_id) f`)
	checkForms(t, pool)
	before := content(t, pool)
	forget(t, pool)
	again := mustRun(t, pool, folder)
	t.Logf("second import\n%s", table(t, again))
	if want := (ingest.Count{Read: 16_998, Unchanged: 16_998}); again.Kinds[indexes].Count != want {
		t.Errorf("the second time: got %+v, want %+v", again.Kinds[indexes].Count, want)
	}
	sameContent(t, "the second import", before, content(t, pool))
}

// TestDataSetOrders imports all EDGAR files of the data set and its reference file in random orders.
func TestDataSetOrders(t *testing.T) {
	dir := dataSet(t)
	var files []string
	err := filepath.WalkDir(filepath.Join(dir, "edgar"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "filings" || entry.Name() == "financial-statement-data-sets") {
			return fs.SkipDir // known and not imported
		}
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(dir, "reference", "sp500_constituents.csv"))
	random := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // the same in each run
	var want map[string][]string
	for range 2 {
		random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		pool := newDatabase(t)
		importInOrder(t, pool, files)
		checkForms(t, pool)
		wantLines(t, pool, []string{"Information Technology Technology Hardware, Storage & Peripherals Manufacturing"},
			`select concat_ws(' ', sector, industry, sic_sector) from companies where cik = 320193`)
		got := content(t, pool)
		if want == nil {
			want = got
		}
		sameContent(t, "another order", want, got)
	}
}

// importInOrder imports EDGAR files, and reference files between them.
func importInOrder(t testing.TB, pool *pgxpool.Pool, files []string) {
	t.Helper()
	for len(files) > 0 {
		n := 0
		for n < len(files) && !strings.HasSuffix(files[n], ".csv") {
			n++
		}
		if n > 0 {
			mustRun(t, pool, files[:n]...)
			files = files[n:]
			continue
		}
		count, rejections, err := runReference(t, pool, tickersAsOf, files[0])
		if err != nil || rejections != "" || count.Read != 503 {
			t.Errorf("import %s: %+v, %v\n%s", files[0], count, err, rejections)
		}
		files = files[1:]
	}
}
