package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store"
)

// owner is a concept of a company.
type owner struct {
	company int64
	concept string
}

// TestAsOfRandomFacts asks what was known of facts whose ends, starts, units and filings are crowded, so that every rule
// applies often, on all days around their filings.
func TestAsOfRandomFacts(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	facts := map[owner]concept{}
	for seed := range int64(12) {
		random := rand.New(rand.NewPCG(uint64(seed), 4)) //nolint:gosec // the same in each run
		company := map[string]concept{"Crowd": crowd(random), "Years": quarters(random), "Stairs": stairs()}
		importFacts(t, s, seed+1, company)
		for name, c := range company {
			facts[owner{companyID(t, s, seed+1), "us-gaap:" + name}] = c
		}
	}
	days := []edgar.Date{edgar.NewDate(2019, 1, 1), edgar.NewDate(2020, 3, 25), edgar.NewDate(2026, 1, 1)}
	for day := edgar.NewDate(2020, 3, 31); day < edgar.NewDate(2020, 8, 1); day += 6 {
		days = append(days, day)
	}
	answered, restated := 0, 0
	for _, day := range days {
		asks := asksOf(day, []string{"Crowd", "Years", "Stairs"}, []string{"", "USD", "EUR", "shares", "GBP"})
		check(t, s, facts, asks, func(a answer) {
			if a.Latest != "" {
				answered++
			}
			restated += len(a.Restatements)
		})
	}
	checkCurrent(t, s, facts, []string{"Crowd", "Years", "Stairs"}, days[2])
	if answered < 5000 || restated < 2500 {
		t.Errorf("%d answers, %d restatements: too few to prove anything", answered, restated)
	}
}

// checkCurrent compares what is known as of a day after all filings with what is known.
func checkCurrent(t *testing.T, s *store.Store, facts map[owner]concept, concepts []string, day edgar.Date) {
	t.Helper()
	var latest, latestAt []store.LatestKey
	var series, seriesAt []store.SeriesKey
	for _, at := range asksOf(day, concepts, []string{"", "USD", "EUR", "GBP"}) {
		now := *at
		now.AsOf = 0
		for of := range facts {
			latestAt = append(latestAt, store.LatestKey{Company: of.company, Ask: &at.MetricAsk})
			latest = append(latest, store.LatestKey{Company: of.company, Ask: &now.MetricAsk})
			seriesAt = append(seriesAt, store.SeriesKey{Company: of.company, Ask: at})
			series = append(series, store.SeriesKey{Company: of.company, Ask: &now})
		}
	}
	batch := s.Batch()
	values, valuesAt := batch.LatestValues(latest), batch.LatestValuesAsOf(latestAt)
	points, pointsAt := batch.Series(series, true), batch.SeriesAsOf(seriesAt)
	run(t, batch)
	for i := range latest {
		if d := diff.Diff(values[latest[i]], valuesAt[latestAt[i]], cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("company %d, %+v: now -, as of a later day +\n%s", latest[i].Company, *latest[i].Ask, d)
		}
		if d := diff.Diff(points[series[i]], pointsAt[seriesAt[i]], cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("company %d, %+v: now -, as of a later day +\n%s", series[i].Company, *series[i].Ask, d)
		}
	}
}

// asksOf are asks about metrics as of a day, with and without unit and period, whole and in part.
func asksOf(day edgar.Date, concepts, units []string) []*store.SeriesAsk {
	var asks []*store.SeriesAsk
	for _, name := range concepts {
		for _, unit := range units {
			for _, period := range append([]edgar.Period{edgar.PeriodOther}, edgar.Periods()...) {
				ask := &store.SeriesAsk{MetricAsk: store.MetricAsk{Name: "us-gaap:" + name, Unit: unit, Period: period, AsOf: day}}
				ask.From, ask.To = edgar.MinDate, edgar.MaxDate
				if len(asks)%3 == 0 {
					ask.From, ask.To = edgar.NewDate(2020, 4, 1), edgar.NewDate(2020, 4, 20)
				}
				asks = append(asks, ask)
			}
		}
	}
	return asks
}

// check asks a store and the reference about every concept that the asks name.
func check(t *testing.T, s *store.Store, facts map[owner]concept, asks []*store.SeriesAsk, count func(answer)) {
	t.Helper()
	got := answersAsOf(t, s, slices.Collect(maps.Keys(facts)), asks)
	for of, c := range facts {
		for _, ask := range asks {
			if ask.Name != of.concept {
				continue
			}
			want := c.answer(ask)
			if d := diff.Diff(want, got[store.SeriesKey{Company: of.company, Ask: ask}], cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("company %d, %+v (-rules +got)\n%s", of.company, *ask, d)
			}
			count(want)
		}
	}
}

