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
)

// storedFact is a row of facts.
type storedFact struct {
	cik           int64
	concept, unit string
	start, end    edgar.Date
	instant       bool
	accession     int64
	filed         edgar.Date
	value         float64
}

// point is a row of metrics.
type point struct {
	CIK           int64
	Concept, Unit string
	Period        edgar.Period
	End           edgar.Date
	Value         float64
	Accession     int64
}

// later compares the rank of the filings of two facts.
func later(a, b storedFact) int {
	return cmp.Or(cmp.Compare(a.filed, b.filed), cmp.Compare(a.accession, b.accession))
}

// oracle derives the points from facts by the letter of the rules: the current fact of every period, one period per
// class and end, and the pairs of quarters or years that end within a week of each other.
func oracle(facts []storedFact) []point {
	type period struct {
		cik           int64
		concept, unit string
		start, end    edgar.Date
		instant       bool
	}
	current := map[period]storedFact{}
	for _, f := range facts {
		if f.end > f.filed {
			continue
		}
		p := period{f.cik, f.concept, f.unit, f.start, f.end, f.instant}
		if before, ok := current[p]; !ok || later(f, before) > 0 {
			current[p] = f
		}
	}
	type series struct {
		cik           int64
		concept, unit string
		class         edgar.Period
	}
	chosen := map[series]map[edgar.Date]storedFact{}
	for _, f := range current {
		class := edgar.PeriodInstant
		if !f.instant {
			class = edgar.PeriodOf(f.start, f.end)
		}
		if class == edgar.PeriodOther {
			continue
		}
		s := series{f.cik, f.concept, f.unit, class}
		if chosen[s] == nil {
			chosen[s] = map[edgar.Date]storedFact{}
		}
		if before, ok := chosen[s][f.end]; !ok || cmp.Or(later(f, before), cmp.Compare(f.start, before.start)) > 0 {
			chosen[s][f.end] = f
		}
	}
	points := []point{}
	for s, ends := range chosen {
		for _, f := range ends {
			if s.class != edgar.PeriodQuarter && s.class != edgar.PeriodYear || !dropped(f, ends) {
				points = append(points, point{s.cik, s.concept, s.unit, s.class, f.end, f.value, f.accession})
			}
		}
	}
	slices.SortFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.CIK, b.CIK), cmp.Compare(a.Concept, b.Concept), cmp.Compare(a.Unit, b.Unit),
			cmp.Compare(a.Period, b.Period), cmp.Compare(a.End, b.End))
	})
	return points
}

func dropped(f storedFact, ends map[edgar.Date]storedFact) bool {
	for days := edgar.Date(1); days <= 7; days++ {
		for _, end := range []edgar.Date{f.end - days, f.end + days} {
			if other, ok := ends[end]; ok && cmp.Or(later(other, f), cmp.Compare(other.end, f.end)) > 0 {
				return true
			}
		}
	}
	return false
}

func storedFacts(t testing.TB, pool *pgxpool.Pool) []storedFact {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select o.cik, c.name, f.unit, coalesce(f.period_start, f.period_end) - date '1970-01-01', f.period_end - date '1970-01-01',
			f.period_start is null, f.accession, f.filed_on - date '1970-01-01', f.value
		from facts f join companies o on o.id = f.company_id join concepts c on c.id = f.concept_id`)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f storedFact, err error) {
		err = row.Scan(&f.cik, &f.concept, &f.unit, &f.start, &f.end, &f.instant, &f.accession, &f.filed, &f.value)
		return f, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func storedPoints(t testing.TB, pool *pgxpool.Pool) []point {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select o.cik, d.name, d.unit, d.period, m.date - date '1970-01-01', m.value, f.accession
		from metrics m
		join series s on s.id = m.series_id
		join definitions d on d.id = s.definition_id
		join companies o on o.id = s.company_id
		join facts f on f.id = m.fact_id
		order by o.cik, d.name, d.unit, d.period, m.date`)
	if err != nil {
		t.Fatal(err)
	}
	points, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p point, err error) {
		err = row.Scan(&p.CIK, &p.Concept, &p.Unit, &p.Period, &p.End, &p.Value, &p.Accession)
		return p, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return points
}

