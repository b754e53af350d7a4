package edgar_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  float64
		exact bool
	}{
		{"0", 0, true},
		{"0.00", 0, true},
		{"0e5", 0, true},
		{"416161000000", 416161000000, true},
		{"-3698000000", -3698000000, true},
		{"0.00001", 1e-05, true},
		{"1e-05", 1e-05, true},
		{"1E-5", 1e-05, true},
		{"1.50", 1.5, true},
		{"100e-2", 1, true},
		{"0.1", 0.1, true},
		{"123456789012345", 123456789012345, true},
		{"9007199254740992", 1 << 53, true},
		{"9007199254740993", 1 << 53, false}, // an odd number above 2⁵³
		{"12345678901234567890", 12345678901234567890, false},
		{"100000000000000000000", 1e20, true},
		{"0.1000000000000000055511151231257827", 0.1, false}, // the value of the float64, but not its shortest form
		{"1.7976931348623157e308", math.MaxFloat64, true},
		{"1e309", math.Inf(1), false},
		{"-1e309", math.Inf(-1), false},
		{"5e-324", 5e-324, true},
		{"6e-324", 5e-324, false},
		{"1e-400", 0, false},
		{"1e-99999999999999999999999", 0, false},
		{"0e99999999999999999999999", 0, true},
		{"0." + strings.Repeat("0", 400) + "1e401", 1, true},
		{"-0", math.Copysign(0, -1), false},
		{"-0.0e1", math.Copysign(0, -1), false},
	}
	for _, tt := range tests {
		got, exact := edgar.ParseDecimal(tt.in)
		if math.Float64bits(got) != math.Float64bits(tt.want) || exact != tt.exact {
			t.Errorf("ParseDecimal(%q) = %v, %t, want %v, %t", tt.in, got, exact, tt.want, tt.exact)
		}
	}
	for _, in := range []string{
		"", "-", "+1", "01", "00", "-01", ".5", "5.", "1e", "1e+", "e5", "1.e5", "1.5.2", " 1", "1 ", "0x10", "1_000", "Inf",
		"NaN", "null", `"1"`, "1e5.5", "1-2", "--1", "1,000",
	} {
		if got, exact := edgar.ParseDecimal(in); got != 0 || exact {
			t.Errorf("ParseDecimal(%q) = %v, %t, want 0, false", in, got, exact)
		}
	}
}

// FuzzParseDecimal compares with exact arithmetic.
func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "1.50", "0.00001", "1e-05", "9007199254740993", "1e309", "5e-324", "01", "1.", "0.1000000000000000055",
		"123456789012345678e-10", "999999999999999.9",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, exact := edgar.ParseDecimal(text)
		if !isJSONNumber(text) {
			if got != 0 || exact {
				t.Fatalf("ParseDecimal(%q) = %v, %t, but it is no JSON number", text, got, exact)
			}
			return
		}
		want, err := strconv.ParseFloat(text, 64)
		if math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("ParseDecimal(%q) = %v, want %v", text, got, want)
		}
		if wantExact, ok := isExact(text, want, err); ok && exact != wantExact {
			t.Errorf("ParseDecimal(%q) = %v, exact %t, want %t", text, got, exact, wantExact)
		}
	})
}

func isJSONNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789+-.eE") == "" && json.Valid([]byte(s))
}

// isExact says whether the shortest form of value equals text; not ok when the exponent is too great for the oracle.
func isExact(text string, value float64, err error) (exact, ok bool) {
	if err != nil {
		return false, true
	}
	if _, exponent, _ := strings.Cut(strings.ToLower(text), "e"); len(strings.TrimLeft(exponent, "+-0")) > 4 {
		return false, false
	}
	filed, ok1 := new(big.Rat).SetString(text)
	shortest, ok2 := new(big.Rat).SetString(strconv.FormatFloat(value, 'g', -1, 64))
	if !ok1 || !ok2 {
		return false, false
	}
	return filed.Cmp(shortest) == 0 && !(value == 0 && math.Signbit(value)), true
}
