// Package cost estimates what an operation could cost at most, from weights that stand in the schema.
//
// Every field costs its weight, 1 unless @cost says another, which is about what one scalar of an answer costs. A field
// whose list @listSize describes multiplies what is selected below it with the size of its page: the value of an argument,
// also where that is a variable or left out. An element of a list in an argument costs 1 wherever the field is: every object
// reads it again. Fragments are counted once however often they are spread, so an estimate takes time linear in the request.
package cost

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// Model knows what the fields of a schema cost.
type Model struct {
	schema  *ast.Schema
	fields  map[*ast.FieldDefinition]*field
	maxSize int
}

// field is what the schema says of a field.
type field struct {
	weight  float64
	assumed float64  // size of its list when no argument says it; 1 for what is no list
	slicing []string // arguments that say how many are asked for
	sized   []string // fields below it that have the list
}

// plain is what a field costs of which the schema says nothing.
func plain() *field { return &field{weight: 1, assumed: 1} }

// NewModel reads the directives @cost and @listSize of a schema. No page is larger than maxSize: resolvers refuse more.
func NewModel(schema *ast.Schema, maxSize int) *Model {
	m := &Model{schema: schema, fields: make(map[*ast.FieldDefinition]*field), maxSize: maxSize}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			m.fields[f] = read(f)
		}
	}
	m.readIntrospection()
	return m
}

func read(definition *ast.FieldDefinition) *field {
	f := plain()
	if d := definition.Directives.ForName("cost"); d != nil {
		f.weight = number(d, "weight", 1)
	}
	if d := definition.Directives.ForName("listSize"); d != nil {
		f.assumed = number(d, "assumedSize", 1)
		f.slicing, f.sized = texts(d, "slicingArguments"), texts(d, "sizedFields")
	}
	return f
}

// number returns an argument of a directive.
func number(d *ast.Directive, name string, absent float64) float64 {
	if a := d.Arguments.ForName(name); a != nil {
		if n, err := strconv.ParseFloat(a.Value.Raw, 64); err == nil {
			return n
		}
	}
	return absent
}

func texts(d *ast.Directive, name string) []string {
	a := d.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	list := make([]string, 0, len(a.Value.Children))
	for _, child := range a.Value.Children {
		list = append(list, child.Value.Raw)
	}
	return list
}

// readIntrospection gives the lists of the introspection types the size that they have in the schema, on average where a
// type or a field has one.
func (m *Model) readIntrospection() {
	var types, fields, arguments, values float64
	for _, def := range m.schema.Types {
		types++
		fields += float64(len(def.Fields))
		values += float64(len(def.EnumValues))
		for _, f := range def.Fields {
			arguments += float64(len(f.Arguments))
		}
	}
	for typeName, lists := range map[string]map[string]float64{
		"__Schema":    {"types": types, "directives": float64(len(m.schema.Directives))},
		"__Type":      {"fields": fields / types, "inputFields": fields / types, "enumValues": values / types, "possibleTypes": 2, "interfaces": 2},
		"__Field":     {"args": arguments / max(fields, 1)},
		"__Directive": {"args": 2},
	} {
		def := m.schema.Types[typeName]
		if def == nil {
			continue
		}
		for name, size := range lists {
			if f := def.Fields.ForName(name); f != nil {
				m.fields[f].assumed = max(size, 1)
			}
		}
	}
}

// of returns what the schema says of a selected field.
func (m *Model) of(f *ast.Field) *field {
	if known := m.fields[f.Definition]; known != nil {
		return known
	}
	return plain() // __typename has a definition of its own every time
}
