package resolvers

import (
	"context"
	"math"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/graph/model"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// companyBy finds the company that exactly one argument names. Error: store.ErrNotFound.
func (r *Resolver) companyBy(ctx context.Context, id *string, cik *edgar.CIK, ticker *string) (*store.Company, error) {
	given := 0
	for _, is := range []bool{id != nil, cik != nil, ticker != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, gqlerr.BadInput("id, cik, ticker", "give exactly one of them, not %d", given)
	case cik != nil:
		return r.store.CompanyByCIK(ctx, *cik)
	case ticker != nil:
		symbol, ok := edgar.NormalizeSymbol(*ticker)
		if !ok {
			return nil, store.ErrNotFound // no symbol: held by nobody
		}
		return r.store.CompanyByTicker(ctx, symbol)
	}
	kind, n, err := store.ParseNodeID(*id)
	if err != nil {
		return nil, gqlerr.BadInput("id", "%s", err)
	}
	if kind != store.NodeCompany {
		return nil, gqlerr.BadInput("id", "want the id of a Company, not of a %s", kind)
	}
	return r.store.CompanyByID(ctx, n)
}

// reference is a parsed global id.
type reference struct {
	kind store.NodeKind
	id   int64
}

// nodes fetches objects of all kinds in one round trip, and looks ahead at what is asked of them.
func (r *Resolver) nodes(ctx context.Context, argument string, ids []string) ([]model.Node, error) {
	refs := make([]reference, len(ids))
	for i, id := range ids {
		kind, n, err := store.ParseNodeID(id)
		if err != nil {
			return nil, gqlerr.BadInput(argument, "%s", err)
		}
		refs[i] = reference{kind, n}
	}
	set := loaders.From(ctx)
	batch := set.Batch()
	for _, ref := range refs {
		switch ref.kind {
		case store.NodeCompany:
			set.Companies.Want(batch, ref.id)
		case store.NodeFiling:
			set.Filing.Want(batch, edgar.AccessionNumber(ref.id))
		case store.NodeMetricDefinition:
			if id, ok := ref.definition(); ok {
				set.Definition.Want(batch, id)
			}
		}
	}
	batch.Run(ctx)

	nodes := make([]model.Node, len(refs))
	var companies []*store.Company
	var filings []*store.Filing
	for i, ref := range refs {
		switch ref.kind {
		case store.NodeCompany:
			c, err := set.Companies.Load(ctx, ref.id)
			if err != nil {
				return nil, err
			}
			if c != nil {
				nodes[i], companies = c, append(companies, c)
			}
		case store.NodeFiling:
			f, err := set.Filing.Load(ctx, edgar.AccessionNumber(ref.id))
			if err != nil {
				return nil, err
			}
			if f != nil {
				nodes[i], filings = f, append(filings, f)
			}
		case store.NodeMetricDefinition:
			id, ok := ref.definition()
			if !ok {
				continue
			}
			d, err := set.Definition.Load(ctx, id)
			if err != nil {
				return nil, err
			}
			if d != nil {
				nodes[i] = d
			}
		}
	}
	lookAhead(ctx, func(l *lookahead, ctx context.Context, at *graphql.FieldContext) {
		l.companies(ctx, at, companies)
		l.filings(ctx, at, filings)
	})
	return nodes, nil
}

// definition returns the id as one of a definition; false when none can have it.
func (r reference) definition() (int32, bool) {
	if r.id > math.MaxInt32 {
		return 0, false
	}
	return int32(r.id), true
}

// asksPage says whether the field being resolved, a connection, is asked for more than its number of nodes.
func asksPage(ctx context.Context, types []string) bool {
	return asks(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx), types, "nodes", "edges", "pageInfo")
}
