package series_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/store"
)

// gaps is n points, a day apart at first and then more and more.
func gaps(n int) *series.MetricSeries {
	s := &store.Series{Dates: []edgar.Date{}, Values: []float64{}}
	for i := range edgar.Date(n) { //nolint:gosec // few
		s.Dates = append(s.Dates, edgar.NewDate(1969, 12, 25)+i*i)
		s.Values = append(s.Values, float64(i%7)/4-0.5)
	}
	return &series.MetricSeries{Series: s}
}

// encodedBuckets writes buckets with encoding/json.
func encodedBuckets(t *testing.T, s *series.MetricSeries, by store.BucketUnit, fill store.BucketFill, fields []selected) string {
	t.Helper()
	all, err := s.InBuckets(by, fill)
	if err != nil {
		t.Fatal(err)
	}
	number := func(v float64) any {
		if math.IsNaN(v) {
			return nil
		}
		return v
	}
	b := []byte{'['}
	for i := range all.Starts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for k, f := range fields {
			if k > 0 {
				b = append(b, ',')
			}
			value := map[string]any{
				"start": all.Starts[i].String(), "end": all.Ends[i].String(), "count": all.Counts[i], "min": number(all.Mins[i]),
				"max": number(all.Maxs[i]), "avg": number(all.Avgs[i]), "sum": number(all.Sums[i]), "first": number(all.Firsts[i]),
				"last": number(all.Lasts[i]), "__typename": "MetricBucket",
			}[f.name]
			b = append(append(b, marshal(t, f.alias)...), ':')
			b = append(b, marshal(t, value)...)
		}
		b = append(b, '}')
	}
	return string(append(b, ']'))
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		operation string
		want      []selected
	}{
		"fields": {
			`{ buckets { start end count min max avg sum first last } }`,
			[]selected{
				{"start", "start"},
				{"end", "end"},
				{"count", "count"},
				{"min", "min"},
				{"max", "max"},
				{"avg", "avg"},
				{"sum", "sum"},
				{"first", "first"},
				{"last", "last"},
			},
		},
		"aliases":  {`{ buckets { start: end x: start last: first n: count } }`, []selected{{"start", "end"}, {"x", "start"}, {"last", "first"}, {"n", "count"}}},
		"typename": {`{ buckets { kind: __typename sum } }`, []selected{{"kind", "__typename"}, {"sum", "sum"}}},
		"fragments": {
			`{ buckets { ...F ... on MetricBucket { avg } min } } fragment F on MetricBucket { min max }`,
			[]selected{{"min", "min"}, {"max", "max"}, {"avg", "avg"}},
		},
		"all skipped": {`query ($yes: Boolean!) { buckets { start @skip(if: $yes) sum @include(if: false) } }`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := selecting(t, test.operation, map[string]any{"yes": true})
			for _, n := range []int{0, 1, 2, 60} {
				s := gaps(n)
				for _, by := range store.BucketUnits() {
					for _, fill := range []store.BucketFill{store.FillNone, store.FillNull, store.FillPrevious} {
						list, err := s.Buckets(by, &fill)
						if err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(encodedBuckets(t, s, by, fill, test.want), render(ctx, t, list)); diff != "" {
							t.Fatalf("%d points by %s, fill %s: by encoding/json -, got +:\n%s", n, by, fill, diff)
						}
					}
				}
			}
		})
	}
}

func TestBucketColumns(t *testing.T) {
	t.Parallel()
	s, fill := gaps(20), store.FillNull
	all, err := s.InBuckets(store.BucketWeek, fill)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(all.Counts, 0) {
		t.Fatal("no bucket is empty")
	}
	columns, err := s.BucketColumns(store.BucketWeek, &fill)
	if err != nil {
		t.Fatal(err)
	}
	var counts, lasts []byte
	for i, n := range all.Counts {
		if i > 0 {
			counts, lasts = append(counts, ','), append(lasts, ',')
		}
		counts = strconv.AppendInt(counts, int64(n), 10)
		if n == 0 {
			lasts = append(lasts, "null"...)
		} else {
			lasts = append(lasts, marshal(t, all.Lasts[i])...)
		}
	}
	for name, column := range map[string]struct {
		list graphql.ContextMarshaler
		want string
	}{
		"counts": {columns.Counts, "[" + string(counts) + "]"},
		"lasts":  {columns.Lasts, "[" + string(lasts) + "]"},
		"none":   {series.Counts{}, "[]"},
	} {
		if diff := cmp.Diff(column.want, render(t.Context(), t, column.list)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// TestBucketsOfUnreadSeries asks for buckets of a series that was read without points: an error, no panic.
func TestBucketsOfUnreadSeries(t *testing.T) {
	t.Parallel()
	s := &series.MetricSeries{Series: &store.Series{}}
	if _, err := s.Buckets(store.BucketMonth, nil); err == nil {
		t.Error("there are buckets")
	}
	if _, err := s.BucketColumns(store.BucketDay, nil); err == nil {
		t.Error("there are columns")
	}
}
