package randomquery_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// arguments are coerced values: int, float64, bool, string (also for enums and ids), time.Time for Date, int64 for CIK
// and AccessionNumber, []any, and arguments for input objects. Null and absent are nil.
type arguments map[string]any

// arguments is CoerceArgumentValues of the specification. Error: errInput.
func (e *execution) arguments(of *ast.FieldDefinition, field *ast.Field) (arguments, error) {
	out := arguments{}
	for _, definition := range of.Arguments {
		var value any
		given := false
		if a := field.Arguments.ForName(definition.Name); a != nil {
			value, given = e.literal(a.Value)
		}
		if !given && definition.DefaultValue != nil {
			value, given = e.literal(definition.DefaultValue)
		}
		if !given {
			continue
		}
		coerced, err := e.coerce(definition.Type, value)
		if err != nil {
			return nil, fmt.Errorf("argument %s: %w", definition.Name, err)
		}
		out[definition.Name] = coerced
	}
	return out, nil
}

// literal returns the value that is written in a document, in the form of decoded JSON; false for a variable without one.
func (e *execution) literal(v *ast.Value) (any, bool) {
	switch v.Kind {
	case ast.Variable:
		value, given := e.variables[v.Raw]
		return value, given
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.BooleanValue:
		return v.Raw == "true", true
	case ast.NullValue:
		return nil, true
	case ast.ListValue:
		out := []any{}
		for _, child := range v.Children {
			value, _ := e.literal(child.Value)
			out = append(out, value)
		}
		return out, true
	case ast.ObjectValue:
		out := map[string]any{}
		for _, child := range v.Children {
			if value, given := e.literal(child.Value); given {
				out[child.Name] = value
			}
		}
		return out, true
	default:
		return v.Raw, true
	}
}

func (e *execution) coerce(t *ast.Type, value any) (any, error) {
	if value == nil {
		if t.NonNull {
			return nil, fmt.Errorf("null for %s: %w", t, errInput)
		}
		return nil, nil
	}
	if t.Elem != nil {
		return e.coerceList(t.Elem, value)
	}
	definition := e.schema.Types[t.NamedType]
	switch definition.Kind {
	case ast.InputObject:
		return e.coerceObject(definition, value.(map[string]any))
	case ast.Enum:
		return value, nil
	default:
		return coerceScalar(t.NamedType, value)
	}
}

func (e *execution) coerceList(of *ast.Type, value any) (any, error) {
	elements := reflect.ValueOf(value)
	if elements.Kind() != reflect.Slice {
		elements = reflect.ValueOf([]any{value})
	}
	out := []any{}
	for i := range elements.Len() { // of any, or of what a default has one of
		coerced, err := e.coerce(of, elements.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		out = append(out, coerced)
	}
	return out, nil
}

func (e *execution) coerceObject(of *ast.Definition, value map[string]any) (any, error) {
	out := arguments{}
	for _, f := range of.Fields {
		element, given := value[f.Name]
		if !given && f.DefaultValue != nil {
			element, given = e.literal(f.DefaultValue)
		}
		if !given {
			continue
		}
		coerced, err := e.coerce(f.Type, element)
		if err != nil {
			return nil, err
		}
		out[f.Name] = coerced
	}
	return out, nil
}

func coerceScalar(name string, value any) (any, error) {
	text := fmt.Sprint(value)
	_, isText := value.(string)
	bad := fmt.Errorf("%q is no %s: %w", text, name, errInput)
	switch name {
	case "Int":
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return nil, bad
		}
		return int(n), nil
	case "Float":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, bad
		}
		return f, nil
	case "Boolean":
		return value, nil
	case "Date":
		d, err := time.Parse(time.DateOnly, text)
		if err != nil || !isText || d.Year() < 1 {
			return nil, bad
		}
		return d, nil
	case "CIK":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || len(text) > 10 || strings.ContainsAny(text, "+-") {
			return nil, bad
		}
		return n, nil
	case "AccessionNumber":
		return coerceAccession(text, isText, bad)
	default: // String, ID
		return text, nil
	}
}

func coerceAccession(text string, isText bool, bad error) (any, error) {
	if len(text) == 20 && text[10] == '-' && text[13] == '-' {
		text = text[:10] + text[11:13] + text[14:]
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || len(text) != 18 || !isText {
		return nil, bad
	}
	return int64(n), nil
}

// given reports whether any of the arguments is there and not null.
func (a arguments) given(names ...string) bool {
	for _, name := range names {
		if a[name] != nil {
			return true
		}
	}
	return false
}

// object returns the input object, an empty one when it is absent.
func (a arguments) object(name string) arguments {
	o, _ := a[name].(arguments)
	return o
}
