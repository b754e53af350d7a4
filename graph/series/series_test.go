package series_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/store"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	scalar Date
	type Query { points: [MetricPoint!]! buckets: [MetricBucket!]! }
	type MetricPoint { date: Date! value: Float! }
	type MetricBucket { start: Date! end: Date! count: Int! min: Float max: Float avg: Float sum: Float first: Float last: Float }`})

// selecting returns the context of the first field of an operation, as the executor hands it to a marshaler.
func selecting(t testing.TB, operation string, variables map[string]any) context.Context {
	t.Helper()
	document, err := gqlparser.LoadQueryWithRules(schema, operation, nil)
	if err != nil {
		t.Fatal(err)
	}
	points := document.Operations[0].SelectionSet[0].(*ast.Field)
	ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Doc: document, Variables: variables})
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Field: graphql.CollectedField{Field: points, Selections: points.SelectionSet},
	})
}

func render(ctx context.Context, t *testing.T, m graphql.ContextMarshaler) string {
	t.Helper()
	var b bytes.Buffer
	if err := m.MarshalGQLContext(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// randomSeries returns n points: dates of all ages, numbers of all bit patterns that JSON has a number for.
func randomSeries(n int) *series.MetricSeries {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in each run
	s := &store.Series{}
	special := []float64{0, math.Copysign(0, -1), 1 << 53, 5e-324, math.MaxFloat64, 1e-7, 1e21, 96995e6, -0.1}
	for len(s.Values) < n {
		v := math.Float64frombits(random.Uint64())
		if i := len(s.Values); i < len(special) {
			v = special[i]
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		s.Values = append(s.Values, v)
		s.Dates = append(s.Dates, edgar.MinDate+edgar.Date(random.Int32N(int32(edgar.MaxDate-edgar.MinDate)+1)))
	}
	return &series.MetricSeries{Series: s}
}

// selected is a field that a point is written with.
type selected struct{ alias, name string }

// encoded writes points with encoding/json.
func encoded(t *testing.T, s *series.MetricSeries, fields []selected) string {
	t.Helper()
	b := []byte{'['}
	for i := range s.Dates {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for k, f := range fields {
			if k > 0 {
				b = append(b, ',')
			}
			value := map[string]any{"date": s.Dates[i].String(), "value": s.Values[i], "__typename": "MetricPoint"}[f.name]
			b = append(append(b, marshal(t, f.alias)...), ':')
			b = append(b, marshal(t, value)...)
		}
		b = append(b, '}')
	}
	return string(append(b, ']'))
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPoints(t *testing.T) {
	t.Parallel()
	date, value := selected{"date", "date"}, selected{"value", "value"}
	for name, test := range map[string]struct {
		operation string
		want      []selected
	}{
		"fields":           {`{ points { date value } }`, []selected{date, value}},
		"order":            {`{ points { value date } }`, []selected{value, date}},
		"one":              {`{ points { value } }`, []selected{value}},
		"aliases":          {`{ points { x: date y: value value: date } }`, []selected{{"x", "date"}, {"y", "value"}, {"value", "date"}}},
		"same field twice": {`{ points { a: value b: value } }`, []selected{{"a", "value"}, {"b", "value"}}},
		"repeated":         {`{ points { date value date value date } }`, []selected{date, value}},
		"typename":         {`{ points { __typename date kind: __typename } }`, []selected{{"__typename", "__typename"}, date, {"kind", "__typename"}}},
		"fragments": {
			`{ points { ...V ... on MetricPoint { d: date } ... { value } } } fragment V on MetricPoint { value ...D } fragment D on MetricPoint { date }`,
			[]selected{value, date, {"d", "date"}},
		},
		"skip and include": {
			`query ($yes: Boolean!) { points { date @skip(if: $yes) value @include(if: $yes) n: value @include(if: false) } }`, []selected{value},
		},
		"all skipped": {`query ($yes: Boolean!) { points { date @skip(if: $yes) ... @skip(if: true) { value } } }`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := selecting(t, test.operation, map[string]any{"yes": true})
			for _, n := range []int{0, 1, 2, 300} {
				s := randomSeries(n)
				if diff := cmp.Diff(encoded(t, s, test.want), render(ctx, t, s.Points())); diff != "" {
					t.Fatalf("%d points: by encoding/json -, got +:\n%s", n, diff)
				}
			}
		})
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 300} {
		s := randomSeries(n)
		texts, numbers := make([]string, n), make([]float64, n)
		for i := range n {
			texts[i], numbers[i] = s.Dates[i].String(), s.Values[i]
		}
		columns := s.Columns()
		if diff := cmp.Diff(string(marshal(t, texts)), render(t.Context(), t, columns.Dates)); diff != "" {
			t.Errorf("%d dates: by encoding/json -, got +:\n%s", n, diff)
		}
		if diff := cmp.Diff(string(marshal(t, numbers)), render(t.Context(), t, columns.Values)); diff != "" {
			t.Errorf("%d values: by encoding/json -, got +:\n%s", n, diff)
		}
	}
}

func TestNeverInput(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]graphql.ContextUnmarshaler{
		"points": series.Points{}, "dates": series.Dates{}, "values": series.Values{}, "buckets": series.Buckets{}, "counts": series.Counts{},
	} {
		if err := u.UnmarshalGQLContext(t.Context(), []any{}); err == nil {
			t.Errorf("%s are taken as input", name)
		}
	}
}

// discard takes what is written without keeping it.
type discard struct{ n int }

func (d *discard) Write(b []byte) (int, error) { d.n += len(b); return len(b), nil }

// TestAllocations is not parallel: allocations are counted for the whole process.
func TestAllocations(t *testing.T) {
	if isRace {
		t.Skip("allocations are not counted: with the race detector pools lose at random what they are given")
	}
	s := randomSeries(10_000)
	columns := s.Columns()
	ctx := selecting(t, "{ points { date value kind: __typename } }", nil)
	bucketsCtx := selecting(t, "{ buckets { start end count min max avg sum first last } }", nil)
	slices.Sort(s.Dates)
	days, err := s.Buckets(store.BucketDay, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(5, func() { _ = days.MarshalGQLContext(bucketsCtx, &discard{}) }); n > 60 {
		t.Errorf("10,000 buckets: %v allocations", n)
	}
	for name, test := range map[string]struct {
		list graphql.ContextMarshaler
		most float64
	}{
		"points": {s.Points(), 30},
		"dates":  {columns.Dates, 2},
		"values": {columns.Values, 10}, // it grows: these have more digits than real ones
	} {
		n := testing.AllocsPerRun(5, func() {
			if err := test.list.MarshalGQLContext(ctx, &discard{}); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("10,000 %s: %v allocations", name, n)
		if n > test.most {
			t.Errorf("10,000 %s: %v allocations, want at most %v", name, n, test.most)
		}
	}
}
