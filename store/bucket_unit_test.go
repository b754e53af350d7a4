package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// TestBucketsOfUnreadSeries asks a series for what it was read without.
func TestBucketsOfUnreadSeries(t *testing.T) {
	t.Parallel()
	for _, by := range store.BucketUnits() {
		if _, err := new(store.Series).InBuckets(by, store.FillNone); err == nil {
			t.Errorf("%s: no error", by)
		}
	}
}

// TestBucketUnits compares the starts of buckets, their ends and how many lie between two days with package time.
func TestBucketUnits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	day := func() edgar.Date {
		return edgar.NewDate(1900, 1, 1) + edgar.Date(random.Int32N(110_000))
	}
	for range 500 {
		from, to := day(), day()
		if from > to {
			from, to = to, from
		}
		for _, by := range store.BucketUnits() {
			start, end := slowBounds(from.Time(), by)
			gotStart := by.Start(from)
			if gotStart.Time() != start || by.Next(gotStart).Time() != end {
				t.Fatalf("%s of %s: %s to %s, want %s to %s", by, from, gotStart, by.Next(gotStart), start, end)
			}
			near, n := min(to, from+3000), 1
			for ; !end.After(near.Time()); n++ {
				_, end = slowBounds(end, by)
			}
			if got := by.Span(from, near); got != n {
				t.Fatalf("%s from %s to %s: %d, want %d", by, from, near, got, n)
			}
		}
	}
}

// TestTooManyPoints has series of which the catalogue says that they are too many: nothing is read of them.
func TestTooManyPoints(t *testing.T) {
	t.Parallel()
	const most = store.MaxPoints
	s := openNew(t, marketSchema+fmt.Sprintf(`
		update series set points = %d, first_on = '1000-01-01', last_on = '9000-01-01' where id = 1;
		update series set points = 1 where id = 2;
		insert into metrics (series_id, date, value) select s, date '2000-01-01', 1 from generate_series(1, 2) s`, most))
	ask := func(metric string, from, to edgar.Date) *store.SeriesAsk {
		return &store.SeriesAsk{MetricAsk: store.MetricAsk{Name: metric}, From: from, To: to}
	}
	all, other := ask("price:c1", edgar.MinDate, edgar.MaxDate), ask("price:c2", edgar.MinDate, edgar.MaxDate)
	part := ask("price:c1", edgar.NewDate(2000, 1, 1), edgar.NewDate(2000, 12, 31))
	for name, test := range map[string]struct {
		asks    []*store.SeriesAsk
		monthly bool
		excess  int
	}{
		"just enough": {[]*store.SeriesAsk{all}, false, 0},
		"one more":    {[]*store.SeriesAsk{all, other}, false, most + 1},
		"a part":      {[]*store.SeriesAsk{part, other}, false, 0},
		"parts":       {[]*store.SeriesAsk{all, part}, false, most + 366},
		"by month":    {[]*store.SeriesAsk{all, other, part}, true, 0},
	} {
		batch := s.Batch()
		var buckets []store.BucketsKey
		var points []store.SeriesKey
		for _, a := range test.asks {
			buckets = append(buckets, key(1, a, test.monthly))
			points = append(points, store.SeriesKey{Company: 1, Ask: a})
		}
		inBuckets, inPoints := batch.SeriesBuckets(buckets), batch.Series(points, true)
		if err := batch.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range test.asks {
			got := []store.Reported[store.Series]{inBuckets[buckets[i]]}
			if !test.monthly {
				got = append(got, inPoints[points[i]])
			}
			for _, r := range got {
				if r.Excess != test.excess || (r.Found == nil) != (test.excess > 0) {
					t.Errorf("%s: found %v, excess %d, want %d", name, r.Found, r.Excess, test.excess)
				}
			}
		}
	}
}
