package ingest_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// state is a point as it was in its series from one day up to another.
type state struct {
	CIK           int64
	Concept, Unit string
	Period        edgar.Period
	End           edgar.Date
	From, To      edgar.Date // To is forever while it is so
	Value         float64
}

// forever is later than all filings.
const forever = edgar.MaxDate

// oracleStates derives the states of all points by choosing the points anew on every day on which something was filed.
func oracleStates(facts []storedFact) []state {
	type concept struct {
		cik           int64
		concept, unit string
	}
	byConcept := map[concept][]storedFact{}
	for _, f := range facts {
		of := concept{f.cik, f.concept, f.unit}
		byConcept[of] = append(byConcept[of], f)
	}
	states := []state{}
	for _, of := range byConcept {
		states = append(states, statesOf(of)...)
	}
	sortStates(states)
	return states
}

// statesOf derives the states of the points of one concept of a company in one unit.
func statesOf(facts []storedFact) (states []state) {
	slices.SortFunc(facts, later)
	type key struct {
		period edgar.Period
		end    edgar.Date
	}
	present := map[key]*state{}
	for n, f := range facts {
		if n+1 < len(facts) && facts[n+1].filed == f.filed {
			continue // the day is not over
		}
		now := map[key]float64{}
		for _, p := range oracle(facts[:n+1]) {
			now[key{p.Period, p.End}] = p.Value
		}
		for k, s := range present {
			if value, ok := now[k]; !ok || value != s.Value {
				s.To = f.filed
				states = append(states, *s)
				delete(present, k)
			}
		}
		for k, value := range now {
			if present[k] == nil {
				present[k] = &state{f.cik, f.concept, f.unit, k.period, k.end, f.filed, forever, value}
			}
		}
	}
	for _, s := range present {
		states = append(states, *s)
	}
	return states
}

func sortStates(states []state) {
	slices.SortFunc(states, func(a, b state) int {
		return cmp.Or(cmp.Compare(a.CIK, b.CIK), cmp.Compare(a.Concept, b.Concept), cmp.Compare(a.Unit, b.Unit),
			cmp.Compare(a.Period, b.Period), cmp.Compare(a.End, b.End), cmp.Compare(a.From, b.From))
	})
}

// storedStates are the points and their earlier versions.
func storedStates(t testing.TB, pool *pgxpool.Pool) []state {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select o.cik, d.name, d.unit, d.period, v.date - date '1970-01-01', v.known_from - date '1970-01-01',
			v.known_to - date '1970-01-01', v.value
		from (
			select series_id, date, known_from, date '9999-12-31' as known_to, value from metrics where fact_id is not null
			union all
			select series_id, date, known_from, known_to, value from point_versions
		) v
		join series s on s.id = v.series_id
		join definitions d on d.id = s.definition_id
		join companies o on o.id = s.company_id`)
	if err != nil {
		t.Fatal(err)
	}
	states, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s state, err error) {
		err = row.Scan(&s.CIK, &s.Concept, &s.Unit, &s.Period, &s.End, &s.From, &s.To, &s.Value)
		return s, err
	})
	if err != nil {
		t.Fatal(err)
	}
	sortStates(states)
	return states
}

// checkVersions holds what was known when against the oracle.
func checkVersions(t testing.TB, pool *pgxpool.Pool, facts []storedFact) {
	t.Helper()
	want, got := oracleStates(facts), storedStates(t, pool)
	if len(want) != len(got) {
		t.Errorf("%d states of points are stored, want %d", len(got), len(want))
	}
	for i := range min(len(want), len(got)) {
		if d := diff.Diff(want[i], got[i]); d != "" {
			t.Fatalf("the first state that differs (-rules +stored)\n%s", d)
		}
	}
}

// versionLines are all that is stored of what was known when.
const versionLines = `
	select concat_ws(' ', series_id, date, known_from, known_to, value) from point_versions
	union all
	select concat_ws(' ', series_id, date, known_from, value) from metrics
	order by 1`

// TestRebuildPointVersions lets the database derive anew, from all facts, what the importer has derived for each file.
func TestRebuildPointVersions(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, excerpts+"/companyfacts")
	prices := closes(t, "2020-01-02 AAPL 75", "2020-01-03 AAPL 74")
	if _, err := ingest.RunPrices(t.Context(), pool, []string{prices}, nil, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // the same in each run
		var facts []fact
		for range 300 {
			facts = append(facts, randomFact(random))
		}
		data := companyFacts(t, int(seed)+1, "Random", "Label", facts)
		if _, _, err := run(t, pool, write(t, fmt.Sprintf("CIK%010d.json", seed+1), data)); err != nil {
			t.Fatal(err)
		}
	}
	want := queryLines(t, pool, versionLines)
	for _, spoil := range []string{
		`select`,
		`delete from point_versions where series_id % 2 = 0`,
		`insert into point_versions select series_id, date, '1990-01-01', '1990-01-02', 7 from metrics where fact_id is not null`,
		`update metrics set known_from = case series_id % 2 when 0 then date '1990-01-01' end where fact_id is not null`,
	} {
		for _, sql := range []string{spoil, `select rebuild_point_versions()`} {
			if _, err := pool.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		if d := diff.Diff(want, queryLines(t, pool, versionLines)); d != "" {
			t.Errorf("after %s (-importer +rebuilt)\n%.3000s", spoil, d)
		}
	}
	wantLines(t, pool, []string{}, `select series_id::text from metrics where (fact_id is null) <> (known_from is null)`)
	if n := len(queryLines(t, pool, `select 'x' from point_versions`)); n < 150 {
		t.Errorf("%d versions: too few to prove anything", n)
	}
}

// TestCrowdedEnds imports quarters of which each ends a day after the one before: the time it takes may not grow with the
// square of their number, which would be minutes.
func TestCrowdedEnds(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	var facts []fact
	for day := range edgar.Date(12_000) {
		end := edgar.NewDate(1985, 1, 1) + day
		facts = append(facts, fact{
			concept: "us-gaap:Crowd", unit: "USD", start: (end - 90).String(), end: end.String(), value: float64(day % 3),
			accession: edgar.AccessionNumber(1_20_000001 + int64(day)%7), filed: "2020-03-01", form: "10-K", fy: 2019, fp: "FY",
		})
	}
	mustRun(t, pool, write(t, "CIK0000000001.json", companyFacts(t, 1, "Crowd", "Label", facts)))
	wantLines(t, pool, []string{"0"}, `select count(*)::text from point_versions`)
	checkDerived(t, pool)
}
