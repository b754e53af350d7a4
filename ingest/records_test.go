package ingest_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestDuplicates gives records twice in one file: the same again is ignored, a contradiction is rejected and both are
// named, and with Strict the import fails at its end.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	asset := fact{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}
	other, later := asset, asset
	other.value, later.end = 2, "2025-01-31"
	facts := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{asset, asset, other, later}))
	first := filing{accession: 1_25_000001, form: "10-K", filed: "2025-02-01"}
	second := first
	second.form = "8-K"
	filings := write(t, "CIK0000000001.json", submissions(t, 1, "One", nil, nil, []filing{first, first, second}))
	list := write(t, "company_tickers.json", tickers(t, listing{1, "AA"}, listing{1, "AA"}, listing{2, "BB"}))

	pool := newDatabase(t)
	var rejections bytes.Buffer
	report, err := ingest.Run(t.Context(), pool, []string{facts, filings, list},
		ingest.Options{Strict: true, TickersAsOf: tickersAsOf, Rejections: &rejections})
	var incomplete *ingest.IncompleteError
	if !errors.As(err, &incomplete) || incomplete.Rejected != 2 || incomplete.Files != 0 {
		t.Errorf("got error %v, want 2 rejected records", err)
	}
	want := facts + ": us-gaap:Assets USD 2024-12-31 0000000001-25-000001: value 2 contradicts 1, which the file gave before for the same fact\n" +
		filings + ": filing 0000000001-25-000001: given twice with different attributes: 10-K filed 2025-02-01, then 8-K filed 2025-02-01\n"
	if diff := cmp.Diff(want, rejections.String()); diff != "" {
		t.Errorf("rejections (-want +got)\n%s", diff)
	}
	wantCounts := []ingest.Count{
		{Read: 3, Stored: 1, Unchanged: 1, Rejected: 1},
		{Read: 3, Stored: 2, Unchanged: 1},
		{Read: 4, Stored: 2, Unchanged: 1, Rejected: 1},
		{},
	}
	if diff := cmp.Diff(wantCounts, counts(report)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	wantLines(t, pool, []string{"2024-12-31 1", "2025-01-31 1"}, `select period_end || ' ' || value from facts order by 1`)
	wantLines(t, pool, []string{"10-K"}, `select form from filings`)
}

// TestOlderSnapshot counts what a newer snapshot says otherwise.
func TestOlderSnapshot(t *testing.T) {
	t.Parallel()
	before := fact{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}
	after, added := before, before
	after.value = 2
	added.accession, added.filed = 1_25_000002, "2025-05-01"
	older := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{before}))
	newer := write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", []fact{after, added}))
	pool := newDatabase(t)
	for _, step := range []struct {
		file string
		want ingest.Count
	}{
		{older, ingest.Count{Read: 1, Stored: 1}},
		{newer, ingest.Count{Read: 2, Stored: 1, Updated: 1}},
		{older, ingest.Count{Read: 1, Skipped: 1}},
		{newer, ingest.Count{Read: 2, Unchanged: 2}},
	} {
		forget(t, pool)
		if got := counts(mustRun(t, pool, step.file))[2]; got != step.want {
			t.Errorf("got %+v, want %+v", got, step.want)
		}
	}
}

// TestSeriesVanish lets a newer snapshot date a filing before the end of its period: the only point of a series goes,
// and with it the series and its definition.
func TestSeriesVanish(t *testing.T) {
	t.Parallel()
	point := fact{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_25_000001, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}
	forecast, newer := point, point
	forecast.filed = "2024-02-01"
	newer.concept, newer.accession, newer.filed = "us-gaap:Liabilities", 1_25_000002, "2025-05-01"
	pool := newDatabase(t)
	for _, step := range []struct {
		facts []fact
		want  []string
	}{
		{[]fact{point}, []string{"us-gaap:Assets 1"}},
		{[]fact{forecast, newer}, []string{"us-gaap:Liabilities 1"}},
	} {
		mustRun(t, pool, write(t, "CIK0000000001.json", companyFacts(t, 1, "One", "Label", step.facts)))
		wantLines(t, pool, step.want, `
			select name || ' ' || points from definitions d left join series s on s.definition_id = d.id order by 1`)
		checkDerived(t, pool)
	}
	wantLines(t, pool, []string{"us-gaap:Assets 0", "us-gaap:Liabilities 1"},
		`select name || ' ' || facts from concept_units join concepts on id = concept_id order by 1`)
}

// TestTickersAsOf takes the date of a ticker file from the file where none is given.
func TestTickersAsOf(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	path := write(t, "company_tickers.json", tickers(t, listing{1, "AA"}))
	modified := time.Date(2024, 5, 6, 23, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), pool, []string{path}, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	wantLines(t, pool, []string{"2024-05-06"}, `select last_seen::text from securities`)
}

// TestStoreConnections imports on the connections of a store, which encode dates in their own way.
func TestStoreConnections(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), storetest.New(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	mustRun(t, s.Pool(), excerpts)
	pool := newDatabase(t)
	mustRun(t, pool, excerpts)
	if diff := cmp.Diff(content(t, pool), content(t, s.Pool())); diff != "" {
		t.Errorf("content (-own connections +store's)\n%s", diff)
	}
}
