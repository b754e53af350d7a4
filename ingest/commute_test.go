package ingest_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// TestSnapshotsCommute imports random snapshots that contradict each other, in random orders.
func TestSnapshotsCommute(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // the same in each run
			files := randomSnapshots(t, random)
			first := newDatabase(t)
			mustRun(t, first, files...)
			want := content(t, first)
			for _, table := range []string{"companies", "securities", "filings", "company_forms", "facts", "metrics", "point_versions"} {
				if len(want[table]) == 0 {
					t.Errorf("nothing in %s", table)
				}
			}
			checkDerived(t, first)
			for range 4 {
				random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
				pool := newDatabase(t)
				alone := random.IntN(8)
				for _, f := range files[:alone] {
					mustRun(t, pool, f)
				}
				mustRun(t, pool, files[alone:]...)
				if d := diff.Diff(want, content(t, pool)); d != "" {
					t.Fatalf("another order (-first +this)\n%s", d)
				}
				checkDerived(t, pool)
			}
		})
	}
}

// randomSnapshots makes files about three companies that share filings and symbols: submissions, older pages, facts and
// ticker files, of few days, so that many are of the same.
func randomSnapshots(t testing.TB, random *rand.Rand) (files []string) {
	t.Helper()
	for cik := 1; cik <= 3; cik++ {
		for range 4 {
			filings := randomFilings(random)
			name := fmt.Sprintf("CIK%010d.json", cik)
			files = append(files,
				write(t, name, submissions(t, cik, randomName(random), []string{randomName(random)}, randomSymbols(random), filings)),
				write(t, name, companyFacts(t, cik, randomName(random), randomName(random), randomFacts(random))),
			)
		}
		page := marshal(t, columnsOf(randomFilings(random)))
		files = append(files, write(t, fmt.Sprintf("CIK%010d-submissions-001.json", cik), page))
	}
	for range 2 {
		var rows []listing
		for cik := 1; cik <= 3; cik++ {
			for _, symbol := range randomSymbols(random) {
				rows = append(rows, listing{cik, symbol})
			}
		}
		files = append(files, write(t, "company_tickers.json", tickers(t, rows...)))
	}
	return files
}

func randomName(random *rand.Rand) string { return fmt.Sprintf("Name %c", 'A'+random.IntN(4)) }

// randomDay returns one of few days; the date of ticker files is among them.
func randomDay(random *rand.Rand) string {
	return (tickersAsOf + edgar.Date(random.Int32N(5)-2)).String()
}

func randomSymbols(random *rand.Rand) []string {
	symbols := []string{"AA", "BB", "CC", "DD"}
	random.Shuffle(len(symbols), func(i, j int) { symbols[i], symbols[j] = symbols[j], symbols[i] })
	return symbols[:random.IntN(4)]
}

// randomFilings makes filings of which each has one of few accession numbers, once.
func randomFilings(random *rand.Rand) (filings []filing) {
	for _, n := range random.Perm(8)[:1+random.IntN(6)] {
		filings = append(filings, filing{
			accession: edgar.AccessionNumber(1_20_000001 + n), form: []string{"10-K", "10-K/A", "8-K"}[random.IntN(3)],
			filed: randomDay(random), title: randomName(random),
		})
	}
	return filings
}

// randomFacts makes facts of few identities, each once. Many say the same each time; some end after they were filed.
func randomFacts(random *rand.Rand) (facts []fact) {
	for _, n := range random.Perm(24)[:1+random.IntN(16)] {
		f := fact{
			concept: fmt.Sprintf("us-gaap:Concept%d", n%2), unit: []string{"USD", "EUR"}[n/2%2],
			start: []string{"", "2025-07-01", "2025-07-02"}[n/4%3], end: []string{"2025-09-30", "2025-11-30"}[n/12],
			value: float64(random.IntN(2)), accession: edgar.AccessionNumber(1_20_000001 + n%3),
			filed: tickersAsOf.String(), form: "10-K", fy: 2020, fp: "FY",
		}
		if random.IntN(3) == 0 {
			f.filed, f.form = randomDay(random), "10-Q"
		}
		facts = append(facts, f)
	}
	return facts
}

// TestNewerSnapshotOfFactsWins holds the facts that several snapshots leave against what each of them says.
func TestNewerSnapshotOfFactsWins(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 4)) //nolint:gosec // the same in each run
		pool := newDatabase(t)
		type claim struct {
			asOf string
			fact fact
		}
		claims := map[string]claim{} // by identity
		for range 6 {
			facts := randomFacts(random)
			asOf := slices.MaxFunc(facts, func(a, b fact) int { return cmp.Compare(a.filed, b.filed) }).filed
			for _, f := range facts {
				identity := fmt.Sprint(f.concept, f.unit, f.start, f.end, f.accession)
				before := claims[identity]
				if cmp.Or(cmp.Compare(asOf, before.asOf), cmp.Compare(f.value, before.fact.value),
					cmp.Compare(f.filed, before.fact.filed), cmp.Compare(f.form, before.fact.form)) >= 0 {
					claims[identity] = claim{asOf, f}
				}
			}
			mustRun(t, pool, write(t, "CIK0000000001.json", companyFacts(t, 1, "Name", "Label", facts)))
		}
		var want []string
		for _, c := range claims {
			f := c.fact
			want = append(want, fmt.Sprint(f.concept, " ", f.unit, " ", f.start, " ", f.end, " ", int64(f.accession), " ", f.value, " ", f.filed, " ", f.form))
		}
		slices.Sort(want)
		wantLines(t, pool, want, `
			select format('%s %s %s %s %s %s %s %s', c.name, unit, period_start, period_end, accession, value, filed_on, form) collate "C" as line
			from facts join concepts c on c.id = concept_id
			order by line`)
		checkDerived(t, pool)
	}
}

