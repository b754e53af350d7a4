package randomquery_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/edgar"
)

// execution runs one operation as section 6 of the GraphQL specification says, one field after the other.
type execution struct {
	*reference
	document  *ast.QueryDocument
	variables map[string]any // coerced
	faults    []fault
	unknown   error // a field that the reference does not know
}

// fault is an error of an answer: where, and its extensions.code.
type fault struct {
	path []any // names and indexes
	code string
}

// errInput is an argument that cannot be used: BAD_USER_INPUT.
var errInput = errors.New("bad user input")

// run returns the data of the operation, with slots where it cannot know the text.
func (e *execution) run(operation *ast.OperationDefinition) []byte {
	data, ok := e.object(e.schema.Query, row{}, []ast.SelectionSet{operation.SelectionSet}, nil)
	if !ok {
		return []byte("null")
	}
	return data
}

// group is the fields of a selection that have one response key.
type group struct {
	key    string
	fields []*ast.Field
}

// collect is CollectFields of the specification over several selection sets.
func (e *execution) collect(object *ast.Definition, sets []ast.SelectionSet) []*group {
	c := collection{execution: e, object: object, visited: map[string]bool{}, byKey: map[string]*group{}}
	for _, set := range sets {
		c.add(set)
	}
	return c.groups
}

type collection struct {
	*execution
	object  *ast.Definition
	visited map[string]bool
	groups  []*group
	byKey   map[string]*group
}

func (c *collection) add(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if !c.included(s.Directives) {
				continue
			}
			g := c.byKey[s.Alias]
			if g == nil {
				g = &group{key: s.Alias}
				c.byKey[s.Alias] = g
				c.groups = append(c.groups, g)
			}
			g.fields = append(g.fields, s)
		case *ast.InlineFragment:
			if c.included(s.Directives) && c.applies(s.TypeCondition) {
				c.add(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if !c.included(s.Directives) || c.visited[s.Name] {
				continue
			}
			c.visited[s.Name] = true
			if f := c.document.Fragments.ForName(s.Name); c.applies(f.TypeCondition) {
				c.add(f.SelectionSet)
			}
		}
	}
}

func (c *collection) applies(condition string) bool {
	return condition == "" || condition == c.object.Name || slices.Contains(c.object.Interfaces, condition)
}

func (e *execution) included(directives ast.DirectiveList) bool {
	is := func(name string) (value, given bool) {
		d := directives.ForName(name)
		if d == nil {
			return false, false
		}
		v, _ := e.literal(d.Arguments.ForName("if").Value)
		return v == true, true
	}
	if skip, given := is("skip"); given && skip {
		return false
	}
	include, given := is("include")
	return !given || include
}

// object executes the selections on an object; false when a field that must not be null is.
func (e *execution) object(of *ast.Definition, value row, sets []ast.SelectionSet, path []any) ([]byte, bool) {
	out, ok := []byte{'{'}, true
	for i, g := range e.collect(of, sets) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), g.key...), `":`...)
		text, fine := e.field(of, value, g, append(slices.Clip(path), g.key))
		out = append(out, text...)
		ok = ok && fine
	}
	return append(out, '}'), ok
}

func (e *execution) field(of *ast.Definition, object row, g *group, path []any) ([]byte, bool) {
	first := g.fields[0]
	if first.Name == "__typename" {
		return []byte(strconv.Quote(of.Name)), true
	}
	definition := of.Fields.ForName(first.Name)
	args, err := e.arguments(definition, first)
	var value any
	if err == nil {
		value, err = e.resolve(of.Name, first.Name, object, args)
	}
	if err != nil {
		value = err
	}
	var sets []ast.SelectionSet
	for _, f := range g.fields {
		sets = append(sets, f.SelectionSet)
	}
	return e.complete(definition.Type, value, sets, path)
}

// complete renders a value; false when it is null and must not be. An error as a value is one of its place.
func (e *execution) complete(t *ast.Type, value any, sets []ast.SelectionSet, path []any) ([]byte, bool) {
	if err, failed := value.(error); failed {
		if !errors.Is(err, errInput) {
			e.unknown = errors.Join(e.unknown, err)
		}
		e.faults = append(e.faults, fault{path, "BAD_USER_INPUT"})
		return []byte("null"), !t.NonNull
	}
	if value == nil {
		if t.NonNull {
			e.unknown = errors.Join(e.unknown, fmt.Errorf("the reference has null for %s at %v", t, path))
		}
		return []byte("null"), !t.NonNull
	}
	var out []byte
	ok := true
	if t.Elem != nil {
		out, ok = e.list(t.Elem, value.([]any), sets, path)
	} else if definition := e.schema.Types[t.NamedType]; definition.IsLeafType() {
		out = e.leaf(t.NamedType, value)
	} else {
		object := value.(row)
		if definition.IsAbstractType() {
			definition = e.schema.Types[object["__typename"].(string)]
		}
		out, ok = e.object(definition, object, sets, path)
	}
	if !ok {
		return []byte("null"), !t.NonNull
	}
	return out, true
}

func (e *execution) list(of *ast.Type, values []any, sets []ast.SelectionSet, path []any) ([]byte, bool) {
	out, ok := []byte{'['}, true
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		text, fine := e.complete(of, v, sets, append(slices.Clip(path), i))
		out = append(out, text...)
		ok = ok && fine
	}
	return append(out, ']'), ok
}

func (e *execution) leaf(scalar string, value any) []byte {
	switch v := value.(type) {
	case slot:
		return e.slots.mark(v)
	case nearly:
		return v.mark()
	case time.Time:
		if scalar == "DateTime" {
			return []byte(strconv.Quote(v.UTC().Format(time.RFC3339Nano)))
		}
		return []byte(strconv.Quote(v.Format(time.DateOnly)))
	case int64:
		switch scalar {
		case "CIK":
			return fmt.Appendf(nil, `"%010d"`, v)
		case "AccessionNumber":
			return []byte(strconv.Quote(edgar.AccessionNumber(v).String()))
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		e.unknown = errors.Join(e.unknown, err)
	}
	return bytes.TrimSpace(out.Bytes())
}
