package randomquery_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// arguments chooses the arguments of a field that about n objects have, and says how many objects it has for each.
func (g *generator) arguments(of *ast.Definition, field *ast.FieldDefinition, n int) (args object, size int) {
	args, size = object{}, 1
	if field.Type.Elem != nil {
		size = 2
	}
	for _, a := range field.Arguments {
		if isPaging(a.Name) {
			continue
		}
		if g.chance(0.04) && !a.Type.NonNull {
			args[a.Name] = nil
		} else if a.Type.NonNull || g.chance(likely(a.Name)) {
			args[a.Name] = g.value(a.Name, a.Type)
		}
	}
	g.straighten(args)
	switch coordinate := of.Name + "." + field.Name; {
	case coordinate == "Query.company":
		g.oneOf(args)
	case coordinate == "Company.series" && g.chance(0.8): // long answers cost time and find little
		args["from"] = pick(g, g.data.recent)
		g.straighten(args)
	case field.Arguments.ForName("first") != nil:
		size = g.paging(coordinate, field, args, n)
	}
	if ids, ok := args["ids"].([]any); ok {
		size = len(ids)
	}
	return args, size
}

func isPaging(name string) bool {
	return slices.Contains([]string{"first", "after", "last", "before"}, name)
}

func likely(argument string) float64 {
	switch argument {
	case "filter", "orderBy", "fill":
		return 0.6
	case "unit", "period", "ticker", "asOf":
		return 0.2
	default:
		return 0.35
	}
}

// oneOf leaves one argument that names a company, beside nulls; with a small probability what is wrong.
func (g *generator) oneOf(args object) {
	if g.chance(0.02) {
		return
	}
	clear(args)
	names := map[string]string{"id": "company id", "cik": "cik", "ticker": "ticker"}
	name := pick(g, []string{"id", "cik", "ticker"})
	if g.chance(0.1) {
		args[pick(g, []string{"id", "cik", "ticker"})] = nil
	}
	args[name] = g.value(names[name], ast.NamedType(map[string]string{"id": "ID", "cik": "CIK", "ticker": "String"}[name], nil))
}

// paging chooses which page is asked for, mostly one that there is, and returns its size.
func (g *generator) paging(coordinate string, field *ast.FieldDefinition, args object, n int) int {
	size, at := "first", "after"
	if field.Arguments.ForName("last") != nil && g.chance(0.35) {
		size, at = "last", "before"
	}
	limit := defaultPage
	if size == "last" || n*limit > 60 || g.chance(0.7) {
		limit = g.IntN(5)
		if n == 1 && g.chance(0.2) {
			limit = 5 + g.IntN(40)
		}
		args[size] = limit
	} else if g.chance(0.1) {
		args[size] = nil
	}
	if lists := g.data.lists[coordinate]; len(lists) > 0 && g.chance(0.45) {
		of := pick(g, lists)
		for _, name := range []string{"filter", "orderBy", "query"} {
			delete(args, name)
		}
		maps.Copy(args, of.args)
		if len(of.cursors) > 0 {
			args[at] = pick(g, of.cursors)
		}
	}
	if g.chance(0.03) {
		g.spoil(field, args, size, at)
	}
	return limit
}

// spoil makes paging arguments wrong.
func (g *generator) spoil(field *ast.FieldDefinition, args object, size, at string) {
	switch g.IntN(6) {
	case 0:
		args[size] = pick(g, []int{-1, 201, 1000, 1 << 30})
	case 1:
		args[at] = "bm8gY3Vyc29y"
	case 2:
		args[at] = pick(g, pick(g, g.data.lists[pick(g, slices.Sorted(maps.Keys(g.data.lists)))]).cursors)
	case 3:
		if cursor, ok := args[at].(string); ok {
			args[at] = cursor[:len(cursor)-1] + "A"
		}
	default:
		for _, name := range []string{"first", "last", "before"} {
			if field.Arguments.ForName(name) != nil && g.chance(0.6) {
				args[name] = map[string]any{"first": 2, "last": 3, "before": args["after"]}[name]
			}
		}
	}
}

// value chooses a value for an argument or field of an input object, by its name where that says more than its type.
func (g *generator) value(name string, t *ast.Type) any {
	if values, ok := g.data.values[name]; ok && !g.chance(0.04) {
		return pick(g, values)
	}
	if wrong := g.data.wrong[name]; len(wrong) > 0 && g.chance(0.6) {
		return pick(g, wrong)
	}
	if t.Elem != nil {
		return g.list(name, t)
	}
	switch definition := g.schema.Types[t.NamedType]; definition.Kind {
	case ast.InputObject:
		return g.input(definition)
	case ast.Enum:
		return pick(g, definition.EnumValues).Name
	default:
	}
	switch t.NamedType {
	case "Int":
		return g.IntN(4)
	case "Float":
		return pick(g, g.data.values["cap"])
	case "Boolean":
		return g.chance(0.5)
	case "Date":
		return pick(g, g.data.values["from"])
	case "CIK":
		return int64(1 + g.IntN(10_000_000))
	case "AccessionNumber":
		return "0000000001-99-000001"
	default:
		return "ZZZZ"
	}
}

// list chooses elements by the name in the singular.
func (g *generator) list(name string, t *ast.Type) any {
	out := []any{}
	for range g.IntN(4) {
		out = append(out, g.value(strings.TrimSuffix(name, "s"), t.Elem))
		if g.chance(0.1) {
			out = append(out, out[0])
		}
	}
	return out
}

func (g *generator) input(of *ast.Definition) object {
	out := object{}
	for _, f := range of.Fields {
		switch {
		case f.Type.NonNull || g.chance(1.5/float64(len(of.Fields))):
			out[f.Name] = g.value(f.Name, f.Type)
		case g.chance(0.03):
			out[f.Name] = nil
		}
	}
	g.straighten(out)
	return out
}

// straighten turns ranges round that would be empty, which is wrong: let that be rare.
func (g *generator) straighten(args object) {
	for _, bounds := range [][2]string{{"min", "max"}, {"filedFrom", "filedTo"}, {"from", "to"}} {
		low, high := args[bounds[0]], args[bounds[1]]
		if low != nil && high != nil && above(low, high) && !g.chance(0.05) {
			args[bounds[0]], args[bounds[1]] = high, low
		}
	}
}

func above(a, b any) bool {
	switch a := a.(type) {
	case float64:
		return a > b.(float64)
	case string:
		return a > b.(string)
	default:
		return false
	}
}
