package randomquery_test

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxTries bounds how long an operation is made smaller.
const maxTries = 2000

// shrink makes an operation smaller as long as it fails: it leaves out selections, arguments, directives and parts of
// values, and puts fragments and variables where they are used.
func shrink(op operation, fails func(operation) bool) operation {
	tries := 0
	for changed := true; changed; {
		changed = false
		for n := 0; tries < maxTries; n++ {
			smaller, more := edit(op, n)
			if !more {
				break
			}
			tries++
			if (len(smaller.document) < len(op.document) || len(smaller.variables) < len(op.variables)) && fails(smaller) {
				op, changed = smaller, true
				n-- // what was at n is gone
			}
		}
	}
	return op
}

// edit applies the n-th edit to an operation; false when there are not that many.
func edit(op operation, n int) (operation, bool) {
	document, err := parser.ParseQuery(&ast.Source{Input: op.document})
	if err != nil {
		return op, false
	}
	e := &editor{left: n, variables: maps.Clone(op.variables), document: document}
	for _, o := range document.Operations {
		e.set(&o.SelectionSet)
	}
	for _, f := range document.Fragments {
		e.set(&f.SelectionSet)
	}
	e.inline(document)
	if e.try() {
		e.drop(document, op.name)
		op.name = ""
	}
	tidy(document, e.variables)
	op.document, op.variables = text(document), e.variables
	return op, e.done
}

// editor counts edits down to the one that is made.
type editor struct {
	left      int
	done      bool
	document  *ast.QueryDocument
	variables map[string]any
}

// try reports whether this edit is the one to be made.
func (e *editor) try() bool {
	e.left--
	if e.left == -1 {
		e.done = true
		return true
	}
	return false
}

func (e *editor) set(set *ast.SelectionSet) {
	for i := range *set {
		if e.try() {
			*set = slices.Delete(*set, i, i+1)
			return
		}
		switch s := (*set)[i].(type) {
		case *ast.Field:
			e.directives(&s.Directives)
			e.arguments(s)
			e.set(&s.SelectionSet)
		case *ast.InlineFragment:
			if e.try() {
				*set = slices.Replace(*set, i, i+1, s.SelectionSet...)
				return
			}
			e.directives(&s.Directives)
			e.set(&s.SelectionSet)
		case *ast.FragmentSpread:
			if f := e.document.Fragments.ForName(s.Name); f != nil && e.try() {
				(*set)[i] = &ast.InlineFragment{TypeCondition: f.TypeCondition, Directives: s.Directives, SelectionSet: f.SelectionSet}
				return
			}
			e.directives(&s.Directives)
		}
	}
}

func (e *editor) directives(list *ast.DirectiveList) {
	for i := range *list {
		if e.try() {
			*list = slices.Delete(*list, i, i+1)
			return
		}
	}
}

func (e *editor) arguments(f *ast.Field) {
	if f.Alias != f.Name && e.try() {
		f.Alias = f.Name
	}
	for i, a := range f.Arguments {
		if e.try() {
			f.Arguments = slices.Delete(f.Arguments, i, i+1)
			return
		}
		e.value(a.Value)
	}
}

func (e *editor) value(v *ast.Value) {
	for i, child := range v.Children {
		if e.try() {
			v.Children = slices.Delete(v.Children, i, i+1)
			return
		}
		e.value(child.Value)
	}
}

// inline puts the default of a variable, or a plain value, where the variable is used.
func (e *editor) inline(document *ast.QueryDocument) {
	for _, o := range document.Operations {
		for _, v := range o.VariableDefinitions {
			value := plain(e.variables[v.Variable], v.Type)
			if _, given := e.variables[v.Variable]; !given {
				value = v.DefaultValue
			}
			if value != nil && e.try() {
				delete(e.variables, v.Variable)
				replace(document, v.Variable, value)
			}
		}
	}
}

// plain writes a scalar as a literal; nil where that takes more.
func plain(value any, t *ast.Type) *ast.Value {
	switch value.(type) {
	case bool, int, int64, float64, string:
		if t.Elem != nil {
			return nil
		}
		g := &generator{schema: &ast.Schema{Types: map[string]*ast.Definition{t.NamedType: {}}}}
		return g.literal(t, value, false)
	default:
		return nil
	}
}

func (e *editor) drop(document *ast.QueryDocument, keep string) {
	document.Operations = slices.DeleteFunc(document.Operations, func(o *ast.OperationDefinition) bool {
		return keep != "" && o.Name != keep
	})
	for _, o := range document.Operations {
		o.Name = ""
	}
}

// replace puts a value in the place of a variable.
func replace(document *ast.QueryDocument, variable string, value *ast.Value) {
	visit(document, func(v *ast.Value) {
		if v.Kind == ast.Variable && v.Raw == variable {
			*v = *value
		}
	}, nil)
}

// tidy leaves out fragments and variables that are not used any more.
func tidy(document *ast.QueryDocument, variables map[string]any) {
	for range len(document.Fragments) + 1 { // a fragment may be used by one that goes
		used := map[string]bool{}
		visit(document, nil, func(s *ast.FragmentSpread) { used[s.Name] = true })
		document.Fragments = slices.DeleteFunc(document.Fragments, func(f *ast.FragmentDefinition) bool { return !used[f.Name] })
	}
	used := map[string]bool{}
	visit(document, func(v *ast.Value) {
		if v.Kind == ast.Variable {
			used[v.Raw] = true
		}
	}, nil)
	for _, o := range document.Operations {
		o.VariableDefinitions = slices.DeleteFunc(o.VariableDefinitions, func(v *ast.VariableDefinition) bool {
			return !used[v.Variable]
		})
	}
	maps.DeleteFunc(variables, func(name string, _ any) bool { return !used[name] })
}

// visit calls back for every value and every spread in a document.
func visit(document *ast.QueryDocument, value func(*ast.Value), spread func(*ast.FragmentSpread)) {
	v := visitor{value, spread}
	for _, o := range document.Operations {
		v.set(o.SelectionSet)
	}
	for _, f := range document.Fragments {
		v.set(f.SelectionSet)
	}
}

type visitor struct {
	value  func(*ast.Value)
	spread func(*ast.FragmentSpread)
}

func (v visitor) set(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			v.arguments(s.Arguments)
			v.directives(s.Directives)
			v.set(s.SelectionSet)
		case *ast.InlineFragment:
			v.directives(s.Directives)
			v.set(s.SelectionSet)
		case *ast.FragmentSpread:
			v.directives(s.Directives)
			if v.spread != nil {
				v.spread(s)
			}
		}
	}
}

func (v visitor) directives(list ast.DirectiveList) {
	for _, d := range list {
		v.arguments(d.Arguments)
	}
}

func (v visitor) arguments(list ast.ArgumentList) {
	for _, a := range list {
		v.one(a.Value)
	}
}

func (v visitor) one(value *ast.Value) {
	if v.value == nil {
		return
	}
	v.value(value)
	for _, child := range value.Children {
		v.one(child.Value)
	}
}
