package edgar_test

import (
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

func TestPeriodOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		days edgar.Date
		want edgar.Period
	}{
		{1, edgar.PeriodOther},
		{79, edgar.PeriodOther},
		{80, edgar.PeriodQuarter},
		{84, edgar.PeriodQuarter}, // 12 weeks
		{119, edgar.PeriodQuarter},
		{120, edgar.PeriodQuarter},
		{121, edgar.PeriodOther},
		{159, edgar.PeriodOther},
		{160, edgar.PeriodHalf},
		{200, edgar.PeriodHalf},
		{201, edgar.PeriodOther},
		{244, edgar.PeriodOther},
		{245, edgar.PeriodNineMonths},
		{290, edgar.PeriodNineMonths},
		{291, edgar.PeriodOther},
		{349, edgar.PeriodOther},
		{350, edgar.PeriodYear},
		{371, edgar.PeriodYear}, // 53 weeks
		{380, edgar.PeriodYear},
		{381, edgar.PeriodOther},
		{396, edgar.PeriodOther},
		{0, edgar.PeriodOther}, // it ends before it starts
	}
	start := date(t, "2023-01-01")
	for _, tt := range tests {
		if got := edgar.PeriodOf(start, start+tt.days-1); got != tt.want {
			t.Errorf("%d days are %s, want %s", tt.days, got, tt.want)
		}
	}
}

func TestPeriodNames(t *testing.T) {
	t.Parallel()
	want := []string{"INSTANT", "DAILY", "QUARTER", "HALF", "NINE_MONTHS", "YEAR"}
	periods := edgar.Periods()
	if len(periods) != len(want) {
		t.Fatalf("%v, want %v", periods, want)
	}
	for i, p := range periods {
		if p.String() != want[i] || int(p) != i+1 { // the numbers are in the database
			t.Errorf("period %d is %q, want %d %q", p, p, i+1, want[i])
		}
		if got, err := edgar.ParsePeriod(want[i]); err != nil || got != p {
			t.Errorf("ParsePeriod(%q) = %v, %v", want[i], got, err)
		}
	}
	for _, in := range []string{"", "OTHER", "year", "TTM", "YEAR "} {
		_, err := edgar.ParsePeriod(in)
		checkSyntaxError(t, "period", in, err)
	}
	for _, p := range []edgar.Period{edgar.PeriodOther, -1, 99} {
		if p.String() != "OTHER" {
			t.Errorf("period %d is %q", int(p), p)
		}
	}
}