// checkDerived holds what is derived from facts against the oracle and against other statements than the importer's.
func checkDerived(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	facts := storedFacts(t, pool)
	if d := diff.Diff(oracle(facts), storedPoints(t, pool)); d != "" {
		t.Fatalf("points (-rules +stored)\n%s", d)
	}
	checkVersions(t, pool, facts)
	for what, sql := range map[string]string{
		"series that do not tell of their points": `
			select s.id::text from series s
			left join (select series_id, count(*) n, min(date) a, max(date) z from metrics group by 1) m on m.series_id = s.id
			where (s.points, s.first_on, s.last_on) is distinct from (m.n, m.a, m.z)`,
		"filings of companies that are not as the filing": `
			select (fc.filing_id, fc.company_id)::text
			from filing_companies fc join filings f on f.id = fc.filing_id
			where (fc.form, fc.filed_on, fc.accepted_at, fc.period_end, fc.title, fc.cik, fc.primary_document)
				is distinct from (f.form, f.filed_on, f.accepted_at, f.period_end, f.title, f.cik, f.primary_document)`,
		"points without a series": `select series_id::text from metrics where series_id not in (select id from series)`,
		"definitions without a series": `
			select id::text from definitions where name not like 'price:%' and id not in (select definition_id from series)`,
		"units that are counted wrongly": `
			select (company_id, concept_id, unit)::text
			from (select company_id, concept_id, unit, sum((period_end <= filed_on)::int) as n from facts group by 1, 2, 3) f
			full join concept_units u using (company_id, concept_id, unit)
			where f.n is distinct from u.facts`,
		"series that are wrong about the default unit": `
			select s.id::text
			from series s join definitions d on d.id = s.definition_id
			where default_unit <> (d.unit = (select unit from concept_units u
				where u.company_id = s.company_id and u.concept_id = d.concept_id order by facts desc, unit limit 1))`,
	} {
		if lines := queryLines(t, pool, sql); len(lines) > 0 {
			t.Errorf("%s: %v", what, lines)
		}
	}
	checkLatest(t, pool)
}

// TestPointsOfRandomFacts imports facts whose ends, starts and filings are crowded, so that every rule applies often.
func TestPointsOfRandomFacts(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // the same in each run
		var facts []fact
		for range 400 {
			facts = append(facts, randomFact(random))
		}
		data := companyFacts(t, int(seed)+1, "Random", "Label", facts)
		if _, _, err := run(t, pool, write(t, fmt.Sprintf("CIK%010d.json", seed+1), data)); err != nil {
			t.Fatal(err)
		}
	}
	checkDerived(t, pool)
	if stored := len(storedFacts(t, pool)); stored < 6000 {
		t.Errorf("%d facts stored, too few to prove anything", stored)
	}
}

// randomFact makes a fact of one of two concepts, with an end within some weeks, of any length, in one of few filings.
func randomFact(random *rand.Rand) fact {
	end := edgar.NewDate(2020, 3, 20) + edgar.Date(random.Int32N(40))
	start := ""
	lengths := []edgar.Date{0, 79, 80, 90, 91, 92, 120, 121, 159, 160, 200, 245, 290, 291, 349, 350, 365, 380, 381}
	if length := lengths[random.IntN(len(lengths))]; length > 0 {
		start = (end - length + 1 + edgar.Date(random.Int32N(2))).String()
	}
	// Forms and dates belong to the accession number. Some filings are before the ends.
	filing := random.Int32N(12)
	return fact{
		concept: fmt.Sprintf("us-gaap:Concept%d", random.IntN(2)), unit: []string{"USD", "USD", "USD", "EUR", "shares"}[random.IntN(5)],
		start: start, end: end.String(), value: float64(random.IntN(5)),
		accession: 1_20_000001 + edgar.AccessionNumber(filing),
		filed:     (edgar.NewDate(2020, 4, 1) + edgar.Date(filing/3*20)).String(),
		form:      []string{"10-K", "10-Q", "8-K"}[filing%3], fy: 2020, fp: "Q1",
	}
}

// TestPeriodClasses holds the classes in SQL against edgar.PeriodOf, for every length.
func TestPeriodClasses(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	first := edgar.NewDate(2000, 1, 1)
	var facts []fact
	for days := range edgar.Date(500) {
		facts = append(facts, fact{
			concept: fmt.Sprintf("us-gaap:Days%d", days+1), unit: "USD", start: first.String(), end: (first + days).String(), value: 1,
			accession: 1_20_000001, filed: "2020-01-01", form: "10-K", fy: 2020, fp: "FY",
		})
	}
	mustRun(t, pool, write(t, "CIK0000000001.json", companyFacts(t, 1, "Length", "Days", facts)))
	got := map[string]edgar.Period{}
	for _, p := range storedPoints(t, pool) {
		got[p.Concept] = p.Period
	}
	want := map[string]edgar.Period{}
	for days := range edgar.Date(500) {
		if class := edgar.PeriodOf(first, first+days); class != edgar.PeriodOther {
			want[fmt.Sprintf("us-gaap:Days%d", days+1)] = class
		}
	}
	if d := diff.Diff(want, got); d != "" {
		t.Errorf("classes (-edgar +SQL)\n%s", d)
	}
}
