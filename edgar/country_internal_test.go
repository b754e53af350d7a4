package edgar

import (
	"regexp"
	"strings"
	"testing"
)

// TestISOCountryIsComplete goes through every code of two characters that EDGAR's list can have.
func TestISOCountryIsComplete(t *testing.T) {
	t.Parallel()
	const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alpha2 := regexp.MustCompile(`^[A-Z]{2}$`)
	codes, countries := 0, map[string]int{}
	for _, a := range characters {
		for _, b := range characters {
			code := string(a) + string(b)
			iso := isoCountry(code)
			if iso == "" {
				continue
			}
			if !alpha2.MatchString(iso) {
				t.Errorf("code %s is %q", code, iso)
			}
			if isoCountry(" "+strings.ToLower(code)+" ") != iso {
				t.Errorf("code %s in lower case is not %s", code, iso)
			}
			codes++
			countries[iso]++
		}
	}
	// the published list without XX, and I9
	if codes != 309 || len(countries) != 246 {
		t.Errorf("%d codes of %d countries, want 309 of 246", codes, len(countries))
	}
	if countries["US"] != 52 || countries["CA"] != 12 || countries["DE"] != 2 {
		t.Errorf("codes of US %d, CA %d, DE %d, want 52, 12, 2", countries["US"], countries["CA"], countries["DE"])
	}
	for iso, n := range countries {
		if n > 1 && iso != "US" && iso != "CA" && iso != "DE" {
			t.Errorf("%d codes are %s", n, iso)
		}
	}
	for _, code := range []string{"", "X", "USA", "A6A", "XX", "A ", " A", "AL AK", "€"} {
		if iso := isoCountry(code); iso != "" {
			t.Errorf("code %q is %q", code, iso)
		}
	}
}
