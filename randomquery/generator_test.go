package randomquery_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// operation is what is sent to the server.
type operation struct {
	seed      uint64
	document  string
	name      string // operationName; "" for none
	variables map[string]any
}

// Bounds of an operation. They keep answers small: most faults need few objects.
const (
	maxDepth  = 9
	maxValues = 1500 // fields in the answer if every page is full
	maxSame   = 300  // objects that one field returns
	maxSeries = 20   // of them, a point for every day of years
)

// generator makes one operation.
type generator struct {
	*rand.Rand
	schema    *ast.Schema
	data      *data
	document  *ast.QueryDocument
	main      *ast.OperationDefinition
	variables map[string]any
	// One response key of a type is one field with the same arguments in the whole document, so that whatever overlaps
	// can be merged.
	keys      map[string]*choice
	fragments []*fragment
	values    int  // fields in the answer, estimated
	inList    bool // an element of a list is written
}

type choice struct {
	field     *ast.FieldDefinition
	arguments ast.ArgumentList
	size      int // objects for each parent
}

type fragment struct {
	definition *ast.FragmentDefinition
	values     int // for each object
	objects    int // for which it was made
	depth      int
}

// generate makes an operation from a seed.
func generate(schema *ast.Schema, d *data, seed uint64) operation {
	g := &generator{
		Rand:   rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // it must be repeatable
		schema: schema, data: d, variables: map[string]any{}, keys: map[string]*choice{},
		document: &ast.QueryDocument{}, main: &ast.OperationDefinition{Operation: ast.Query},
	}
	op := operation{seed: seed, variables: g.variables}
	g.document.Operations = ast.OperationList{g.main}
	if g.chance(0.3) {
		g.main.Name = "Main"
	}
	if g.chance(0.05) {
		g.main.Name, op.name = "Main", "Main"
		g.document.Operations = append(g.document.Operations, &ast.OperationDefinition{
			Operation: ast.Query, Name: "Other", SelectionSet: ast.SelectionSet{newField("__typename")},
		})
	}
	g.main.SelectionSet = g.selection(schema.Query, 0, 1)
	for _, f := range g.fragments {
		g.document.Fragments = append(g.document.Fragments, f.definition)
	}
	op.document = text(g.document)
	return op
}

func text(document *ast.QueryDocument) string {
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatQueryDocument(document)
	return out.String()
}

func (g *generator) chance(p float64) bool { return g.Float64() < p }

// pick returns one of the elements.
func pick[T any](g *generator, of []T) T { return of[g.IntN(len(of))] }

func newField(name string) *ast.Field { return &ast.Field{Name: name, Alias: name} }

// selection selects from a type of which the answer has about n objects.
func (g *generator) selection(of *ast.Definition, depth, n int) ast.SelectionSet {
	picks := 1 + g.IntN(4)
	if depth == 0 {
		picks = 1 + g.IntN(3)
	}
	var set ast.SelectionSet
	for range picks {
		set = append(set, g.one(of, depth, n))
		if g.chance(0.04) {
			set = append(set, set[len(set)-1])
		}
	}
	return set
}

func (g *generator) one(of *ast.Definition, depth, n int) ast.Selection {
	g.values += n
	deep := depth < maxDepth && g.values < maxValues
	switch roll := g.Float64(); {
	case deep && of.IsAbstractType() && roll < 0.8:
		condition := pick(g, g.schema.GetPossibleTypes(of))
		return g.inline(condition, condition.Name, depth, n)
	case deep && roll < 0.09:
		return g.inline(of, g.condition(of), depth, n)
	case deep && roll < 0.22:
		if spread := g.spread(of, depth, n); spread != nil {
			return spread
		}
	case roll > 0.94:
		f := newField("__typename")
		if g.chance(0.3) {
			f.Alias = "type" + pick(g, []string{"", "1"})
		}
		f.Directives = g.directives()
		return f
	}
	return g.field(of, depth, n)
}

// condition returns the condition of an inline fragment on an object: its type, none, or its interface.
func (g *generator) condition(of *ast.Definition) string {
	conditions := append([]string{of.Name, ""}, of.Interfaces...)
	return pick(g, conditions)
}

func (g *generator) inline(of *ast.Definition, condition string, depth, n int) ast.Selection {
	if condition != "" {
		of = g.schema.Types[condition]
	}
	return &ast.InlineFragment{TypeCondition: condition, Directives: g.directives(), SelectionSet: g.selection(of, depth+1, n)}
}

// spread spreads a named fragment, an older one or a new one; nil where an older one would be too much.
func (g *generator) spread(of *ast.Definition, depth, n int) ast.Selection {
	if g.chance(0.5) {
		var fit []*fragment
		for _, f := range g.fragments {
			if c := f.definition.TypeCondition; c == of.Name || slices.Contains(of.Interfaces, c) || isPossible(g.schema, of, c) {
				if f.values*n+g.values < maxValues && f.depth+depth < maxDepth && n <= max(maxSeries, f.objects) {
					fit = append(fit, f)
				}
			}
		}
		if len(fit) == 0 {
			return nil
		}
		f := pick(g, fit)
		g.values += f.values * n
		return &ast.FragmentSpread{Name: f.definition.Name, Directives: g.directives()}
	}
	condition := of.Name
	if len(of.Interfaces) > 0 && g.chance(0.15) {
		condition = of.Interfaces[0]
	}
	before := g.values
	set := g.selection(g.schema.Types[condition], depth+1, n)
	name := fmt.Sprintf("F%d", len(g.fragments)+1)
	f := &fragment{
		definition: &ast.FragmentDefinition{Name: name, TypeCondition: condition, SelectionSet: set},
		values:     (g.values - before) / n,
		objects:    n,
		depth:      maxDepth - depth, // it may be as deep as was allowed
	}
	if f.depth > 4 {
		f.depth = 4
	}
	g.fragments = append(g.fragments, f)
	return &ast.FragmentSpread{Name: f.definition.Name, Directives: g.directives()}
}

