// Package series holds the long lists of the schema, points, buckets and columns, as types that render themselves: an object or
// a leaf per element would cost an executor step and several allocations each.
package series

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

// MetricSeries is a metric of one company through time.
type MetricSeries struct{ *store.Series }

// Points returns the points, oldest first.
func (s *MetricSeries) Points() Points { return Points{s.Dates, s.Values} }

// Columns returns the points by column.
func (s *MetricSeries) Columns() *MetricColumns {
	return &MetricColumns{Dates: s.Dates, Values: s.Values}
}

// MetricPoint is the shape of an element of Points. No value of it is ever made: Points renders its elements.
type MetricPoint struct {
	Date  edgar.Date
	Value float64
}

// MetricColumns are points by column, of equal length.
type MetricColumns struct {
	Dates  Dates
	Values Values
}

var errOutputOnly = errors.New("points and buckets are never input")

// Points is a list of MetricPoint that renders itself by the selection of its field.
type Points struct {
	dates  []edgar.Date
	values []float64
}

// Key is a field that was selected on the elements of a list that renders itself.
type Key struct {
	Key  string // the response key as it stands in an object: `"alias":`, behind a comma unless it is the first
	Name string
}

func keysOf(fields []graphql.CollectedField) []Key {
	keys := make([]Key, len(fields))
	comma := ""
	for i, f := range fields {
		keys[i] = Key{comma + `"` + f.Alias + `":`, f.Name}
		comma = ","
	}
	return keys
}

// MarshalGQLContext writes the points with the fields that were selected.
func (p Points) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	_, err := w.Write(p.Append(nil, keysOf(graphql.CollectFieldsCtx(ctx, []string{"MetricPoint"}))))
	return err
}

// Append appends the points as a JSON list of objects with the keys.
func (p Points) Append(b []byte, keys []Key) []byte {
	const perKey = 20 // a date or a number, with its key a little more
	b = append(slices.Grow(b, 16+len(p.dates)*(8+len(keys)*perKey)), '[')
	for i := range p.dates {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for _, k := range keys {
			b = append(b, k.Key...)
			switch k.Name {
			case "date":
				b = scalar.AppendDate(b, p.dates[i])
			case "value":
				b = scalar.AppendFloat(b, p.values[i])
			default: // __typename
				b = append(b, `"MetricPoint"`...)
			}
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Points) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }

// Dates is a list of dates that renders itself.
type Dates []edgar.Date

// MarshalGQLContext writes the dates.
func (d Dates) MarshalGQLContext(_ context.Context, w io.Writer) error {
	_, err := w.Write(d.Append(nil))
	return err
}

// Append appends the dates as a JSON list.
func (d Dates) Append(b []byte) []byte {
	b = append(slices.Grow(b, 2+len(d)*13), '[')
	for i, date := range d {
		if i > 0 {
			b = append(b, ',')
		}
		b = scalar.AppendDate(b, date)
	}
	return append(b, ']')
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Dates) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }

// Values is a list of numbers that renders itself; NaN becomes null.
type Values []float64

// MarshalGQLContext writes the numbers.
func (v Values) MarshalGQLContext(_ context.Context, w io.Writer) error {
	_, err := w.Write(v.Append(nil))
	return err
}

// Append appends the numbers as a JSON list.
func (v Values) Append(b []byte) []byte {
	b = append(slices.Grow(b, 2+len(v)*16), '[')
	for i, value := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = scalar.AppendFloat(b, value)
	}
	return append(b, ']')
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Values) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }
