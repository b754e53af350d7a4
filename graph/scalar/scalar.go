// Package scalar converts the scalars of the schema between JSON and Go. Output is appended without fmt; input errors
// say what is allowed.
package scalar

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
)

// MarshalCIK writes ten digits.
func MarshalCIK(c edgar.CIK) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [12]byte
		write(w, AppendCIK(buf[:0], c))
	})
}

// UnmarshalCIK accepts a string of up to ten digits or an integer.
func UnmarshalCIK(v any) (edgar.CIK, error) {
	switch v := v.(type) {
	case string:
		return edgar.ParseCIK(v)
	case json.Number:
		return edgar.ParseCIK(v.String())
	case int64:
		return edgar.NewCIK(v)
	case int:
		return edgar.NewCIK(int64(v))
	default:
		return 0, typeError("CIK", v, "a string or an integer")
	}
}

// MarshalAccessionNumber writes the number with its hyphens.
func MarshalAccessionNumber(a edgar.AccessionNumber) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [22]byte
		write(w, AppendAccessionNumber(buf[:0], a))
	})
}

// UnmarshalAccessionNumber accepts a string with or without hyphens.
func UnmarshalAccessionNumber(v any) (edgar.AccessionNumber, error) {
	s, ok := v.(string)
	if !ok {
		return 0, typeError("accession number", v, "a string")
	}
	return edgar.ParseAccessionNumber(s)
}

// MarshalDate writes "2023-09-30".
func MarshalDate(d edgar.Date) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [12]byte
		write(w, AppendDate(buf[:0], d))
	})
}

// UnmarshalDate accepts "2023-09-30".
func UnmarshalDate(v any) (edgar.Date, error) {
	s, ok := v.(string)
	if !ok {
		return 0, typeError("date", v, "a string")
	}
	return edgar.ParseDate(s)
}

// MarshalDateTime writes RFC 3339 in UTC, with fractions of a second only where there are some.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [40]byte
		write(w, AppendDateTime(buf[:0], t))
	})
}

// UnmarshalDateTime accepts RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, typeError("time", v, "a string")
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, &edgar.SyntaxError{Kind: "time", Text: s, Want: `RFC 3339, such as "2023-11-02T22:08:27Z"`}
	}
	return t, nil
}

// MarshalFloat writes the shortest decimal form that reads back as f.
func MarshalFloat(f float64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [32]byte
		write(w, AppendFloat(buf[:0], f))
	})
}

// UnmarshalFloat accepts a finite JSON number.
func UnmarshalFloat(v any) (float64, error) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return 0, typeError("number", v, "a finite number")
		}
		return UnmarshalFloat(f)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, typeError("number", v, "a finite number")
		}
		return v, nil
	case int64:
		return float64(v), nil
	case int:
		return float64(v), nil
	default:
		return 0, typeError("number", v, "a finite number")
	}
}

// MarshalMetricPeriod writes the name of the class.
func MarshalMetricPeriod(p edgar.Period) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [16]byte
		write(w, AppendMetricPeriod(buf[:0], p))
	})
}

// UnmarshalMetricPeriod accepts the name of a class.
func UnmarshalMetricPeriod(v any) (edgar.Period, error) {
	s, ok := v.(string)
	if !ok {
		return 0, typeError("period", v, "a name")
	}
	return edgar.ParsePeriod(s)
}

// write ignores the error: gqlgen renders into memory.
func write(w io.Writer, b []byte) { _, _ = w.Write(b) }

// TypeError says that a value is of another JSON type than the scalar takes. Its message is fit for a user.
type TypeError struct {
	Scalar string // what was expected, for example "CIK"
	Want   string // what is allowed
	Got    string // what kind of value was found
}

func (e *TypeError) Error() string { return e.Scalar + ": want " + e.Want + ", not " + e.Got }

func typeError(scalar string, v any, want string) error {
	return &TypeError{Scalar: scalar, Want: want, Got: describe(v)}
}

func describe(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number, int64, int, float64:
		return "that number"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}
