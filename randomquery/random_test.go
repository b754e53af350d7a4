package randomquery_test

import (
	"flag"
	"testing"

	"github.com/corpintel/corpintel/graph"
)

var (
	operations = flag.Int("operations", 300, "how many random operations are run")
	seed       = flag.Uint64("seed", 1, "seed of the first operation; the next one has the next number")
)

func newComparison(t *testing.T) *comparison {
	t.Helper()
	url, pool := newDatabase(t)
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	c := &comparison{reference: newReference(t, pool, schema), server: newServer(t, url, true), executor: newServer(t, url, false)}
	c.data = readData(c.reference)
	harvest(t, c)
	return c
}

// TestRandomOperations compares the server with the reference, then broken servers. What fails is repeated by -seed with the
// number that is printed and -operations 1.
func TestRandomOperations(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	c := newComparison(t)
	t.Run("the server agrees", func(t *testing.T) { testAgreement(t, c) })
	t.Run("the server agrees when it is busy", func(t *testing.T) { testConcurrent(t, c) })
	t.Run("faults are noticed", func(t *testing.T) { testFaults(t, c) })
}

// maxFailures is after how many failures there is enough to look at.
const maxFailures = 10

func testAgreement(t *testing.T, c *comparison) {
	t.Helper()
	invalid, failed := 0, 0
	for n := range uint64(*operations) { //nolint:gosec // not negative
		op := generate(c.schema, c.data, *seed+n)
		m := c.check(op)
		if m == nil {
			continue
		}
		if m.kind == "invalid" {
			invalid++
			t.Logf("seed %d: %v", op.seed, m.err)
			continue
		}
		small := shrink(op, func(smaller operation) bool {
			other := c.check(smaller)
			return other != nil && other.kind == m.kind
		})
		err := m.err // stays where it does not fail again
		if again := c.check(small); again != nil {
			err = again.err
		}
		t.Errorf("%s: %v\n%s\nmade from\n%s", m.kind, err, small, op)
		if failed++; failed == maxFailures {
			t.Fatal("and perhaps more")
		}
	}
	if invalid > *operations/50 {
		t.Errorf("%d of %d operations were not valid, or too large", invalid, *operations)
	}
	t.Logf("%d operations, of which %d were not valid", *operations, invalid)
}
