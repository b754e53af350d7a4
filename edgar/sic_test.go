package edgar_test

import (
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

func TestSICDivision(t *testing.T) {
	t.Parallel()
	tests := []struct{ sic, want string }{
		{"3571", "Manufacturing"},
		{"0100", "Agriculture, Forestry and Fishing"},
		{"100", "Agriculture, Forestry and Fishing"},
		{"0900", "Agriculture, Forestry and Fishing"},
		{"1000", "Mining"},
		{"1311", "Mining"},
		{"1731", "Construction"},
		{"2000", "Manufacturing"},
		{"3990", "Manufacturing"},
		{"4813", "Transportation, Communications, Electric, Gas and Sanitary Services"},
		{"5122", "Wholesale Trade"},
		{"5200", "Retail Trade"},
		{"5990", "Retail Trade"},
		{"6021", "Finance, Insurance and Real Estate"},
		{"6770", "Finance, Insurance and Real Estate"},
		{"7372", "Services"},
		{"8900", "Services"},
		{"8880", "Finance, Insurance and Real Estate"},
		{"8888", "Public Administration"},
		{"9721", "Public Administration"},
		{"9995", "Nonclassifiable Establishments"},
		{"", ""},
		{"0", ""},
		{"0000", ""},
		{"0099", ""},
		{"1800", ""},
		{"6800", ""},
		{"9000", ""},
		{"9800", ""},
		{"10000", ""},
		{"03571", ""},
		{"-100", ""},
		{"35x1", ""},
	}
	for _, tt := range tests {
		if got := edgar.SICDivision(tt.sic); got != tt.want {
			t.Errorf("SICDivision(%q) = %q, want %q", tt.sic, got, tt.want)
		}
	}
}
