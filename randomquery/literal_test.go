package randomquery_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is an input object; the order of its fields is that of the type.
type object map[string]any

// literal writes a value into the document: itself, or, where variables may be, now and then a variable that has it.
func (g *generator) literal(t *ast.Type, value any, variables bool) *ast.Value {
	if variables && g.chance(0.25) {
		return g.variable(t, value)
	}
	switch v := value.(type) {
	case nil:
		return &ast.Value{Kind: ast.NullValue, Raw: "null"}
	case bool:
		return &ast.Value{Kind: ast.BooleanValue, Raw: strconv.FormatBool(v)}
	case int, int64:
		return &ast.Value{Kind: ast.IntValue, Raw: fmt.Sprint(v)}
	case float64:
		return g.float(v)
	case []any:
		return g.listLiteral(t, v, variables)
	case object:
		out := &ast.Value{Kind: ast.ObjectValue}
		for _, f := range g.schema.Types[t.NamedType].Fields {
			element, given := v[f.Name]
			if !given {
				continue
			}
			out.Children = append(out.Children, &ast.ChildValue{Name: f.Name, Value: g.literal(f.Type, element, variables)})
		}
		return out
	default:
		kind := ast.StringValue
		if g.schema.Types[t.Name()].Kind == ast.Enum {
			kind = ast.EnumValue
		}
		return &ast.Value{Kind: kind, Raw: fmt.Sprint(v)}
	}
}

func (g *generator) float(f float64) *ast.Value {
	text, _ := json.Marshal(f) // finite
	if _, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return &ast.Value{Kind: ast.IntValue, Raw: string(text)}
	}
	return &ast.Value{Kind: ast.FloatValue, Raw: string(text)}
}

func (g *generator) listLiteral(t *ast.Type, values []any, variables bool) *ast.Value {
	of := t.Elem
	if len(values) == 1 && g.chance(0.2) {
		return g.literal(of, values[0], false) // coerced to a list of one
	}
	out := &ast.Value{Kind: ast.ListValue}
	g.inList = true
	defer func() { g.inList = false }()
	for _, element := range values {
		out.Children = append(out.Children, &ast.ChildValue{Value: g.literal(of, element, variables)})
	}
	return out
}

// variable declares a variable with the value, or takes an older one; how it gets the value is left to chance.
func (g *generator) variable(t *ast.Type, value any) *ast.Value {
	if g.chance(0.5) {
		if older := g.older(t, value); older != "" {
			return &ast.Value{Kind: ast.Variable, Raw: older}
		}
	}
	name := fmt.Sprintf("v%d", len(g.main.VariableDefinitions)+1)
	if value == nil && g.chance(0.5) { // absent: neither a value nor a default
		g.main.VariableDefinitions = append(g.main.VariableDefinitions, &ast.VariableDefinition{Variable: name, Type: nullable(t)})
		return &ast.Value{Kind: ast.Variable, Raw: name}
	}
	definition := &ast.VariableDefinition{Variable: name, Type: t}
	switch g.IntN(4) {
	case 0: // the default is the value
		definition.DefaultValue = g.literal(t, value, false)
		definition.Type = nullable(t)
		if t.NonNull && t.Elem == nil && t.NamedType != "Boolean" && !g.inList && g.chance(0.03) {
			g.variables[name] = nil // the type allows it, the place does not
		}
	case 1: // the default is null, or the value that is given too
		definition.DefaultValue = &ast.Value{Kind: ast.NullValue, Raw: "null"}
		if t.NonNull {
			definition.DefaultValue = g.literal(t, value, false)
		}
		g.variables[name] = given(value)
	case 2: // a stricter type than is wanted
		if value != nil {
			definition.Type = &ast.Type{NamedType: t.NamedType, Elem: t.Elem, NonNull: true}
		}
		g.variables[name] = given(value)
	default:
		g.variables[name] = given(value)
	}
	g.main.VariableDefinitions = append(g.main.VariableDefinitions, definition)
	return &ast.Value{Kind: ast.Variable, Raw: name}
}

func nullable(t *ast.Type) *ast.Type { return &ast.Type{NamedType: t.NamedType, Elem: t.Elem} }

// older returns a variable of the type that was given the value.
func (g *generator) older(t *ast.Type, value any) string {
	want, _ := json.Marshal(given(value))
	i := slices.IndexFunc(g.main.VariableDefinitions, func(d *ast.VariableDefinition) bool {
		has, isGiven := g.variables[d.Variable]
		text, _ := json.Marshal(has)
		return isGiven && d.Type.String() == t.String() && string(text) == string(want)
	})
	if i < 0 {
		return ""
	}
	return g.main.VariableDefinitions[i].Variable
}

// given is a value as a client sends it.
func given(value any) any {
	switch v := value.(type) {
	case object:
		out := map[string]any{}
		for name, element := range v {
			out[name] = given(element)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = given(element)
		}
		return out
	default:
		return v
	}
}
