package document

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

// maxSteps bounds the selections that are looked at in one document. Only a document that selects the same fields for
// many types of an interface, again and again within each other, is looked at more often than it is long.
const maxSteps = 200_000

// overlappingFields is the rule "Field Selection Merging" of the specification: fields of one response name must be able
// to become one. Where the specification compares each pair, this sorts fields into groups in which being alike is
// transitive, and compares each with the first of its group: time is linear in the document with its fragments written
// out, which the guard bounds.
func overlappingFields(observers *validator.Events, addError validator.AddErrFunc) {
	m := merging{addError: addError}
	observers.OnOperation(func(_ *validator.Walker, operation *ast.OperationDefinition) {
		m.merge([]ast.SelectionSet{operation.SelectionSet}, false)
	})
}

// merging compares the fields of a document's operations.
type merging struct {
	addError validator.AddErrFunc
	steps    int
}

// group holds the fields of one response name at one place of the answer.
type group struct {
	name   string
	fields []*ast.Field
}

// merge compares the fields that sets, which are merged at one place of the answer, select. exclusive says that no object
// has fields of more than one of the sets: then only their shapes must be alike.
func (m *merging) merge(sets []ast.SelectionSet, exclusive bool) {
	for _, g := range m.collect(sets) {
		if exclusive && len(g.fields) == 1 {
			continue // what lies below it was compared when its own set was
		}
		var kinds [][]*ast.Field
		if !exclusive {
			if kinds = byParent(g.fields); m.differ(kinds) {
				continue
			}
		}
		first := g.fields[0]
		if i := slices.IndexFunc(g.fields, func(f *ast.Field) bool { return !sameShape(first, f) }); i > 0 {
			m.conflict(first, g.fields[i], "they return conflicting types")
			continue
		}
		if exclusive {
			m.merge(selections(g.fields), true)
			continue
		}
		for _, together := range kinds {
			m.merge(selections(together), false)
		}
		if len(kinds) > 1 {
			m.merge(selections(g.fields), true)
		}
	}
}

// differ reports, also to the client, whether fields that one object can have are not the same field.
func (m *merging) differ(kinds [][]*ast.Field) bool {
	for _, together := range kinds {
		for _, f := range together[1:] {
			if reason := difference(together[0], f); reason != "" {
				m.conflict(together[0], f, reason)
				return true
			}
		}
	}
	return false
}

// byParent divides fields into those that one object can have at once: for each object type those of the type and of all
// interfaces.
func byParent(fields []*ast.Field) [][]*ast.Field {
	if len(fields) == 1 {
		return [][]*ast.Field{fields}
	}
	var abstract []*ast.Field
	var types [][]*ast.Field
	for _, f := range fields {
		if f.ObjectDefinition.Kind != ast.Object {
			abstract = append(abstract, f)
			continue
		}
		i := slices.IndexFunc(types, func(t []*ast.Field) bool { return t[0].ObjectDefinition == f.ObjectDefinition })
		if i < 0 {
			i = len(types)
			types = append(types, nil)
		}
		types[i] = append(types[i], f)
	}
	if len(types) == 0 {
		return [][]*ast.Field{abstract}
	}
	for i := range types {
		types[i] = slices.Concat(abstract, types[i])
	}
	return types
}

func (m *merging) conflict(a, b *ast.Field, reason string) {
	m.addError(
		validator.Message(`Fields %q conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`,
			a.Alias, reason),
		at(a), at(b),
	)
}

// collect returns the fields of sets by response name, in the order of their first appearance. Fragments are written out,
// each once; fields that the schema does not know are left to the rule about those.
func (m *merging) collect(sets []ast.SelectionSet) []group {
	c := collection{merging: m}
	for _, set := range sets {
		c.add(set)
	}
	return c.groups
}

type collection struct {
	*merging

	groups  []group
	index   map[string]int // where a response name is in groups, once there are many
	visited map[string]bool
}

// manyGroups is from which on an index is faster than looking.
const manyGroups = 8

func (c *collection) add(set ast.SelectionSet) {
	for _, selection := range set {
		if c.steps++; c.steps > maxSteps {
			c.addError(validator.Message("The selections of the document overlap in too many ways."))
			panic(enough{})
		}
		switch s := selection.(type) {
		case *ast.Field:
			if s.Definition != nil && s.ObjectDefinition != nil {
				g := c.group(s.Alias)
				g.fields = append(g.fields, s)
			}
		case *ast.InlineFragment:
			c.add(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition == nil || c.visited[s.Name] {
				continue
			}
			if c.visited == nil {
				c.visited = make(map[string]bool)
			}
			c.visited[s.Name] = true
			c.add(s.Definition.SelectionSet)
		}
	}
}

// group returns the group of a response name.
func (c *collection) group(name string) *group {
	if c.index != nil {
		if i, ok := c.index[name]; ok {
			return &c.groups[i]
		}
		c.index[name] = len(c.groups)
	} else if i := slices.IndexFunc(c.groups, func(g group) bool { return g.name == name }); i >= 0 {
		return &c.groups[i]
	}
	c.groups = append(c.groups, group{name: name})
	if c.index == nil && len(c.groups) == manyGroups {
		c.index = make(map[string]int)
		for i, g := range c.groups {
			c.index[g.name] = i
		}
	}
	return &c.groups[len(c.groups)-1]
}

func selections(fields []*ast.Field) []ast.SelectionSet {
	sets := make([]ast.SelectionSet, 0, len(fields))
	for _, f := range fields {
		if len(f.SelectionSet) > 0 {
			sets = append(sets, f.SelectionSet)
		}
	}
	return sets
}

// sameShape reports whether two fields can stand at one place of an answer: lists and nulls where the other has them,
// and the same leaf, or no leaf.
func sameShape(a, b *ast.Field) bool {
	x, y := a.Definition.Type, b.Definition.Type
	for {
		switch {
		case x.NonNull != y.NonNull, (x.Elem == nil) != (y.Elem == nil):
			return false
		case x.Elem == nil:
			// Only what is no leaf has selections: a leaf with some, or the opposite, is a fault of its own.
			return x.NamedType == y.NamedType || len(a.SelectionSet) > 0 && len(b.SelectionSet) > 0
		}
		x, y = x.Elem, y.Elem
	}
}

// difference says why two fields of one object are not the same field, empty if they are.
func difference(a, b *ast.Field) string {
	if a.Name != b.Name {
		return `"` + a.Name + `" and "` + b.Name + `" are different fields`
	}
	if !sameArguments(a, b) {
		return "they have differing arguments"
	}
	return ""
}

func sameArguments(a, b *ast.Field) bool {
	if len(a.Arguments) != len(b.Arguments) {
		return false
	}
	if len(a.Arguments) > len(a.Definition.Arguments) {
		return true // more than there are is a fault of its own
	}
	for _, x := range a.Arguments {
		y := b.Arguments.ForName(x.Name)
		if y == nil || !sameValue(x.Value, y.Value) {
			return false
		}
	}
	return true
}

// sameValue compares values; the fields of an object have no order.
func sameValue(a, b *ast.Value) bool {
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	x, y := a.Children, b.Children
	if a.Kind == ast.ObjectValue {
		x, y = byName(x), byName(y)
	}
	for i := range x {
		if x[i].Name != y[i].Name || !sameValue(x[i].Value, y[i].Value) {
			return false
		}
	}
	return true
}

func byName(children ast.ChildValueList) ast.ChildValueList {
	sorted := slices.Clone(children)
	slices.SortStableFunc(sorted, func(a, b *ast.ChildValue) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}

// at is where a field stands.
func at(f *ast.Field) validator.ErrorOption {
	return func(err *gqlerror.Error) {
		err.Locations = append(err.Locations, gqlerror.Location{Line: f.Position.Line, Column: f.Position.Column})
	}
}
