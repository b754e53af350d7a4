package loaders

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cell is a key of the loaders that ask several things of several companies.
type cell struct {
	company int64
	request string
}

func (c cell) split() (int64, string) { return c.company, c.request }

// TestByRequest gathers random sets of keys: each request is one statement, in the order of the keys, of exactly the
// companies that it is asked of; and each key gets the answer to its own.
func TestByRequest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	var every []cell
	for company := range int64(5) {
		for _, request := range []string{"a", "b", "c", "d"} {
			every = append(every, cell{company, request})
		}
	}
	for range 2000 {
		random.Shuffle(len(every), func(i, k int) { every[i], every[k] = every[k], every[i] })
		keys := every[:random.IntN(len(every)+1)]
		var (
			asked    []cell
			requests []string
		)
		value := byRequest(keys, cell.split, func(companies []int64, request string) map[int64]string {
			requests = append(requests, request)
			answers := map[int64]string{}
			for _, c := range companies {
				asked = append(asked, cell{c, request})
				answers[c] = fmt.Sprint(c, request)
			}
			return answers
		})
		var want []string
		for i, k := range keys {
			if !slices.Contains(want, k.request) {
				want = append(want, k.request)
			}
			if got := value(i, k); got != fmt.Sprint(k.company, k.request) {
				t.Fatalf("%v: the answer to %v is %q", keys, k, got)
			}
		}
		if diff := cmp.Diff(want, requests); diff != "" {
			t.Fatalf("%v: requests: want -, got +:\n%s", keys, diff)
		}
		if len(asked) != len(keys) {
			t.Fatalf("%v: asked are %v", keys, asked)
		}
	}
}