func isPossible(schema *ast.Schema, abstract *ast.Definition, name string) bool {
	return abstract.IsAbstractType() &&
		slices.ContainsFunc(schema.GetPossibleTypes(abstract), func(d *ast.Definition) bool { return d.Name == name })
}

// field selects a field of a type under some response key.
func (g *generator) field(of *ast.Definition, depth, n int) ast.Selection {
	deep := depth < maxDepth && g.values < maxValues
	var fields []*ast.FieldDefinition
	for _, f := range of.Fields {
		composite := g.schema.Types[f.Type.Name()].IsCompositeType()
		tooLong := composite && !deep || f.Type.Name() == "MetricSeries" && n > maxSeries
		if tooLong || strings.HasPrefix(f.Name, "__") {
			continue
		}
		fields = append(fields, f)
		if composite { // the more interesting ones
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		return newField("__typename")
	}
	field := pick(g, fields)
	key := g.key(of, field)
	known := g.keys[of.Name+"."+key]
	reused := known != nil && known.field == field
	if !reused {
		if known != nil {
			key = field.Name + "_"
			known = g.keys[of.Name+"."+key]
		}
		if reused = known != nil; !reused {
			known = g.choose(of, field, n)
			g.keys[of.Name+"."+key] = known
		}
	}
	returned := n * known.size
	if reused && returned > maxSame {
		return newField("__typename")
	}
	out := &ast.Field{Name: field.Name, Alias: key, Arguments: known.arguments, Directives: g.directives()}
	if t := g.schema.Types[field.Type.Name()]; t.IsCompositeType() {
		out.SelectionSet = g.selection(t, depth+1, max(1, returned))
	}
	return out
}

// key returns a response key: mostly the name, an alias of its own, or the name of another field.
func (g *generator) key(of *ast.Definition, field *ast.FieldDefinition) string {
	switch roll := g.Float64(); {
	case roll < 0.6:
		return field.Name
	case roll < 0.95:
		return field.Name + pick(g, []string{"1", "2", "3", "A", "B"})
	}
	other := pick(g, of.Fields).Name
	if strings.HasPrefix(other, "__") {
		return field.Name
	}
	for _, i := range of.Interfaces { // there the name must not stand for two fields
		for _, object := range g.schema.GetPossibleTypes(g.schema.Types[i]) {
			if object != of && object.Fields.ForName(other) != nil {
				return field.Name
			}
		}
	}
	return other
}

func (g *generator) choose(of *ast.Definition, field *ast.FieldDefinition, n int) *choice {
	args, size := g.arguments(of, field, n)
	c := &choice{field: field, size: size}
	for _, definition := range field.Arguments {
		if value, given := args[definition.Name]; given {
			c.arguments = append(c.arguments, &ast.Argument{Name: definition.Name, Value: g.literal(definition.Type, value, true)})
		}
	}
	g.Shuffle(len(c.arguments), func(i, j int) { c.arguments[i], c.arguments[j] = c.arguments[j], c.arguments[i] })
	return c
}

// directives are mostly none, else @skip, @include or both, that leave the selection more often than not.
func (g *generator) directives() ast.DirectiveList {
	var out ast.DirectiveList
	for _, name := range []string{"skip", "include"} {
		if g.chance(0.05) {
			value := (name == "include") == g.chance(0.7)
			condition := g.literal(ast.NonNullNamedType("Boolean", nil), value, true)
			out = append(out, &ast.Directive{Name: name, Arguments: ast.ArgumentList{{Name: "if", Value: condition}}})
		}
	}
	return out
}

// cursorText finds the cursors in an answer to generateList.
var cursorText = regexp.MustCompile(`"cursor":"([^"]+)"`)

// generateList asks for the cursors of a list with random arguments, which are returned too.
func generateList(schema *ast.Schema, d *data, of *ast.Definition, field *ast.FieldDefinition, seed uint64) (operation, object) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), schema: schema, data: d} //nolint:gosec // it must be repeatable
	args := object{}
	for _, a := range field.Arguments {
		if !isPaging(a.Name) && (a.Type.NonNull || g.chance(0.6)) {
			args[a.Name] = g.value(a.Name, a.Type)
		}
	}
	list := newField(field.Name)
	for _, a := range field.Arguments {
		if value, given := args[a.Name]; given {
			list.Arguments = append(list.Arguments, &ast.Argument{Name: a.Name, Value: g.literal(a.Type, value, false)})
		}
	}
	cursor := newField("edges")
	cursor.SelectionSet = ast.SelectionSet{newField("cursor")}
	list.SelectionSet = ast.SelectionSet{cursor}
	set := ast.SelectionSet{list}
	if of != schema.Query {
		node := newField("node")
		id := pick(g, d.values[strings.ToLower(of.Name)+" id"])
		node.Arguments = ast.ArgumentList{{Name: "id", Value: &ast.Value{Kind: ast.StringValue, Raw: id.(string)}}}
		node.SelectionSet = ast.SelectionSet{&ast.InlineFragment{TypeCondition: of.Name, SelectionSet: set}}
		set = ast.SelectionSet{node}
	}
	document := &ast.QueryDocument{Operations: ast.OperationList{{Operation: ast.Query, SelectionSet: set}}}
	return operation{seed: seed, document: text(document)}, args
}

// String writes the operation so that it can be sent by hand.
func (o operation) String() string {
	variables, _ := json.Marshal(o.variables) // they are decoded JSON
	return fmt.Sprintf("seed %d, operationName %q, variables %s\n%s", o.seed, o.name, variables, o.document)
}
