package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/loaders"
)

// lookahead fetches what the selections below a field will ask for before the field's resolver returns.
//
// It goes down the selections level by level. A level is all objects at one depth, of every alias, fragment, edge and
// node; what their fields need is wanted by one batch, so a level costs one round trip, and as many statements as it has
// different questions, whatever the number of objects. What the batch brings is the next level.
type lookahead struct {
	op    *graphql.OperationContext
	set   *loaders.Set
	batch *loaders.Batch
	// then takes up what the running batch will have brought.
	then []func(ctx context.Context)
}

// lookAhead fetches all that will be asked of the result of the field being resolved, which seed puts into the first level.
func lookAhead(ctx context.Context, seed func(l *lookahead, ctx context.Context, at *graphql.FieldContext)) {
	set, op := loaders.From(ctx), graphql.GetOperationContext(ctx)
	set.ShowFacts(func() bool { return showsFacts(op) })
	l := &lookahead{op: op, set: set, batch: set.Batch()}
	seed(l, ctx, graphql.GetFieldContext(ctx))
	for len(l.then) > 0 {
		then := l.then
		l.then = nil
		l.batch.Run(ctx)
		for _, next := range then {
			next(ctx)
		}
	}
}

// after schedules what is to be done with the results of the batch.
func (l *lookahead) after(f func(ctx context.Context)) { l.then = append(l.then, f) }

// each calls visit for every field that will be executed on objects of the types, below the field at.
func (l *lookahead) each(ctx context.Context, at *graphql.FieldContext, types []string, visit func(child *graphql.FieldContext)) {
	for _, field := range graphql.CollectFields(l.op, at.Field.Selections, types) {
		if child, err := childContext(ctx, l.op, field); err == nil {
			child.Parent = at
			visit(child)
		}
	}
}

// below returns the fields of those with the names that will be executed on objects of the types, below the field at.
func (l *lookahead) below(ctx context.Context, at *graphql.FieldContext, types []string, names ...string) []*graphql.FieldContext {
	var found []*graphql.FieldContext
	for _, field := range graphql.CollectFields(l.op, at.Field.Selections, types) {
		if !slices.Contains(names, field.Name) {
			continue
		}
		if child, err := childContext(ctx, l.op, field); err == nil {
			child.Parent = at
			found = append(found, child)
		}
	}
	return found
}

// The types that a selection on an object satisfies.
var (
	companyTypes              = []string{"Company", "Node"}
	filingTypes               = []string{"Filing", "Node"}
	valueTypes                = []string{"MetricValue"}
	seriesTypes               = []string{"MetricSeries"}
	companyConnectionTypes    = []string{"CompanyConnection"}
	companyEdgeTypes          = []string{"CompanyEdge"}
	filingConnectionTypes     = []string{"FilingConnection"}
	filingEdgeTypes           = []string{"FilingEdge"}
	definitionConnectionTypes = []string{"MetricDefinitionConnection"}
)

// connectionFields are the fields of a connection that matter: where its nodes are asked for (as nodes and as
// edges.node, under any alias), whether any of its page is, and where it is counted, nil if it is not.
type connectionFields struct {
	nodes []*graphql.FieldContext
	page  bool
	total *graphql.FieldContext
}

func (l *lookahead) connection(ctx context.Context, at *graphql.FieldContext, types, edgeTypes []string) connectionFields {
	var c connectionFields
	l.each(ctx, at, types, func(child *graphql.FieldContext) {
		switch child.Field.Name {
		case "totalCount":
			c.total = child
		case "nodes":
			c.page = true
			c.nodes = append(c.nodes, child)
		case "edges":
			c.page = true
			l.each(ctx, child, edgeTypes, func(inner *graphql.FieldContext) {
				if inner.Field.Name == "node" {
					c.nodes = append(c.nodes, inner)
				}
			})
		case "pageInfo":
			c.page = true
		}
	})
	return c
}

// companyPage looks ahead for a list of companies at the root.
func (l *lookahead) companyPage(ctx context.Context, at *graphql.FieldContext, page *connection.CompanyConnection) {
	fields := l.connection(ctx, at, companyConnectionTypes, companyEdgeTypes)
	if fields.total != nil {
		l.set.CompanyTotals.Want(l.batch.For(fields.total), companyTotal(page))
		l.after(nothing)
	}
	for _, node := range fields.nodes {
		l.companies(ctx, node, page.Nodes())
	}
}

// filingPage looks ahead for a list of filings at the root.
func (l *lookahead) filingPage(ctx context.Context, at *graphql.FieldContext, page *connection.FilingConnection) {
	fields := l.connection(ctx, at, filingConnectionTypes, filingEdgeTypes)
	if fields.total != nil {
		l.set.FilingTotals.Want(l.batch.For(fields.total), page.Filter)
		l.after(nothing)
	}
	for _, node := range fields.nodes {
		l.filings(ctx, node, page.Nodes())
	}
}

// definitionPage looks ahead for a list of definitions at the root; they have no objects below them.
func (l *lookahead) definitionPage(ctx context.Context, at *graphql.FieldContext, page *connection.MetricDefinitionConnection) {
	if total := l.connection(ctx, at, definitionConnectionTypes, nil).total; total != nil {
		l.set.DefinitionTotals.Want(l.batch.For(total), page.Filter)
		l.after(nothing)
	}
}