// answersAsOf asks a store.
func answersAsOf(t *testing.T, s *store.Store, owners []owner, asks []*store.SeriesAsk) map[store.SeriesKey]answer {
	t.Helper()
	var keys []store.SeriesKey
	var latestKeys []store.LatestKey
	for _, of := range owners {
		for _, ask := range asks {
			if ask.Name == of.concept {
				keys = append(keys, store.SeriesKey{Company: of.company, Ask: ask})
				latestKeys = append(latestKeys, store.LatestKey{Company: of.company, Ask: &ask.MetricAsk})
			}
		}
	}
	batch := s.Batch()
	latest, series := batch.LatestValuesAsOf(latestKeys), batch.SeriesAsOf(keys)
	run(t, batch)
	var values []*store.MetricValue
	definitions := map[int32]bool{}
	for _, v := range latest {
		if v.Found != nil {
			values = append(values, v.Found)
			definitions[v.Found.DefinitionID] = true
		}
	}
	batch = s.Batch()
	restatements := batch.Restatements(values)
	found := batch.DefinitionsByID(slices.Collect(maps.Keys(definitions)))
	run(t, batch)
	answers := make(map[store.SeriesKey]answer, len(keys))
	for i, k := range keys {
		v := latest[latestKeys[i]]
		a := seriesAnswer(t, k, series[k], found)
		if v.Found != nil {
			a.Latest = valueText(v.Found)
			for _, r := range restatements[v.Found] {
				a.Restatements = append(a.Restatements, valueText(r))
			}
		}
		if d := diff.Diff(v.Units, a.Units, cmpopts.EquateEmpty()); d != "" || (v.Found == nil) != (series[k].Found == nil) {
			t.Fatalf("%+v: the latest value -, the series +:\n%s", *k.Ask, d)
		}
		answers[k] = a
	}
	return answers
}

func seriesAnswer(t *testing.T, k store.SeriesKey, s store.Reported[store.Series], definitions map[int32]*store.MetricDefinition) answer {
	t.Helper()
	if s.Found == nil {
		return answer{Units: s.Units}
	}
	d := definitions[s.Found.DefinitionID]
	if d == nil || d.Name != k.Ask.Name || k.Ask.Unit != "" && d.Unit != k.Ask.Unit {
		t.Fatalf("%+v: the definition is %+v", *k.Ask, d)
	}
	var points strings.Builder
	fmt.Fprint(&points, d.Period)
	for i, date := range s.Found.Dates {
		fmt.Fprintf(&points, " %s %v", date, s.Found.Values[i])
	}
	return answer{Points: points.String()}
}

func run(t *testing.T, b *store.Batch) {
	t.Helper()
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// crowd makes facts with ends within some weeks, of any length, in one of few filings, of which some are before the ends.
func crowd(random *rand.Rand) concept {
	lengths := []edgar.Date{0, 79, 80, 90, 91, 92, 120, 121, 159, 160, 200, 201, 245, 290, 291, 349, 350, 365, 380, 381}
	var facts concept
	for range 250 {
		f := &filedFact{
			unit: []string{"USD", "USD", "USD", "EUR", "shares"}[random.IntN(5)], value: float64(random.IntN(4)),
			end: edgar.NewDate(2020, 3, 20) + edgar.Date(random.Int32N(40)),
		}
		if length := lengths[random.IntN(len(lengths))]; length > 0 {
			f.start = new(f.end - length + 1 + edgar.Date(random.Int32N(2)))
		}
		if len(facts) > 0 && random.IntN(3) > 0 {
			again := facts[random.IntN(len(facts))]
			f.unit, f.start, f.end = again.unit, again.start, again.end
		}
		facts = append(facts, f.in(random.Int32N(14)))
	}
	return distinct(facts)
}

// in puts a fact into one of the filings: several of a day, of which form, fiscal year and period may be anything.
func (f *filedFact) in(filing int32) *filedFact {
	f.accession = 1_20_000001 + edgar.AccessionNumber((filing*5)%14)
	f.filed = edgar.NewDate(2020, 4, 1) + edgar.Date(filing/3*20)
	f.form = []string{"10-K", "10-Q", "8-K"}[filing%3]
	if filing%4 > 0 {
		f.fiscalYear, f.fiscalPeriod = new(2020-int(filing%2)), new("Q1")
	}
	return f
}

// quarters makes facts of some years, as companies file them, with comparatives and restatements.
func quarters(random *rand.Rand) concept {
	var facts concept
	for end := edgar.NewDate(2015, 3, 31); end < edgar.NewDate(2020, 6, 1); end += 91 {
		for range 1 + random.IntN(4) {
			f := &filedFact{unit: "USD", end: end, start: new(end - 90), value: float64(random.IntN(3))}
			facts = append(facts, f.in(random.Int32N(14)))
			if random.IntN(3) == 0 {
				half := *f
				half.start = new(end - 181)
				facts = append(facts, &half)
			}
		}
	}
	return distinct(facts)
}

// stairs makes years of which each ends six days after the one that drops it: only the first is left.
func stairs() concept {
	var facts concept
	for step := range int32(12) {
		end := edgar.NewDate(2020, 1, 1) + edgar.Date(6*step)
		f := (&filedFact{unit: "USD", end: end, start: new(end - 364), value: float64(step)}).in(0)
		f.accession -= edgar.AccessionNumber(step)
		facts = append(facts, f)
	}
	return facts
}

// distinct leaves out facts that another one has the identity of.
func distinct(facts concept) concept {
	var out concept
	for _, f := range facts {
		if !slices.ContainsFunc(out, func(o *filedFact) bool { return samePeriod(f, o) && f.accession == o.accession }) {
			out = append(out, f)
		}
	}
	return out
}

// importFacts imports the concepts of a company.
func importFacts(t *testing.T, s *store.Store, cik int64, concepts map[string]concept) {
	t.Helper()
	taxonomy := map[string]any{}
	for name, facts := range concepts {
		units := map[string][]map[string]any{}
		for _, f := range facts {
			row := map[string]any{
				"end": f.end.String(), "val": f.value, "accn": f.accession.String(), "fy": f.fiscalYear, "fp": f.fiscalPeriod,
				"form": f.form, "filed": f.filed.String(),
			}
			if f.start != nil {
				row["start"] = f.start.String()
			}
			units[f.unit] = append(units[f.unit], row)
		}
		taxonomy[name] = map[string]any{"label": name, "description": nil, "units": units}
	}
	data, err := json.Marshal(map[string]any{"cik": cik, "entityName": "Random", "facts": map[string]any{"us-gaap": taxonomy}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), fmt.Sprintf("CIK%010d.json", cik))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), s.Pool(), []string{path}, ingest.Options{Strict: true}); err != nil {
		t.Fatal(err)
	}
}

