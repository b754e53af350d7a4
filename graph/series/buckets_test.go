package series_test

import (
	"encoding/json"
	"math"
	"slices"
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
	for i := range all {
		row := &all[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for k, f := range fields {
			if k > 0 {
				b = append(b, ',')
			}
			value := map[string]any{
				"start": row.Start.String(), "end": row.End.String(), "count": row.Count, "min": number(row.Min),
				"max": number(row.Max), "avg": number(row.Avg()), "sum": number(row.Sum), "first": number(row.First),
				"last": number(row.Last), "__typename": "MetricBucket",
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
	if !slices.ContainsFunc(all, func(b store.Bucket) bool { return b.Count == 0 }) {
		t.Fatal("no bucket is empty")
	}
	columns, err := s.BucketColumns(store.BucketWeek, &fill)
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string]graphql.ContextMarshaler{
		"start": columns.Starts, "end": columns.Ends, "count": columns.Counts, "min": columns.Mins, "max": columns.Maxs,
		"avg": columns.Avgs, "sum": columns.Sums, "first": columns.Firsts, "last": columns.Lasts,
	} {
		var rows []map[string]json.RawMessage
		if err := json.Unmarshal([]byte(encodedBuckets(t, s, store.BucketWeek, fill, []selected{{name, name}})), &rows); err != nil {
			t.Fatal(err)
		}
		values := make([]json.RawMessage, len(rows))
		for i, row := range rows {
			values[i] = row[name]
		}
		want := string(marshal(t, values))
		if diff := cmp.Diff(want, render(t.Context(), t, list)); diff != "" {
			t.Errorf("%s by the executor: want -, got +:\n%s", name, diff)
		}
		if diff := cmp.Diff(want, string(series.AppendColumn(nil, all, name))); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
	if got := render(t.Context(), t, series.Counts{}); got != "[]" {
		t.Errorf("no counts are %s", got)
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
