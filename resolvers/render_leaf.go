package resolvers

import (
	"strconv"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
)

// The functions of this file make writers of fields that are values of their object.

func leaf[T any](write func(b []byte, obj *T) []byte) writer {
	return func(_ *rendering, b []byte, obj any, _ *field) []byte { return write(b, obj.(*T)) }
}

// orNull makes the writer of a value that may be nil.
func orNull[T, V any](get func(*T) *V, write func([]byte, V) []byte) writer {
	return func(_ *rendering, b []byte, obj any, _ *field) []byte {
		v := get(obj.(*T))
		if v == nil {
			return append(b, "null"...)
		}
		return write(b, *v)
	}
}

// always makes the writer of a value that is always there.
func always[T, V any](get func(*T) V, write func([]byte, V) []byte) writer {
	return func(_ *rendering, b []byte, obj any, _ *field) []byte { return write(b, get(obj.(*T))) }
}

// constant makes the writer of __typename.
func constant(json string) writer {
	return func(_ *rendering, b []byte, _ any, _ *field) []byte { return append(b, json...) }
}

func textOf[T any](get func(*T) string) writer      { return always(get, scalar.AppendString) }
func textOrNull[T any](get func(*T) *string) writer { return orNull(get, scalar.AppendString) }
func numberOf[T any](get func(*T) int) writer       { return always(get, appendInt) }
func dateOf[T any](get func(*T) edgar.Date) writer  { return always(get, scalar.AppendDate) }
func boolOf[T any](get func(*T) bool) writer        { return always(get, strconv.AppendBool) }

func dateOrNull[T any](get func(*T) *edgar.Date) writer { return orNull(get, scalar.AppendDate) }
func appendInt(b []byte, n int) []byte                  { return strconv.AppendInt(b, int64(n), 10) }

// textsOf makes the writer of a list of texts.
func textsOf[T any](get func(*T) []string) writer {
	return leaf(func(b []byte, obj *T) []byte {
		b = append(b, '[')
		for i, s := range get(obj) {
			if i > 0 {
				b = append(b, ',')
			}
			b = scalar.AppendString(b, s)
		}
		return append(b, ']')
	})
}
