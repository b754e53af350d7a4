package web

import (
	"context"

	fieldcomplexity "github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/graph/model"
	"github.com/corpintel/corpintel/store"
)

// maxComplexity bounds the number of fields that an answer can have if every page is full: what a client may make the
// server fetch and hold. The honest extreme, 200 companies with 200 filings each, has some 200,000.
const maxComplexity = 500_000

// Filings have one company mostly, sometimes a few.
const companiesOfFiling = 2

// complexity says what fields cost that have more than one object: their page times what is below it. All others cost
// one and what is below them.
func complexity() graph.ComplexityRoot {
	var c graph.ComplexityRoot
	c.Query.Companies = func(child int, _ *store.CompanyFilter, _ *model.CompanyOrder, first *int, _ *string, last *int, _ *string) int {
		return page(child, first, last)
	}
	c.Query.SearchCompanies = func(child int, _ string, first *int, _ *string) int { return page(child, first, nil) }
	c.Query.Filings = func(child int, _ *store.FilingFilter, first *int, _ *string, last *int, _ *string) int {
		return page(child, first, last)
	}
	c.Query.MetricDefinitions = func(child int, _ *store.MetricDefinitionFilter, first *int, _ *string) int {
		return page(child, first, nil)
	}
	c.Query.Nodes = func(child int, ids []string) int { return times(len(ids), child) }
	c.Company.Filings = func(child int, _ *store.FilingFilter, first *int, _ *string, last *int, _ *string) int {
		return page(child, first, last)
	}
	c.Company.MetricDefinitions = func(child int, _ *store.MetricDefinitionFilter, first *int, _ *string, last *int, _ *string) int {
		return page(child, first, last)
	}
	c.Company.Metrics = func(child int, names []string) int { return times(len(names), child) }
	c.Filing.Companies = func(child int) int { return times(companiesOfFiling, child) }
	return c
}

func page(child int, first, last *int) int {
	size := store.DefaultPage
	for _, given := range []*int{first, last} {
		if given != nil {
			size = *given
		}
	}
	return times(size, child)
}

// times multiplies without overflow; sizes that no page can have are refused by the field itself.
func times(n, child int) int {
	n = min(max(n, 1), store.MaxPage)
	if child > maxComplexity {
		return child
	}
	return 1 + n*child
}

// complexityLimit refuses operations of more than maxComplexity. gqlgen's own extension panics on a literal number that
// Go has no room for.
type complexityLimit struct{ schema graphql.ExecutableSchema }

func (*complexityLimit) ExtensionName() string { return "ComplexityLimit" }

func (l *complexityLimit) Validate(schema graphql.ExecutableSchema) error {
	l.schema = schema
	return nil
}

func (l *complexityLimit) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) (refused *gqlerror.Error) {
	defer func() {
		if recover() != nil {
			refused = gqlerror.Wrap(&gqlerr.InputError{Reason: "a number in an argument is out of range"})
		}
	}()
	if n := fieldcomplexity.Calculate(ctx, l.schema, op.Operation, op.Variables); n > maxComplexity {
		refused = gqlerror.Errorf(
			"the answer could have %d fields, more than %d are not given: ask for smaller pages or fewer levels of them", n, maxComplexity)
		refused.Extensions = map[string]any{"code": string(gqlerr.TooComplex)}
	}
	return refused
}
