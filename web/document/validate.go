package document

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	specified "github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

const (
	// maxFaults is how many faults of a document are looked for; an answer shows ten of them.
	maxFaults = 50
	// maxMessage bounds a message, which can repeat a part of the document.
	maxMessage = 300
)

// Suggestion begins what a message suggests: names of the schema that are like one of the document.
const Suggestion = " Did you mean "

type rule = validator.Rule

// rules returns the rules of the specification by name, with one of ours: the usual way to find fields that cannot be
// merged compares each with each.
func rules() []rule {
	var all []rule
	for name, check := range specified.NewDefaultRules().GetInner() {
		if name == specified.OverlappingFieldsCanBeMergedRule.Name {
			check = overlappingFields
		}
		all = append(all, rule{Name: name, RuleFunc: check})
	}
	all = append(all, rule{Name: "NumbersInRange", RuleFunc: numbersInRange})
	slices.SortFunc(all, func(a, b rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// numbersInRange refuses numbers that Go has no room for: gqlgen panics on them wherever it reads arguments.
func numbersInRange(observers *validator.Events, addError validator.AddErrFunc) {
	observers.OnValue(func(_ *validator.Walker, value *ast.Value) {
		var err error
		switch value.Kind {
		case ast.IntValue:
			_, err = strconv.ParseInt(value.Raw, 10, 64)
		case ast.FloatValue:
			_, err = strconv.ParseFloat(value.Raw, 64)
		default:
			return
		}
		if err != nil {
			addError(validator.Message("a number in an argument is out of range"), func(err *gqlerror.Error) {
				err.Err = &gqlerr.InputError{Reason: err.Message} // what the presenter goes by
				err.Locations = []gqlerror.Location{{Line: value.Position.Line, Column: value.Position.Column}}
			})
		}
	})
}

// enough ends a validation whose result would not be shown.
type enough struct{}

// validate returns the faults of a document, at most maxFaults.
func validate(schema *ast.Schema, document *ast.QueryDocument, rules []rule) (faults gqlerror.List) {
	defer func() {
		if value := recover(); value != nil {
			if _, ok := value.(enough); !ok {
				panic(value)
			}
		}
	}()
	observers := &validator.Events{}
	for _, r := range rules {
		r.RuleFunc(observers, func(options ...validator.ErrorOption) {
			err := &gqlerror.Error{Rule: r.Name}
			for _, option := range options {
				option(err)
			}
			faults = append(faults, fault(errcode.ValidationFailed, err))
			if len(faults) == maxFaults {
				panic(enough{})
			}
		})
	}
	validator.Walk(schema, document, observers)
	return faults
}

// fault gives an error the code, unless the presenter will, and its message a bounded length.
func fault(code string, err *gqlerror.Error) *gqlerror.Error {
	err.Message = Shorten(err.Message)
	if err.Err == nil {
		errcode.Set(err, code)
	}
	return err
}

// Shorten cuts a text, which can repeat a part of a request, to what a person reads of it.
func Shorten(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
