package web

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/web/answers"
)

// dependencies returns the tags of an answer, false when there are none that say what it depends on.
func (e *exchange) dependencies(ctx context.Context, operation *graphql.OperationContext) (tags []string, ok bool) {
	selections := operation.Operation.SelectionSet
	shown := e.shown(ctx)
	for _, c := range shown {
		tags = append(tags, answers.AnyCompany, answers.Company(c.ID))
	}
	roots := fieldsOf(selections, nil)
	for _, field := range roots {
		switch field.Name {
		case "company":
			if len(shown) == 0 || len(roots) != 1 { // one of them may not exist, yet
				tags = append(tags, answers.Companies)
			}
		case "companies":
			tags = append(tags, companiesTags(field, operation.Variables)...)
		case "searchCompanies":
			tags = append(tags, answers.Companies)
		case "filings":
			tags = append(tags, filingsTags(field, operation.Variables)...)
		case "filing":
			tags = append(tags, answers.Filings)
		case "metricDefinitions":
			tags = append(tags, answers.Definitions)
		case "node", "nodes":
			tags = append(tags, answers.Companies, answers.Filings, answers.Definitions)
		case "__typename": // depends on nothing
		default:
			return nil, false
		}
	}
	// What is in a list of definitions, and how many, depends on their texts, where it shows none of them too.
	if asksFor(selections, "MetricDefinition", "") || asksFor(selections, "Company", "metricDefinitions") {
		tags = append(tags, answers.Definitions)
	}
	// Which one of several companies a filing is shown with can change with another; and the filing that a value is from may be
	// that of others alone, which are told of when it comes.
	if asksFor(selections, "Filing", "company") || asksFor(selections, "MetricValue", "filing") {
		tags = append(tags, answers.Filings)
	}
	slices.Sort(tags)
	return slices.Compact(tags), len(tags) > 0
}

// companiesTags returns what a list of companies depends on: that of a sector changes only with companies that are or were
// of the sector.
func companiesTags(field *ast.Field, variables map[string]any) []string {
	if sector, ok := filterOf(field, variables)["sector"].(string); ok {
		return []string{answers.AnySector, answers.Sector(sector)}
	}
	return []string{answers.Companies}
}

// filingsTags returns what a list of filings depends on: that of some forms changes only with filings that are or were of
// one of them.
func filingsTags(field *ast.Field, variables map[string]any) []string {
	forms := textsOf(filterOf(field, variables)["forms"])
	if len(forms) == 0 {
		return []string{answers.Filings}
	}
	tags := []string{answers.AnyForm}
	for _, form := range forms {
		tags = append(tags, answers.Form(form))
	}
	return tags
}

// filterOf returns the argument filter of a field; nil when there is none.
func filterOf(field *ast.Field, variables map[string]any) map[string]any {
	filter, _ := field.ArgumentMap(variables)["filter"].(map[string]any)
	return filter
}

// textsOf returns the elements of a list of texts, of which one may stand for a list; nil when it is anything else.
func textsOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		texts := make([]string, 0, len(v))
		for _, element := range v {
			text, ok := element.(string)
			if !ok {
				return nil
			}
			texts = append(texts, text)
		}
		return texts
	default:
		return nil
	}
}

// fieldsOf adds the fields of selections, through fragments too.
func fieldsOf(selections ast.SelectionSet, fields []*ast.Field) []*ast.Field {
	for _, s := range selections {
		switch s := s.(type) {
		case *ast.Field:
			fields = append(fields, s)
		case *ast.InlineFragment:
			fields = fieldsOf(s.SelectionSet, fields)
		case *ast.FragmentSpread:
			fields = fieldsOf(s.Definition.SelectionSet, fields)
		}
	}
	return fields
}

// asksFor reports whether a field of a type is selected; any of them when the name is empty.
func asksFor(selections ast.SelectionSet, typeName, field string) bool {
	for _, s := range selections {
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			if s.ObjectDefinition != nil && s.ObjectDefinition.Name == typeName && (field == "" || s.Name == field) {
				return true
			}
			below = s.SelectionSet
		case *ast.InlineFragment:
			below = s.SelectionSet
		case *ast.FragmentSpread:
			below = s.Definition.SelectionSet
		}
		if asksFor(below, typeName, field) {
			return true
		}
	}
	return false
}
