package answers

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corpintel/corpintel/store"
)

func someEntry() *entry {
	return &entry{
		key:    Key{Text: "{ companies { nodes { name } } }", Operation: "a", Variables: `{"n":1,}`, Scope: "partner application/json gzip"},
		format: "1-abc", point: store.OutboxPoint{Source: "7-5-1", Xmin: 1 << 40},
		answer: &Answer{
			Body: []byte(`{"data":{}}`), Header: http.Header{"Content-Encoding": {"gzip"}, "Etag": {`"x"`}},
			tags: []string{Companies, AnyCompany, Company(7)}, made: time.UnixMilli(1_780_000_000_123),
		},
	}
}

func equalEntries(a, b *entry) string {
	return cmp.Diff(a, b, cmp.AllowUnexported(entry{}, Answer{}), cmpopts.IgnoreFields(Answer{}, "number", "good"), cmpopts.EquateEmpty())
}

func TestCodec(t *testing.T) {
	t.Parallel()
	e := someEntry()
	text := e.encode()
	got, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := equalEntries(e, got); diff != "" {
		t.Error(diff)
	}
	if cap(text) != e.bytes() {
		t.Errorf("room for %d bytes was not enough", e.bytes())
	}
	text[len(text)-1] = 'x'
	if got.answer.Body[len(got.answer.Body)-1] != '}' {
		t.Error("what was read is kept")
	}
}

// TestCodecRefuses changes each byte of an entry, cuts it everywhere and makes it longer.
func TestCodecRefuses(t *testing.T) {
	t.Parallel()
	text := someEntry().encode()
	for i := range text {
		for _, mask := range []byte{1, 0x80, 0xff} {
			other := bytes.Clone(text)
			other[i] ^= mask
			if _, err := decode(other); err == nil {
				t.Errorf("byte %d may be anything", i)
			}
		}
		if _, err := decode(text[:i]); err == nil {
			t.Errorf("the first %d bytes are an entry", i)
		}
	}
	for name, other := range map[string][]byte{
		"nothing": nil, "a byte more": append(bytes.Clone(text), 0), "text": []byte("OK"), "far too long": make([]byte, 2*maxSharedEntry),
	} {
		if _, err := decode(other); err == nil {
			t.Errorf("%s is an entry", name)
		}
	}
	for name, spoil := range map[string]func(*entry){
		"no body":       func(e *entry) { e.answer.Body = nil },
		"no tags":       func(e *entry) { e.answer.tags = nil },
		"too many tags": func(e *entry) { e.answer.tags = strings.Split(strings.Repeat("x", maxList+1), "") },
		"too long":      func(e *entry) { e.answer.Body = bytes.Repeat([]byte("x"), maxSharedEntry) },
	} {
		e := someEntry()
		spoil(e)
		if _, err := decode(e.encode()); err == nil {
			t.Errorf("%s: it is an entry", name)
		}
	}
}

// sealed makes an entry of anything, as far as magic and sum go: so the rest of decode is tried too.
func sealed(rest []byte) []byte {
	return seal(append(append([]byte(magic), make([]byte, sumBytes)...), rest...))
}

// FuzzDecode: no text makes decode fail otherwise than by its error, and what it takes for an entry is one.
func FuzzDecode(f *testing.F) {
	f.Add(someEntry().encode())
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, text := range [][]byte{text, sealed(text)} {
			e, err := decode(text)
			if err != nil {
				continue
			}
			again, err := decode(e.encode())
			if err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			if diff := equalEntries(e, again); diff != "" {
				t.Fatal(diff)
			}
			if len(e.answer.Body) < 2 || len(e.answer.tags) == 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
