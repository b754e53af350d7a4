package series_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/series"
	"github.com/corpintel/corpintel/store"
)

// BenchmarkRender renders 10,000 prices.
func BenchmarkRender(b *testing.B) {
	const n = 10_000
	prices := &store.Series{}
	for i := range edgar.Date(n) {
		prices.Dates = append(prices.Dates, 5000+i)
		prices.Values = append(prices.Values, float64(10_000+i*37%9000)/100)
	}
	s := &series.MetricSeries{Series: prices}
	ctx := selecting(b, "{ points { date value } }", nil)
	for name, list := range map[string]graphql.ContextMarshaler{
		"points": s.Points(), "dates": s.Columns().Dates, "values": s.Columns().Values,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := list.MarshalGQLContext(ctx, &out); err != nil {
					b.Fatal(err)
				}
			}
			var elements []json.RawMessage
			if err := json.Unmarshal(out.Bytes(), &elements); err != nil || len(elements) != n {
				b.Fatalf("%d elements, %v", len(elements), err)
			}
			b.SetBytes(int64(out.Len()))
		})
	}
}
