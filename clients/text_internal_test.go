package clients

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/graph/persisted"
)

// TestTextsAreBounded keeps texts in little memory: those used last stay.
func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	const each = 1000 + textEntryBytes
	kept := newTexts(nil, nil, slog.New(slog.DiscardHandler), 3*each+each/2)
	text := func(i int) string { return fmt.Sprintf("%-1000d", i) }
	has := func(i int) bool {
		_, ok := kept.kept.Again(persisted.Hash(text(i)))
		return ok
	}
	for i := range 100 {
		kept.keep(persisted.Hash(text(i)), text(i))
		if _, err := kept.get(t.Context(), persisted.Hash(text(0))); err != nil { // is used all the time
			t.Fatal(err)
		}
		if got, want := kept.kept.Stats().Bytes, int64(min(i+1, 3)*each); got != want {
			t.Fatalf("%d bytes, want %d", got, want)
		}
	}
	if !has(0) || !has(99) || !has(98) || has(97) {
		t.Errorf("kept: %t %t %t %t", has(0), has(99), has(98), has(97))
	}
	large := strings.Repeat("x", 4*each)
	kept.keep(persisted.Hash(large), large)
	if !has(0) || kept.kept.Stats().Bytes != 3*each {
		t.Error("a text that does not fit drove out others")
	}
}
