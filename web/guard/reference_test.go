package guard_test

import (
	"fmt"
	"math"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/corpintel/corpintel/web/guard"
)

// reference counts what a valid document has the slow way: it parses it and writes every fragment out. It returns false
// for what is no document, or is one whose fragments spread themselves or write out to more than a test can wait for.
func reference(text string) (guard.Counts, bool) {
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil || len(document.Operations)+len(document.Fragments) == 0 {
		return guard.Counts{}, false
	}
	c := counting{fragments: map[string]*ast.FragmentDefinition{}, tokens: definitionTokens(text), budget: 100_000}
	for _, f := range document.Fragments {
		if c.fragments[f.Name] == nil {
			c.fragments[f.Name] = f
		}
	}
	defer func() { _ = recover() }()
	for _, tokens := range c.tokens {
		c.Tokens += tokens.n
	}
	for _, o := range document.Operations {
		c.variables(o.VariableDefinitions)
		c.directives(o.Directives)
		c.selections(o.SelectionSet)
		c.definition(o.Position.Start, o.VariableDefinitions, o.SelectionSet)
		c.RootFields = max(c.RootFields, c.rootFields(o.SelectionSet))
	}
	for _, f := range document.Fragments {
		c.variables(f.VariableDefinition)
		c.directives(f.Directives)
		c.selections(f.SelectionSet)
		c.definition(f.Position.Start, f.VariableDefinition, f.SelectionSet)
	}
	return c.Counts, c.budget > 0
}

type counting struct {
	guard.Counts

	fragments map[string]*ast.FragmentDefinition
	tokens    []span
	budget    int
}

// span is where a definition begins, in runes, and how many tokens it has.
type span struct{ from, n int }

// definitionTokens cuts a valid document into definitions: each begins after the brace that closes the one before.
func definitionTokens(text string) []span {
	var spans []span
	l := lexer.New(&ast.Source{Input: text})
	open, parens := 0, 0
	begin := true
	for {
		token, err := l.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return spans
		}
		if token.Kind != lexer.Comment && begin || len(spans) == 0 {
			spans = append(spans, span{from: token.Pos.Start})
			begin = token.Kind == lexer.Comment
		}
		spans[len(spans)-1].n++
		switch token.Kind {
		case lexer.ParenL:
			parens++
		case lexer.ParenR:
			parens--
		case lexer.BraceL:
			open++
		case lexer.BraceR:
			open--
			begin = open == 0 && parens == 0
		default:
		}
	}
}

// definition adds a definition with its fragments written out.
func (c *counting) definition(start int, variables ast.VariableDefinitionList, set ast.SelectionSet) {
	c.Expansion += c.tokensAt(start) + c.spreadTokens(set)
	c.Depth = max(c.Depth, c.depth(set))
	for _, v := range variables {
		c.Depth = max(c.Depth, typeDepth(v.Type), valueDepth(v.DefaultValue))
		for _, d := range v.Directives {
			for _, a := range d.Arguments {
				c.Depth = max(c.Depth, valueDepth(a.Value))
			}
		}
	}
}

// tokensAt returns the tokens of the definition that has the position.
func (c *counting) tokensAt(start int) int {
	n := 0
	for _, s := range c.tokens {
		if s.from <= start {
			n = s.n
		}
	}
	return n
}

func (c *counting) spend() {
	if c.budget--; c.budget <= 0 {
		panic("too large")
	}
}

func (c *counting) spreadTokens(set ast.SelectionSet) int {
	n := 0
	for _, s := range set {
		c.spend()
		switch s := s.(type) {
		case *ast.Field:
			n += c.spreadTokens(s.SelectionSet)
		case *ast.InlineFragment:
			n += c.spreadTokens(s.SelectionSet)
		case *ast.FragmentSpread:
			if f := c.fragments[s.Name]; f != nil {
				n += c.tokensAt(f.Position.Start) + c.spreadTokens(f.SelectionSet)
			}
		}
	}
	return n
}

func (c *counting) depth(set ast.SelectionSet) int {
	if set == nil {
		return 0
	}
	deepest := 0
	for _, s := range set {
		c.spend()
		switch s := s.(type) {
		case *ast.Field:
			deepest = max(deepest, c.depth(s.SelectionSet), argumentsDepth(s.Arguments), directivesDepth(s.Directives))
		case *ast.InlineFragment:
			deepest = max(deepest, c.depth(s.SelectionSet), directivesDepth(s.Directives))
		case *ast.FragmentSpread:
			deepest = max(deepest, directivesDepth(s.Directives))
			if f := c.fragments[s.Name]; f != nil {
				deepest = max(deepest, c.depth(f.SelectionSet)-1)
			}
		}
	}
	return 1 + deepest
}

func directivesDepth(directives ast.DirectiveList) int {
	deepest := 0
	for _, d := range directives {
		deepest = max(deepest, argumentsDepth(d.Arguments))
	}
	return deepest
}

func argumentsDepth(arguments ast.ArgumentList) int {
	deepest := 0
	for _, a := range arguments {
		deepest = max(deepest, valueDepth(a.Value))
	}
	return deepest
}

func valueDepth(v *ast.Value) int {
	if v == nil || v.Kind != ast.ListValue && v.Kind != ast.ObjectValue {
		return 0
	}
	deepest := 0
	for _, child := range v.Children {
		deepest = max(deepest, valueDepth(child.Value))
	}
	return 1 + deepest
}

func typeDepth(t *ast.Type) int {
	if t == nil || t.Elem == nil {
		return 0
	}
	return 1 + typeDepth(t.Elem)
}

func (c *counting) rootFields(set ast.SelectionSet) int {
	n := 0
	for _, s := range set {
		c.spend()
		switch s := s.(type) {
		case *ast.Field:
			n++
		case *ast.InlineFragment:
			n += c.rootFields(s.SelectionSet)
		case *ast.FragmentSpread:
			if f := c.fragments[s.Name]; f != nil {
				n += c.rootFields(f.SelectionSet)
			}
		}
	}
	return n
}

// selections counts what stands in a definition itself.
func (c *counting) selections(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			// The parser gives a field without alias its name for one, at the position of the name.
			c.arguments(s.Arguments)
			c.directives(s.Directives)
			c.selections(s.SelectionSet)
		case *ast.InlineFragment:
			c.directives(s.Directives)
			c.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			c.directives(s.Directives)
		}
	}
}

func (c *counting) variables(list ast.VariableDefinitionList) {
	for _, v := range list {
		c.Variables++
		c.directives(v.Directives)
		c.value(v.DefaultValue)
	}
}

func (c *counting) directives(list ast.DirectiveList) {
	c.Directives += len(list)
	c.DirectivesPerLocation = max(c.DirectivesPerLocation, len(list))
	for _, d := range list {
		c.arguments(d.Arguments)
	}
}

func (c *counting) arguments(list ast.ArgumentList) {
	for _, a := range list {
		c.value(a.Value)
	}
}

func (c *counting) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.Variable {
		c.Variables++
	}
	for _, child := range v.Children {
		c.value(child.Value)
	}
}

// unlimited are limits that no document passes.
func unlimited() guard.Limits {
	return guard.Limits{
		Tokens: math.MaxInt, Depth: math.MaxInt, Aliases: math.MaxInt, Directives: math.MaxInt,
		DirectivesPerLocation: math.MaxInt, RootFields: math.MaxInt, Variables: math.MaxInt, Expansion: math.MaxInt,
	}
}

// describe prints counts for a comparison.
func describe(c guard.Counts) string { return fmt.Sprintf("%+v", c) }
