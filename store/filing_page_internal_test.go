package store

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

// TestFilingsStart holds where the scan of a page starts: at its cursor, but never beyond the dates that are asked for.
func TestFilingsStart(t *testing.T) {
	t.Parallel()
	early, middle, late := edgar.NewDate(2001, 1, 1), edgar.NewDate(2010, 1, 1), edgar.NewDate(2020, 1, 1)
	dates := &FilingFilter{FiledFrom: &early, FiledTo: &middle}
	for name, test := range map[string]struct {
		request FilingsRequest
		want    FilingPosition
	}{
		"all":                        {FilingsRequest{Filter: &FilingFilter{}}, FilingPosition{edgar.MaxDate, math.MaxInt64}},
		"all, backward":              {FilingsRequest{Filter: &FilingFilter{}, Page: Page{Backward: true}}, FilingPosition{edgar.MinDate, -1}},
		"dates":                      {FilingsRequest{Filter: dates}, FilingPosition{middle, math.MaxInt64}},
		"dates, backward":            {FilingsRequest{Filter: dates, Page: Page{Backward: true}}, FilingPosition{early, -1}},
		"cursor within":              {FilingsRequest{Filter: dates, Page: Page{Bounded: true}, From: FilingPosition{middle, 7}}, FilingPosition{middle, 7}},
		"cursor within, backward":    {FilingsRequest{Filter: dates, Page: Page{Bounded: true, Backward: true}, From: FilingPosition{early, 7}}, FilingPosition{early, 7}},
		"cursor after":               {FilingsRequest{Filter: dates, Page: Page{Bounded: true}, From: FilingPosition{late, 7}}, FilingPosition{middle, math.MaxInt64}},
		"cursor before, backward":    {FilingsRequest{Filter: dates, Page: Page{Bounded: true, Backward: true}, From: FilingPosition{early - 1, 7}}, FilingPosition{early, -1}},
		"cursor before all":          {FilingsRequest{Filter: dates, Page: Page{Bounded: true}, From: FilingPosition{early - 1, 7}}, FilingPosition{early - 1, 7}},
		"cursor after all, backward": {FilingsRequest{Filter: dates, Page: Page{Bounded: true, Backward: true}, From: FilingPosition{late, 7}}, FilingPosition{late, 7}},
	} {
		args := test.request.args(nil)
		if got := (FilingPosition{args[2].(edgar.Date), args[3].(edgar.AccessionNumber)}); got != test.want {
			t.Errorf("%s: starts at %v, want %v", name, got, test.want)
		}
	}
}

// TestFilingsSorted brings filings that came in any order into that of the page.
func TestFilingsSorted(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 7)) //nolint:gosec // the same in each run
	want := []*Filing{{FiledOn: 9, AccessionNumber: 1}, {FiledOn: 8, AccessionNumber: 7}, {FiledOn: 8, AccessionNumber: 5}, {FiledOn: 7, AccessionNumber: 6}}
	for _, backward := range []bool{false, true} {
		r := FilingsRequest{Page: Page{Backward: backward}}
		for range 20 {
			got := slices.Clone(want)
			random.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
			r.sort(got)
			if backward {
				slices.Reverse(got)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("backward %t: another order", backward)
			}
		}
	}
}
