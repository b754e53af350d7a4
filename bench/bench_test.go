package bench_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServer holds the server to the answers of the handlers, and to its numbers of statements and allocations.
func TestServer(t *testing.T) {
	c := newContest(t)
	t.Run("costs", c.testCosts)
	t.Run("answers", c.testAnswers)
}

// testAnswers asks both everything: the answers are the same to the byte, averages to the last digits.
func (c *contest) testAnswers(t *testing.T) {
	for _, w := range c.workloads {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			for _, body := range bodies(t, w) {
				want, got := post(t, c.limit, "/"+w.Name, body).Bytes(), post(t, c.server, "/graphql", body).Bytes()
				if len(want) < 200 {
					t.Errorf("%s: a small answer: %s", body, want)
				}
				if bytes.Equal(want, got) {
					continue
				}
				if w.Name != "W5" {
					t.Fatalf("%s:\nlimit  %.3000s\nserver %.3000s", body, want, got)
				}
				var a, b any
				if err := json.Unmarshal(want, &a); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(got, &b); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(a, b, cmp.Comparer(almost)); diff != "" {
					t.Fatalf("%s: limit -, server +:\n%s", body, diff)
				}
			}
		})
	}
}

func almost(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(a) }

// ceilings are the statements of each workload, and the most allocations that it may cost: those of the whole handler,
// which costs as many for one request as for the next.
var ceilings = map[string]struct {
	statements int64
	allocs     float64
}{
	"W1": {1, 105}, "W2": {1, 175}, "W3": {3, 490}, "W4": {3, 375}, "W5": {2, 550}, "W6": {2, 510}, "W7": {1, 135},
}

func (c *contest) testCosts(t *testing.T) {
	for _, w := range c.workloads {
		body := bodies(t, w)[0]
		for range 20 { // of the connections each prepares the statements
			post(t, c.server, "/graphql", body)
		}
		before := c.statements.n.Load()
		answer := post(t, c.server, "/graphql", body)
		statements := c.statements.n.Load() - before
		request := testing.AllocsPerRun(5, func() { post(t, discard, "/graphql", body) })
		allocs := testing.AllocsPerRun(20, func() { post(t, c.server, "/graphql", body) }) - request
		t.Logf("%s %s: %d bytes, %d statements, %.0f allocations", w.Name, w.Title, answer.Len(), statements, allocs)
		if want := ceilings[w.Name]; statements != want.statements || allocs > want.allocs {
			t.Errorf("%s: %d statements, want %d; %.0f allocations, want at most %.0f", w.Name, statements, want.statements, allocs, want.allocs)
		}
	}
}
