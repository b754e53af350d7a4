package store_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/corpintel/corpintel/store"
)

func TestFoldSearch(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                            "",
		" \t\n":                       "",
		"Apple Inc.":                  "apple inc.",
		"  Berkshire \t Hathaway \n ": "berkshire hathaway",
		"McDonald's":                  "mcdonalds",
		"McDonald’s ‘Corp`":           "mcdonalds corp",
		"no\u00a0break\u2003space":    "no break space",
		"a ' b":                       "a b",
		"' a '":                       "a",
		"SOCIÉTÉ":                     "société",
		"İstanbul":                    "istanbul",
		"a\x00b\xffc\ufffdd":          "abcd",
		"100% _\\":                    "100% _\\",
	} {
		if got := store.FoldSearch(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestFoldSearchEveryCharacter folds each character twice: the second time changes nothing.
func TestFoldSearchEveryCharacter(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		once := store.FoldSearch("x" + string(r) + "x")
		if twice := store.FoldSearch(once); twice != once {
			t.Errorf("%U becomes %q, then %q", r, once, twice)
		}
	}
}

func FuzzFoldSearch(f *testing.F) {
	for _, text := range []string{"", " a  b ", "McDonald’s", "' '", "\xff", "İ", "ǅ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := store.FoldSearch(text)
		if twice := store.FoldSearch(once); twice != once {
			t.Errorf("%q becomes %q, then %q", text, once, twice)
		}
		if !utf8.ValidString(once) || strings.ContainsAny(once, "\x00'’‘`\t\n") {
			t.Errorf("%q becomes %q, which PostgreSQL or the index does not take", text, once)
		}
		if once != strings.Join(strings.Fields(once), " ") {
			t.Errorf("%q becomes %q, whose words are not apart by one space", text, once)
		}
	})
}
