package plan

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Table names the writers: type name, field name, writer. An object type that is not in it cannot be planned.
type Table[W any] map[string]map[string]W

// Field is a field of a plan, with the selections of all places where it was asked for merged into it.
type Field[W any] struct {
	graphql.CollectedField

	// Key is the response key as it stands in an object: `"alias":`, behind a comma unless it is the first.
	Key string
	// Write is the writer that the table has for the field.
	Write W
	// Slot numbers the fields of a plan that have arguments, from 1; it is 0 for others.
	Slot int
	// Objects are the selections on the types that the value can have: one unless the field's type is an interface. Leaves
	// have none.
	Objects []Object[W]
}

// Object is what is selected on objects of a type, in the order of the answer.
type Object[W any] struct {
	Type   string
	Fields []Field[W]
}

// Fields returns what is selected on the value of a field that is no interface.
func (f *Field[W]) Fields() []Field[W] { return f.Objects[0].Fields }

// On returns what is selected on the value when it is of the type.
func (f *Field[W]) On(object string) []Field[W] {
	for i := range f.Objects {
		if f.Objects[i].Type == object {
			return f.Objects[i].Fields
		}
	}
	return nil
}

// Asks says whether the field with the name is selected on the value of a field that is no interface.
func (f *Field[W]) Asks(name string) bool {
	for i := range f.Objects[0].Fields {
		if f.Objects[0].Fields[i].Name == name {
			return true
		}
	}
	return false
}

// Plan is a compiled field of the root.
type Plan[W any] struct {
	Root  Field[W]
	Slots int // the greatest Slot

	fields int
}

// maxFields bounds the size of a plan: fragments in fragments can make a small document a large one. No dashboard has that
// many; a field is some 200 bytes.
const maxFields = 2000

// compiler makes one plan.
type compiler[W any] struct {
	op     *graphql.OperationContext
	schema *ast.Schema
	table  Table[W]
	fields int
	slots  int
}

// compile returns the plan of a field of the root; false when the table has no writer for a field below it.
func (c *compiler[W]) compile(root graphql.CollectedField) (*Plan[W], bool) {
	p := &Plan[W]{}
	if !c.field(&p.Root, "Query", root, "") {
		return nil, false
	}
	p.Slots, p.fields = c.slots, c.fields
	return p, true
}

func (c *compiler[W]) field(out *Field[W], object string, field graphql.CollectedField, comma string) bool {
	write, known := c.table[object][field.Name]
	if c.fields++; !known || field.IsDeferred() || c.fields > maxFields {
		return false
	}
	*out = Field[W]{CollectedField: field, Key: comma + `"` + field.Alias + `":`, Write: write}
	if len(field.Definition.Arguments) > 0 {
		c.slots++
		out.Slot = c.slots
	}
	definition := c.schema.Types[field.Definition.Type.Name()]
	if definition == nil {
		return false
	}
	if !definition.IsCompositeType() {
		return true
	}
	for _, possible := range c.schema.GetPossibleTypes(definition) {
		fields, ok := c.object(possible, field.Selections)
		if !ok {
			return false
		}
		out.Objects = append(out.Objects, Object[W]{possible.Name, fields})
	}
	return true
}

// object compiles selections on a type, which must be those of a collected field: gqlgen knows them by their address.
func (c *compiler[W]) object(definition *ast.Definition, selections ast.SelectionSet) ([]Field[W], bool) {
	collected := graphql.CollectFields(c.op, selections, append([]string{definition.Name}, definition.Interfaces...))
	out := make([]Field[W], 0, len(collected))
	keys := make(map[string]struct{}, len(collected))
	comma := ""
	for _, field := range collected {
		if _, double := keys[field.Alias]; double { // the executor writes the first, too
			continue
		}
		keys[field.Alias] = struct{}{}
		var f Field[W]
		if !c.field(&f, definition.Name, field, comma) {
			return nil, false
		}
		out = append(out, f)
		comma = ","
	}
	return out, true
}
