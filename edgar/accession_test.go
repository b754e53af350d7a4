package edgar_test

import (
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

func TestParseAccessionNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want edgar.AccessionNumber
	}{
		{"0000320193-23-000106", 320193_23_000106},
		{"000032019323000106", 320193_23_000106},
		{"0001193125-10-012091", 1193125_10_012091},
		{"0000000000-26-001655", 26_001655}, // the SEC's own
		{"9999999999-99-999999", 999_999_999_999_999_999},
		{"0000000000-00-000000", 0},
	}
	for _, tt := range tests {
		got, err := edgar.ParseAccessionNumber(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("ParseAccessionNumber(%q) = %d, %v, want %d", tt.in, got, err, tt.want)
		}
		if got.Compact() != strings.ReplaceAll(tt.in, "-", "") {
			t.Errorf("%q is %q without hyphens", tt.in, got.Compact())
		}
		if strings.Contains(tt.in, "-") && got.String() != tt.in {
			t.Errorf("%q prints as %q", tt.in, got)
		}
	}
	for _, in := range []string{
		"", "0000320193-23-00010", "0000320193-23-0001066", "0000320193-23000106", "000032019323-000106",
		"00003201932-3-000106", "0000320193_23_000106", "0000320193-2x-000106", "--------------------", "00003201932300010a",
		" 000320193-23-000106", "00003201932300010", "0000320193230001060",
	} {
		_, err := edgar.ParseAccessionNumber(in)
		checkSyntaxError(t, "accession number", in, err)
	}
}

func FuzzParseAccessionNumber(f *testing.F) {
	for _, seed := range []string{"0000320193-23-000106", "000032019323000106", "", "0000320193-23000106"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := edgar.ParseAccessionNumber(s)
		if err != nil {
			checkSyntaxError(t, "accession number", s, err)
			return
		}
		if a < 0 || a > 999_999_999_999_999_999 {
			t.Errorf("%q is %d", s, a)
		}
		if a.String() != s && a.Compact() != s {
			t.Errorf("%q prints as %q and %q", s, a, a.Compact())
		}
	})
}
