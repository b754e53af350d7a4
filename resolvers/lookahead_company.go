package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// companies looks ahead for what the field at asks of companies.
func (l *lookahead) companies(ctx context.Context, at *graphql.FieldContext, companies []*store.Company) {
	l.set.Show(companies)
	children := l.below(ctx, at, companyTypes, "tickers", "filingSummary", "filings", "metricDefinitions", "metric", "metrics", "series")
	if len(children) == 0 || len(companies) == 0 {
		return
	}
	ids := make([]int64, 0, len(companies))
	seen := make(map[int64]bool, len(companies))
	for _, c := range companies {
		if c != nil && !seen[c.ID] {
			seen[c.ID] = true
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	for _, child := range children {
		switch child.Field.Name {
		case "tickers":
			l.set.Tickers.Want(l.batch.For(child), ids...)
			l.after(nothing)
		case "filingSummary":
			l.set.FilingSummaries.Want(l.batch.For(child), ids...)
			l.after(nothing)
		case "filings":
			l.filingsOf(ctx, child, ids)
		case "metricDefinitions":
			l.definitionsOf(ctx, child, ids)
		case "metric":
			l.metricOf(child, ids)
		case "metrics":
			l.metricsOf(child, ids)
		case "series":
			l.seriesOf(child, ids)
		}
	}
}

// nothing makes a batch run whose results have no objects below them.
func nothing(context.Context) {}

func (l *lookahead) filingsOf(ctx context.Context, at *graphql.FieldContext, ids []int64) {
	args, err := companyFilingsArgs(l.set, at)
	if err != nil {
		return
	}
	fields := l.connection(ctx, at, filingConnectionTypes, filingEdgeTypes)
	if fields.total != nil {
		for _, id := range ids {
			l.set.FilingCounts.Want(l.batch.For(fields.total), loaders.FilingCountKey{Company: id, Filter: args.request.Filter})
		}
	}
	if !fields.page {
		l.after(nothing)
		return
	}
	keys := make([]loaders.FilingsKey, len(ids))
	for i, id := range ids {
		keys[i] = loaders.FilingsKey{Company: id, Request: args.request}
	}
	l.set.Filings.WantDistinct(l.batch.For(at), keys)
	nodes := slices.DeleteFunc(fields.nodes, func(node *graphql.FieldContext) bool {
		return !asks(l.op, node, filingTypes, "company", "companies")
	})
	if len(nodes) == 0 {
		l.after(nothing)
		return
	}
	l.after(func(ctx context.Context) {
		filings := make([]*store.Filing, 0, len(keys))
		for _, key := range keys {
			if page, err := l.set.Filings.Load(ctx, key); err == nil && page != nil {
				filings = append(filings, page.Nodes...)
			}
		}
		for _, node := range nodes {
			l.filings(ctx, node, filings)
		}
	})
}

// filings looks ahead for what the field at asks of filings.
func (l *lookahead) filings(ctx context.Context, at *graphql.FieldContext, filings []*store.Filing) {
	children := l.below(ctx, at, filingTypes, "company", "companies")
	if len(children) == 0 || len(filings) == 0 {
		return
	}
	ids := make([]edgar.AccessionNumber, 0, len(filings))
	seen := make(map[edgar.AccessionNumber]bool, len(filings))
	for _, f := range filings {
		if f != nil && !seen[f.AccessionNumber] {
			seen[f.AccessionNumber] = true
			ids = append(ids, f.AccessionNumber)
		}
	}
	if len(ids) == 0 {
		return
	}
	l.set.FilingCompanies.WantDistinct(l.batch.For(children[0]), ids)
	for _, child := range children {
		l.set.FilingCompanies.Share(l.batch, child, ids)
		l.after(func(ctx context.Context) {
			var companies []*store.Company
			for _, id := range ids {
				switch of, err := l.set.FilingCompanies.Load(ctx, id); {
				case err != nil || of == nil:
				case child.Field.Name == "company":
					companies = append(companies, of.Main)
				default:
					companies = append(companies, of.All...)
				}
			}
			l.companies(ctx, child, companies)
		})
	}
}

func (l *lookahead) definitionsOf(ctx context.Context, at *graphql.FieldContext, ids []int64) {
	args, err := companyDefinitionsArgs(l.set, at)
	if err != nil {
		return
	}
	fields := l.connection(ctx, at, definitionConnectionTypes, nil)
	for _, id := range ids {
		if fields.total != nil {
			l.set.DefinitionCounts.Want(l.batch.For(fields.total), loaders.DefinitionCountKey{Company: id, Filter: args.request.Filter})
		}
		if fields.page {
			l.set.Definitions.Want(l.batch.For(at), loaders.DefinitionsKey{Company: id, Request: args.request})
		}
	}
	l.after(nothing) // a definition has no objects below it
}
