package edgar_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

func TestNormalizeSymbol(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"AAPL", "AAPL"},
		{"aapl", "AAPL"},
		{" AAPL\n", "AAPL"},
		{"BRK B ", "BRK-B"},
		{"BRK-B", "BRK-B"},
		{"BRK.B", "BRK-B"},
		{"BRK/B", "BRK-B"},
		{"brk b", "BRK-B"},
		{"WFC-PY", "WFC-PY"},
		{"KCAC-UN", "KCAC-UN"},
		{"F", "F"},
		{"X1", "X1"},
		{"AB.WS.A", "AB-WS-A"},
		{"ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOP"},
	}
	for _, tt := range tests {
		if got, ok := edgar.NormalizeSymbol(tt.in); got != tt.want || !ok {
			t.Errorf("NormalizeSymbol(%q) = %q, %t, want %q", tt.in, got, ok, tt.want)
		}
	}
	for _, in := range []string{
		"", " ", "-", "-B", "BRK-", "BRK.", "BRK--B", "BRK. B", "1", "2020-01-02", "12.5", "B$", "B_A", "ÄB", "A\x00",
		"A\tB", "ABCDEFGHIJKLMNOPQ", "A^B", "A,B",
	} {
		if got, ok := edgar.NormalizeSymbol(in); ok {
			t.Errorf("NormalizeSymbol(%q) = %q, want none", in, got)
		}
	}
}

var symbolForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$`)

func FuzzNormalizeSymbol(f *testing.F) {
	for _, seed := range []string{"AAPL", "brk.b", "BRK/B", "BRK B", "WFC-PY", "", "-", "A--B", "1A"} {
		f.Add(seed)
	}
	separators := strings.NewReplacer(".", "-", "/", "-")
	f.Fuzz(func(t *testing.T, s string) {
		symbol, ok := edgar.NormalizeSymbol(s)
		if !ok {
			return
		}
		if !symbolForm.MatchString(symbol) || len(symbol) > 16 {
			t.Errorf("NormalizeSymbol(%q) = %q", s, symbol)
		}
		for _, other := range []string{symbol, strings.ToLower(s), strings.ToUpper(s), separators.Replace(s)} {
			if again, ok := edgar.NormalizeSymbol(other); !ok || again != symbol {
				t.Errorf("NormalizeSymbol(%q) = %q, %t, but of %q %q", other, again, ok, s, symbol)
			}
		}
	})
}