// TestHolders tells who holds a symbol after snapshots of several days.
func TestHolders(t *testing.T) {
	t.Parallel()
	one := []filing{{accession: 1_20_000001, form: "8-K", filed: "2025-01-10"}}
	two := []filing{{accession: 1_20_000002, form: "8-K", filed: "2025-02-10"}}
	three := []filing{{accession: 1_20_000003, form: "8-K", filed: "2025-03-10"}}
	doc := func(cik int, filings []filing, symbols ...string) string {
		return write(t, fmt.Sprintf("CIK%010d.json", cik), submissions(t, cik, fmt.Sprintf("Company %d", cik), nil, symbols, filings))
	}
	for _, c := range []struct {
		name  string
		files []string
		want  []string
	}{
		{
			"current in the order of the list, the first is the primary",
			[]string{doc(1, one, "BB", "AA")},
			[]string{"1 AA 2025-01-10 - -", "1 BB 2025-01-10 - primary"},
		},
		{
			"a symbol that a newer list leaves out ends on the last day it was seen",
			[]string{doc(1, one, "AA", "BB"), doc(1, two, "BB")},
			[]string{"1 AA 2025-01-10 2025-01-10 -", "1 BB 2025-02-10 - primary"},
		},
		{
			"a newer list without symbols",
			[]string{doc(1, one, "AA"), doc(1, two)},
			[]string{"1 AA 2025-01-10 2025-01-10 -"},
		},
		{
			"claimed by two: who was seen with it last",
			[]string{doc(1, one, "AA"), doc(2, two, "AA")},
			[]string{"1 AA 2025-01-10 2025-01-10 -", "2 AA 2025-02-10 - primary"},
		},
		{
			"claimed by two on one day: the smaller CIK",
			[]string{doc(2, one, "AA"), doc(1, one, "AA")},
			[]string{"1 AA 2025-01-10 - primary", "2 AA 2025-01-10 2025-01-10 -"},
		},
		{
			"given up by one, it is the other's, whose next symbol was the primary one till then",
			[]string{doc(1, one, "AA", "BB"), doc(2, two, "AA"), doc(2, three, "CC")},
			[]string{"1 AA 2025-01-10 - primary", "1 BB 2025-01-10 - -", "2 AA 2025-02-10 2025-02-10 -", "2 CC 2025-03-10 - primary"},
		},
	} {
		for _, order := range []string{"as it happened", "backwards"} {
			t.Run(c.name+", "+order, func(t *testing.T) {
				t.Parallel()
				files := slices.Clone(c.files)
				if order == "backwards" {
					slices.Reverse(files)
				}
				pool := newDatabase(t)
				for _, f := range files {
					mustRun(t, pool, f)
				}
				wantLines(t, pool, c.want, `
					select concat_ws(' ', cik, symbol, last_seen, coalesce(valid_to::text, '-'), case when is_primary then 'primary' else '-' end)
					from securities s join companies c on c.id = company_id
					order by cik, symbol`)
				wantLines(t, pool, []string{}, `
					select c.cik::text from companies c left join securities s on s.company_id = c.id and s.is_primary
					where (c.ticker, c.exchange) is distinct from (s.symbol, s.exchange)`)
			})
		}
	}
}

// TestNames tells which file names a company.
func TestNames(t *testing.T) {
	t.Parallel()
	old := []filing{{accession: 1_20_000001, form: "8-K", filed: "2020-01-10"}}
	page := write(t, "CIK0000000007-submissions-001.json", marshal(t, columnsOf(old)))
	facts := write(t, "CIK0000000007.json", companyFacts(t, 7, "By facts", "Label", []fact{{
		concept: "us-gaap:Assets", unit: "USD", end: "2024-12-31", value: 1, accession: 1_20_000002, filed: "2025-02-01", form: "10-K", fy: 2024, fp: "FY",
	}}))
	list := write(t, "company_tickers.json", tickers(t, listing{7, "SEVN"}))
	main := write(t, "CIK0000000007.json", submissions(t, 7, "O’Seven  Inc", []string{"Six Inc"}, nil, old))
	pool := newDatabase(t)
	for _, step := range []struct{ file, want string }{
		{page, "CIK 0000000007|cik 0000000007"},
		{facts, "By facts|by facts"},
		{list, "Listed 7|listed 7"},
		{main, "O’Seven Inc|oseven inc\nsix inc"},
		{list, "O’Seven Inc|oseven inc\nsix inc"},
	} {
		mustRun(t, pool, step.file)
		wantLines(t, pool, []string{step.want}, `select name || '|' || search_text from companies`)
	}
}
