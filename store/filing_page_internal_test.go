package store

import (
	"math"
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
