package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// TestBucketNumbers reads each set of the numbers of a bucket: those are what they are when all are read, the others 0.
func TestBucketNumbers(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 3)
	m.correct(20)
	ask := &store.SeriesAsk{MetricAsk: store.MetricAsk{Name: "price:c2"}, From: m.ends[0] + 400, To: edgar.MaxDate}
	ask.From = store.BucketMonth.Start(ask.From)
	var keys []store.BucketsKey
	for numbers := range store.AllBucketNumbers + 1 {
		k := key(1, ask, true)
		k.Numbers = numbers
		keys = append(keys, k)
	}
	batch := m.store.Batch()
	found := batch.SeriesBuckets(keys)
	if err := batch.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := found[keys[store.AllBucketNumbers]].Found.Months
	stale := map[edgar.Date]bool{}
	for _, month := range m.staleMonths(2) {
		stale[month] = true
	}
	if len(all) < 30 || len(stale) == 0 {
		t.Fatalf("%d months, of which %d are stale", len(all), len(stale))
	}
	for _, k := range keys {
		want := slices.Clone(all)
		for i := range want {
			if !stale[want[i].Start] { // those are made of points, which have all numbers
				keep(&want[i], k.Numbers)
			}
		}
		if diff := cmp.Diff(want, found[k].Found.Months); diff != "" {
			t.Errorf("numbers %02b: want -, got +:\n%s", k.Numbers, diff)
		}
	}
}

// keep forgets the other numbers of a bucket.
func keep(b *store.Bucket, numbers store.BucketNumbers) {
	if numbers&store.BucketExtremes == 0 {
		b.Min, b.Max = 0, 0
	}
	if numbers&store.BucketEnds == 0 {
		b.First, b.Last = 0, 0
	}
}

// staleMonths are those of a series.
func (m *market) staleMonths(series int) []edgar.Date {
	m.t.Helper()
	rows, err := m.store.Pool().Query(m.t.Context(), "select distinct month from metrics_stale where series_id = $1", series)
	if err != nil {
		m.t.Fatal(err)
	}
	months, err := pgx.CollectRows(rows, pgx.RowTo[edgar.Date])
	if err != nil {
		m.t.Fatal(err)
	}
	return months
}
