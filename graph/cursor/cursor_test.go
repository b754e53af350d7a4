package cursor_test

import (
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/graph/cursor"
)

// value is what one call of Position appends: an int64, a float64 or a string.
type value any

func position(values []value) cursor.Position {
	p := cursor.Position{}
	for _, v := range values {
		switch v := v.(type) {
		case int64:
			p = p.Int(v)
		case float64:
			p = p.Float(v)
		case string:
			p = p.Text(v)
		}
	}
	return p
}

// readLike reads values of the same types as those of like.
func readLike(r *cursor.Reader, like []value) []value {
	out := make([]value, len(like))
	for i, v := range like {
		switch v.(type) {
		case int64:
			out[i] = r.Int()
		case float64:
			out[i] = r.Float()
		case string:
			out[i] = r.Text()
		}
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	list := cursor.Of("Query.companies order={0 false}")
	for _, values := range [][]value{
		{},
		{int64(0)},
		{int64(math.MinInt64), int64(math.MaxInt64), int64(-1)},
		{0.0, -1.5, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(-1)},
		{"", "AAPL", "Société Générale\n", strings.Repeat("x", 2000)},
		{int64(1), "", 0.0, "Apple Inc.", int64(320193), int64(42)},
	} {
		text := list.Encode(position(values))
		r, err := list.Decode(text)
		if err != nil {
			t.Errorf("%v: %v", values, err)
			continue
		}
		got := readLike(r, values)
		if err := r.Done(); err != nil {
			t.Errorf("%v: %v", values, err)
		}
		if diff := cmp.Diff(values, got); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
	}
}

// TestReadAsSomethingElse reads positions that are not what the reader wants.
func TestReadAsSomethingElse(t *testing.T) {
	t.Parallel()
	list := cursor.Of("a")
	for name, test := range map[string]struct {
		written, read []value
	}{
		"nothing for a number":    {nil, []value{int64(0)}},
		"nothing for a float":     {nil, []value{0.0}},
		"nothing for a text":      {nil, []value{""}},
		"short float":             {[]value{int64(1)}, []value{0.0}},
		"text shorter than said":  {[]value{int64(-100)}, []value{""}}, // 199 bytes
		"text of absurd length":   {[]value{int64(math.MinInt64)}, []value{""}},
		"more than is read":       {[]value{int64(1), int64(2)}, []value{int64(0)}},
		"text that is no UTF-8":   {[]value{"\xff"}, []value{""}},
		"text with NUL":           {[]value{"a\x00b"}, []value{""}},
		"bad, then good the rest": {[]value{int64(1)}, []value{0.0, int64(0)}},
	} {
		r, err := list.Decode(list.Encode(position(test.written)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		readLike(r, test.read)
		if err := r.Done(); !errors.Is(err, cursor.ErrInvalid) {
			t.Errorf("%s: got error %v, want ErrInvalid", name, err)
		}
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	text := cursor.Of(`Query.companies sector="Energy"`).Encode(cursor.Position{}.Int(1).Text("x"))
	for _, other := range []string{"", "Query.companies", `Query.companies sector="Energy" `, `Query.filings sector="Energy"`} {
		if _, err := cursor.Of(other).Decode(text); !errors.Is(err, cursor.ErrInvalid) {
			t.Errorf("a cursor of another list is one of %q: error %v", other, err)
		}
	}
}

// TestEdited changes a cursor in every way of one bit or one character. Nothing but the cursor itself is taken.
func TestEdited(t *testing.T) {
	t.Parallel()
	list := cursor.Of("Company.filings")
	const extra = "A-_=\n\r +/\x00"
	for _, p := range []cursor.Position{{}, cursor.Position{}.Int(19630).Int(32019323000106), cursor.Position{}.Text("us-gaap:Assets").Float(1)} {
		text := list.Encode(p)
		edits := []string{"", text + text, strings.Repeat(text, 4096/len(text)+1), base64.URLEncoding.EncodeToString([]byte(text))}
		for i := range len(text) {
			for bit := range 8 {
				edits = append(edits, text[:i]+string([]byte{text[i] ^ 1<<bit})+text[i+1:])
			}
			edits = append(edits, text[:i], text[:i]+text[i+1:])
			for _, c := range extra {
				edits = append(edits, text[:i]+string(c)+text[i:])
			}
		}
		for _, c := range extra {
			edits = append(edits, text+string(c))
		}
		for _, edit := range edits {
			if _, err := list.Decode(edit); !errors.Is(err, cursor.ErrInvalid) {
				t.Fatalf("%q is taken for %q: error %v", edit, text, err)
			}
		}
	}
}

// TestTooLong makes cursors around the limit of 16 KiB.
func TestTooLong(t *testing.T) {
	t.Parallel()
	list := cursor.Of("a")
	for size, want := range map[int]error{12_200: nil, 12_300: cursor.ErrInvalid} {
		text := list.Encode(cursor.Position{}.Text(strings.Repeat("x", size)))
		if _, err := list.Decode(text); !errors.Is(err, want) {
			t.Errorf("a cursor of %d characters: error %v, want %v", len(text), err, want)
		}
	}
}

// TestEncodeKeepsPosition makes two cursors from one beginning.
func TestEncodeKeepsPosition(t *testing.T) {
	t.Parallel()
	list := cursor.Of("a")
	start := make(cursor.Position, 0, 64).Int(1)
	longer := start.Text("further on")
	want := string(longer)
	list.Encode(start)
	if string(longer) != want {
		t.Errorf("encoding the beginning of a position changed it to %q, from %q", longer, want)
	}
}
