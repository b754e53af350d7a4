package cursor_test

import (
	"testing"

	"github.com/corpintel/corpintel/graph/cursor"
)

// The position of a company in the order by market capitalisation.
const benchBinding = `Query.companies order="{2 true}" sector="Energy"`

func benchPosition() cursor.Position {
	return cursor.Position{}.Int(0).Text("").Float(2.9e12).Text("Apple Inc.").Int(320193).Int(42)
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	list := cursor.Of(benchBinding)
	var text string
	for b.Loop() {
		text = list.Encode(benchPosition())
	}
	if _, err := list.Decode(text); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	list := cursor.Of(benchBinding)
	text := list.Encode(benchPosition())
	var name string
	for b.Loop() {
		r, err := list.Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		_, _, _, name = r.Int(), r.Text(), r.Float(), r.Text()
		_, _ = r.Int(), r.Int()
		if err := r.Done(); err != nil {
			b.Fatal(err)
		}
	}
	if name != "Apple Inc." {
		b.Fatalf("read %q", name)
	}
}
