// Package series holds the long lists of the schema, points and columns, as types that render themselves: an object or
// a leaf per element would cost an executor step and several allocations each.
package series

import (
	"context"
	"errors"
	"io"

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

var errOutputOnly = errors.New("points are never input")

// Points is a list of MetricPoint that renders itself by the selection of its field.
type Points struct {
	dates  []edgar.Date
	values []float64
}

// MarshalGQLContext writes the points with the fields that were selected.
func (p Points) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	fields := graphql.CollectFieldsCtx(ctx, []string{"MetricPoint"})
	keys := make([]string, len(fields)) // `"alias":` or `,"alias":`
	for i, f := range fields {
		keys[i] = `"` + f.Alias + `":`
		if i > 0 {
			keys[i] = "," + keys[i]
		}
	}
	b := append(make([]byte, 0, 16+len(p.dates)*48), '[')
	for i := range p.dates {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for k, f := range fields {
			b = append(b, keys[k]...)
			switch f.Name {
			case "date":
				b = append(p.dates[i].Append(append(b, '"')), '"')
			case "value":
				b = scalar.AppendFloat(b, p.values[i])
			default: // __typename
				b = append(b, `"MetricPoint"`...)
			}
		}
		b = append(b, '}')
	}
	_, err := w.Write(append(b, ']'))
	return err
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Points) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }

// Dates is a list of dates that renders itself.
type Dates []edgar.Date

// MarshalGQLContext writes the dates.
func (d Dates) MarshalGQLContext(_ context.Context, w io.Writer) error {
	b := append(make([]byte, 0, 2+len(d)*13), '[')
	for i, date := range d {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(date.Append(append(b, '"')), '"')
	}
	_, err := w.Write(append(b, ']'))
	return err
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Dates) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }

// Values is a list of numbers that renders itself.
type Values []float64

// MarshalGQLContext writes the numbers.
func (v Values) MarshalGQLContext(_ context.Context, w io.Writer) error {
	b := append(make([]byte, 0, 2+len(v)*16), '[')
	for i, value := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = scalar.AppendFloat(b, value)
	}
	_, err := w.Write(append(b, ']'))
	return err
}

// UnmarshalGQLContext is there for the binding of the type; it always fails.
func (Values) UnmarshalGQLContext(context.Context, any) error { return errOutputOnly }
