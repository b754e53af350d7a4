package gqlerr_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

// TestDocumented compares the codes with the table that clients read.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []gqlerr.Code
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllSubmatch(text, -1) {
		documented = append(documented, gqlerr.Code(row[1]))
	}
	if diff := cmp.Diff(gqlerr.Codes(), documented); diff != "" {
		t.Errorf("docs/errors.md (-code +table):\n%s", diff)
	}
}
