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
func companyBy(ctx context.Context, id *string, cik *edgar.CIK, ticker *string) (*store.Company, error) {
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
		return loaders.From(ctx).CompanyByCIK(ctx, *cik)
	case ticker != nil:
		symbol, ok := edgar.NormalizeSymbol(*ticker)
		if !ok {
			return nil, store.ErrNotFound // no symbol: held by nobody
		}
		return loaders.From(ctx).CompanyByTicker(ctx, symbol)
	}
	kind, n, err := store.ParseNodeID(*id)
	if err != nil {
		return nil, gqlerr.BadInput("id", "%s", err)
	}
	if kind != store.NodeCompany {
		return nil, gqlerr.BadInput("id", "want the id of a Company, not of a %s", kind)
	}
	return loaders.From(ctx).CompanyByID(ctx, n)
}

// reference is a global id that was read, or why it could not be.
type reference struct {
	kind store.NodeKind
	id   int64
	err  error
}

// newReference reads the id that the argument has.
func newReference(argument, id string) reference {
	kind, n, err := store.ParseNodeID(id)
	if err != nil {
		err = gqlerr.BadInput(argument, "%s", err)
	}
	return reference{kind, n, err}
}

// definition returns the id as one of a definition; false when none can have it.
func (r reference) definition() (int32, bool) {
	if r.id > math.MaxInt32 {
		return 0, false
	}
	return int32(r.id), true //nolint:gosec // checked above
}

func (r reference) want(set *loaders.Set, batch *loaders.Batch) {
	switch r.kind {
	case store.NodeCompany:
		set.Companies.Want(batch, r.id)
	case store.NodeFiling:
		set.Filing.Want(batch, edgar.AccessionNumber(r.id))
	case store.NodeMetricDefinition:
		if id, ok := r.definition(); ok {
			set.Definition.Want(batch, id)
		}
	}
}

// load returns the object, nil when there is none.
func (r reference) load(ctx context.Context, set *loaders.Set) (model.Node, error) {
	switch r.kind {
	case store.NodeCompany:
		return node(set.Companies.Load(ctx, r.id))
	case store.NodeFiling:
		return node(set.Filing.Load(ctx, edgar.AccessionNumber(r.id)))
	case store.NodeMetricDefinition:
		if id, ok := r.definition(); ok {
			return node(set.Definition.Load(ctx, id))
		}
	}
	return nil, r.err
}

// node makes a nil row a nil Node.
func node[T any, P interface {
	*T
	model.Node
}](row P, err error) (model.Node, error) {
	if row == nil {
		return nil, err
	}
	return row, err
}

// nodes fetches the objects of all kinds in one round trip, and looks ahead at what is asked of them. There is an object
// or an error for each reference, or neither.
func nodes(ctx context.Context, refs []reference) ([]model.Node, []error) {
	set := loaders.From(ctx)
	batch := set.Batch()
	for _, ref := range refs {
		ref.want(set, batch)
	}
	batch.Run(ctx)

	found, faults := make([]model.Node, len(refs)), make([]error, len(refs))
	var companies []*store.Company
	var filings []*store.Filing
	for i, ref := range refs {
		found[i], faults[i] = ref.load(ctx, set)
		switch n := found[i].(type) {
		case *store.Company:
			companies = append(companies, n)
		case *store.Filing:
			filings = append(filings, n)
		}
	}
	lookAhead(ctx, func(l *lookahead, ctx context.Context, at *graphql.FieldContext) {
		l.companies(ctx, at, companies)
		l.filings(ctx, at, filings)
	})
	return found, faults
}

// asksPage says whether the field being resolved, a connection, is asked for more than its number of nodes.
func asksPage(ctx context.Context, types []string) bool {
	return asks(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx), types, "nodes", "edges", "pageInfo")
}
