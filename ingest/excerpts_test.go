package ingest_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/ingest"
)

// points are the points of a series, with the fact that each is from.
const points = `
select concat_ws(' ', m.date, m.value, f.period_start, lpad(f.accession::text, 18, '0'), f.form)
from companies c
join series s on s.company_id = c.id
join definitions d on d.id = s.definition_id
join metrics m on m.series_id = s.id
join facts f on f.id = m.fact_id
where c.cik = $1 and d.name = $2 and d.unit = $3 and d.period = $4 and m.date between $5::text::date and $6::text::date
order by m.date`

const (
	instant = iota + 1
	_
	quarter
	half
	nineMonths
	year
)

// TestWorkedExamples holds points against the worked examples of the rules for facts.
func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, excerpts)
	for _, example := range []struct {
		name          string
		cik           int64
		concept, unit string
		period        int16
		from, to      string
		want          []string
	}{
		{
			name: "a restated year, as its last filing has it",
			cik:  320193, concept: "us-gaap:NetIncomeLoss", unit: "USD", period: year, from: "2008-09-01", to: "2008-10-31",
			want: []string{"2008-09-27 6119000000 2007-09-30 000119312510238044 10-K"},
		},
		{
			name: "a start that a later filing repaired",
			cik:  909832, concept: "us-gaap:NetIncomeLoss", unit: "USD", period: quarter, from: "2009-05-01", to: "2009-05-31",
			want: []string{"2009-05-10 210000000 2009-02-16 000119312510230379 10-K"},
		},
		{
			name: "a part of the revenue under a concept that stands for all of it elsewhere",
			cik:  80424, concept: "us-gaap:Revenues", unit: "USD", period: year, from: "2014-06-30", to: "2014-06-30",
			want: []string{"2014-06-30 29400000000 2013-07-01 000008042414000057 10-K"},
		},
		{
			name: "the right one of three units",
			cik:  55785, concept: "us-gaap:EarningsPerShareDiluted", unit: "USD/shares", period: year, from: "2025-01-01", to: "2026-12-31",
			want: []string{"2025-12-31 6.07 2025-01-01 000162828026007567 10-K"},
		},
		{
			name: "two ends a day apart: the one filed last",
			cik:  1045810, concept: "us-gaap:Revenues", unit: "USD", period: quarter, from: "2010-07-25", to: "2010-08-07",
			want: []string{"2010-07-31 811208000 2010-05-03 000104581012000013 10-K"},
		},
		{
			name: "an end after the filing is no point",
			cik:  1045810, concept: "dei:EntityPublicFloat", unit: "USD", period: instant, from: "2010-08-01", to: "2011-12-31",
			want: []string{
				"2010-08-01 5033591950 000104581011000056 10-Q",
				"2011-07-31 7980000000 000104581012000060 10-Q",
			},
		},
		{
			name: "an instant that eight filings report",
			cik:  1652044, concept: "us-gaap:UnrecognizedTaxBenefits", unit: "USD", period: instant, from: "2015-12-31", to: "2015-12-31",
			want: []string{"2015-12-31 4167000000 000165204419000004 10-K"},
		},
	} {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			wantLines(t, pool, example.want, points,
				example.cik, example.concept, example.unit, example.period, example.from, example.to)
		})
	}
	t.Run("the unit that is meant where none is named", func(t *testing.T) {
		t.Parallel()
		wantLines(t, pool, []string{"USD/shares true", "pure false", "shares false"}, `
			select distinct d.unit || ' ' || default_unit
			from series s join definitions d on d.id = definition_id join companies c on c.id = company_id
			where cik = 55785 and d.name = 'us-gaap:EarningsPerShareDiluted'
			order by 1`)
	})
}

// TestExcerpts imports the excerpts twice and looks at what is known of companies then.
func TestExcerpts(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	first := mustRun(t, pool, excerpts)
	for _, k := range first.Kinds {
		if k.Read == 0 || k.Stored == 0 {
			t.Errorf("%s: nothing was stored", k.Kind)
		}
	}
	before := content(t, pool)
	forget(t, pool)
	second := mustRun(t, pool, excerpts)
	for i, c := range counts(second) {
		if want := (ingest.Count{Read: first.Kinds[i].Read, Unchanged: first.Kinds[i].Read}); c != want {
			t.Errorf("%s, the second time: got %+v, want %+v", second.Kinds[i].Kind, c, want)
		}
	}
	if diff := cmp.Diff(before, content(t, pool)); diff != "" {
		t.Errorf("the second import changed something (-before +after)\n%s", diff)
	}
	wantLines(t, pool, []string{
		"Apple Inc. [APPLE COMPUTER INC, APPLE COMPUTER INC/ FA, APPLE INC] 3571 Manufacturing US 0927 AAPL Nasdaq",
		"BERKSHIRE HATHAWAY INC [] BRK-B NYSE",
	}, `
		select concat_ws(' ', name, '[' || (select coalesce(string_agg(n, ', ' order by n collate "C"), '') from unnest(former_names) n) || ']',
			sic, sector, country, fiscal_year_end, ticker, exchange)
		from companies where cik in (320193, 1067983) order by name`)
	wantLines(t, pool, []string{"imunon, inc.\ncelsion corp\ncheung laboratories inc"},
		`select search_text from companies where cik = 749647`)
	wantLines(t, pool, []string{"WFC"}, `select symbol from securities s join companies c on c.id = company_id
		where cik = 72971 and is_primary`)
}

// TestOrders imports the excerpts in random orders, file by file.
func TestOrders(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"*.json", "*/*.json"} {
		found, err := filepath.Glob(filepath.Join(excerpts, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	sorted := newDatabase(t)
	mustRun(t, sorted, files...)
	want := content(t, sorted)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	for range 3 {
		random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		pool := newDatabase(t)
		for _, f := range files[:5] { // alone, the others together
			mustRun(t, pool, f)
		}
		mustRun(t, pool, files[5:]...)
		if diff := cmp.Diff(want, content(t, pool)); diff != "" {
			t.Fatalf("order %v (-sorted +got)\n%s", files, diff)
		}
	}
}
