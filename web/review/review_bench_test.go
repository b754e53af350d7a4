package review_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/web/guard"
	"github.com/corpintel/corpintel/web/review"
)

// BenchmarkReview reviews a page of a company, as Apollo's tool writes it.
func BenchmarkReview(b *testing.B) {
	content, err := os.ReadFile("../../graph/persisted/testdata/apollo.json")
	if err != nil {
		b.Fatal(err)
	}
	var manifest struct{ Operations []struct{ Body string } }
	if err := json.Unmarshal(content, &manifest); err != nil {
		b.Fatal(err)
	}
	r := review.New(review.Options{
		Schema: graph.NewExecutableSchema(graph.Config{}).Schema(), Limits: guard.Defaults(), Cost: 500_000, MaxPage: 200,
	})
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := r.Review(manifest.Operations[0].Body); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
