package demo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

// TestCurrentFacts checks what was known when of a period that filings restate, also several on one day.
func TestCurrentFacts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		filed string // day and value of each fact
		want  string // from, to and value of what was known; the last has no end
	}{
		"once":                     {"5=1", "5-=1"},
		"restated":                 {"5=1 7=2", "5-7=1 7-=2"},
		"repeated":                 {"5=1 7=1 9=2", "5-9=1 9-=2"},
		"twice on a day":           {"5=1 5=2", "5-=2"},
		"restated twice on a day":  {"5=1 7=2 7=3 9=4", "5-7=1 7-9=3 9-=4"},
		"taken back on the day":    {"5=1 7=2 7=1", "5-=1"},
		"taken back, then changed": {"5=1 7=2 7=1 9=3", "5-9=1 9-=3"},
		"back to what was before":  {"5=1 7=2 9=1", "5-7=1 7-9=2 9-=1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var facts []fact
			for i, filed := range strings.Fields(test.filed) {
				var day int
				f := fact{filing: &filing{accession: edgar.AccessionNumber(i)}}
				if _, err := fmt.Sscanf(filed, "%d=%g", &day, &f.value); err != nil {
					t.Fatal(err)
				}
				f.filing.filedOn = edgar.Date(day)
				facts = append(facts, f)
			}
			current := currentFacts(facts)
			if len(current) != 1 {
				t.Fatalf("%d facts are current, want one", len(current))
			}
			var got []string
			for _, v := range current[0].earlier {
				got = append(got, fmt.Sprintf("%d-%d=%g", int(v.knownFrom), int(v.knownTo), v.value))
			}
			got = append(got, fmt.Sprintf("%d-=%g", int(current[0].knownFrom), current[0].value))
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("known: %s, want %s", got, test.want)
			}
		})
	}
}
