package edgar_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

func TestParseCIK(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want edgar.CIK
		out  string
	}{
		{"320193", 320193, "0000320193"},
		{"0000320193", 320193, "0000320193"},
		{"1", 1, "0000000001"},
		{"9999999999", 9_999_999_999, "9999999999"},
	}
	for _, tt := range tests {
		got, err := edgar.ParseCIK(tt.in)
		if err != nil || got != tt.want || got.String() != tt.out {
			t.Errorf("ParseCIK(%q) = %d %q, %v, want %d %q", tt.in, got, got, err, tt.want, tt.out)
		}
	}
	for _, in := range []string{
		"", "0", "0000000000", "00000320193", "12345678901", "-1", "+1", "1.0", "1e5", " 1", "1 ", "٣", "0x1", "CIK1",
	} {
		got, err := edgar.ParseCIK(in)
		checkSyntaxError(t, "CIK", in, err)
		if got != 0 {
			t.Errorf("ParseCIK(%q) = %d beside its error", in, got)
		}
	}
}

func TestNewCIK(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 320193, 9_999_999_999} {
		if got, err := edgar.NewCIK(n); err != nil || int64(got) != n {
			t.Errorf("NewCIK(%d) = %d, %v", n, got, err)
		}
	}
	for _, n := range []int64{0, -1, -1 << 63, 10_000_000_000, 1<<63 - 1} {
		if got, err := edgar.NewCIK(n); err == nil {
			t.Errorf("NewCIK(%d) = %d, want an error", n, got)
		}
	}
}

func TestSyntaxErrorShortensText(t *testing.T) {
	t.Parallel()
	_, err := edgar.ParseCIK(strings.Repeat("x", 5000))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("message is %v, want a short one", err)
	}
}

// checkSyntaxError checks that err is a SyntaxError of the kind that keeps the text.
func checkSyntaxError(t testing.TB, kind, text string, err error) {
	t.Helper()
	var syntax *edgar.SyntaxError
	if !errors.As(err, &syntax) || syntax.Kind != kind || syntax.Text != text {
		t.Errorf("%s %q: error is %v, want a SyntaxError of it", kind, text, err)
	}
}

func FuzzParseCIK(f *testing.F) {
	for _, seed := range []string{"320193", "0000320193", "0", "", "9999999999", "10000000000", "-1", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cik, err := edgar.ParseCIK(s)
		if err != nil {
			checkSyntaxError(t, "CIK", s, err)
			return
		}
		padded := strings.Repeat("0", 10-len(s)) + s
		if cik.String() != padded {
			t.Errorf("ParseCIK(%q) prints as %q, want %q", s, cik, padded)
		}
		if again, err := edgar.NewCIK(int64(cik)); err != nil || again != cik {
			t.Errorf("NewCIK(%d) = %d, %v", cik, again, err)
		}
	})
}