func companyID(t *testing.T, s *store.Store, cik int64) int64 {
	t.Helper()
	c, err := s.CompanyByCIK(t.Context(), edgar.CIK(cik))
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// TestAsOfWholeSet asks about every concept of all companies that are at hand, on some days.
func TestAsOfWholeSet(t *testing.T) {
	t.Parallel()
	data := os.Getenv("CORPINTEL_TESTDATA")
	if data == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: NOT RUN on the whole data set")
	}
	s := openNew(t, "")
	if _, err := ingest.Run(t.Context(), s.Pool(), []string{data + "/edgar/companyfacts"}, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	facts := storedFacts(t, s)
	if len(facts) < 8000 {
		t.Fatalf("%d concepts of companies", len(facts))
	}
	names := map[string]bool{}
	for of := range facts {
		names[of.concept] = true
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	days := []edgar.Date{edgar.NewDate(2026, 12, 31)}
	for range 3 {
		days = append(days, edgar.NewDate(2009, 9, 1)+edgar.Date(random.Int32N(6000)))
	}
	asked, answered := 0, 0
	for _, day := range days {
		var asks []*store.SeriesAsk
		for name := range names {
			for _, period := range []edgar.Period{edgar.PeriodOther, edgar.PeriodQuarter, edgar.PeriodYear} {
				asks = append(asks, &store.SeriesAsk{
					MetricAsk: store.MetricAsk{Name: name, Period: period, AsOf: day}, From: edgar.MinDate, To: edgar.MaxDate,
				})
			}
		}
		check(t, s, facts, asks, func(a answer) {
			asked++
			if a.Latest != "" {
				answered++
			}
		})
	}
	t.Logf("%d questions, %d answers", asked, answered)
}

// storedFacts are all facts of a database.
func storedFacts(t *testing.T, s *store.Store) map[owner]concept {
	t.Helper()
	rows, err := s.Pool().Query(t.Context(), `
		select f.company_id, c.name, f.unit, f.period_start, f.period_end, f.value, f.accession, f.filed_on, f.form, f.fiscal_year, f.fiscal_period
		from facts f join concepts c on c.id = f.concept_id`)
	if err != nil {
		t.Fatal(err)
	}
	facts := map[owner]concept{}
	var (
		of owner
		f  filedFact
	)
	targets := []any{&of.company, &of.concept, &f.unit, &f.start, &f.end, &f.value, &f.accession, &f.filed, &f.form, &f.fiscalYear, &f.fiscalPeriod}
	if _, err := pgx.ForEachRow(rows, targets, func() error {
		kept := f
		facts[of] = append(facts[of], &kept)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return facts
}
