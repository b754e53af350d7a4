package loaders

import (
	"context"
	"errors"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// CompanyByID is store.Store.CompanyByID.
func (s *Set) CompanyByID(ctx context.Context, id int64) (*store.Company, error) {
	n := ofCompany.name(id, 0)
	return one(ctx, s, n, id, compactCompany, (*store.Store).CompanyByID)
}

// CompanyByCIK is store.Store.CompanyByCIK.
func (s *Set) CompanyByCIK(ctx context.Context, cik edgar.CIK) (*store.Company, error) {
	return one(ctx, s, ofCIK.name(int64(cik), 0), cik, compactCompany, (*store.Store).CompanyByCIK)
}

// CompanyByTicker is store.Store.CompanyByTicker.
func (s *Set) CompanyByTicker(ctx context.Context, symbol string) (*store.Company, error) {
	n, short := symbolName(symbol)
	if !short {
		return s.shared.store.CompanyByTicker(ctx, symbol)
	}
	return one(ctx, s, n, symbol, compactCompany, (*store.Store).CompanyByTicker)
}

// FilingByAccession is store.Store.FilingByAccession.
func (s *Set) FilingByAccession(ctx context.Context, id edgar.AccessionNumber) (*store.Filing, error) {
	return one(ctx, s, ofFiling.name(int64(id), 0), id, compactFiling, (*store.Store).FilingByAccession)
}

// one returns the row of a key: the one that is kept under the name, or else what fetch returns. Errors: store.ErrNotFound,
// those of fetch and of ctx.
func one[K comparable, V any](
	ctx context.Context, s *Set, n name, key K, compact func(*V) (*V, int),
	fetch func(*store.Store, context.Context, K) (*V, error),
) (*V, error) {
	e := s.shared.entities
	if e == nil {
		return fetch(s.shared.store, ctx, key)
	}
	if e.fresh() {
		if kept, ok, _ := e.get(n, false); ok {
			e.hits.Add(1)
			s.noteKept(ctx, n, kept)
			return row(kept.(*V))
		}
	}
	q := &question[K, *V]{
		entities: e, keys: []K{key},
		shape: &shape[K, *V]{
			names:   func(_ *Entities, _ []K, to []name) []name { return append(to, n) },
			compact: compact,
		},
		ask: func(ctx context.Context, keys []K) (func(int, K) *V, error) {
			found, err := fetch(s.shared.store, ctx, keys[0])
			if errors.Is(err, store.ErrNotFound) {
				found, err = nil, nil
			}
			return func(int, K) *V { return found }, err
		},
	}
	if missing := q.look(); len(missing) > 0 {
		if err := q.run(ctx, missing, false); err != nil {
			return nil, err
		}
		if err := q.await(ctx); err != nil {
			return nil, err
		}
	}
	return row(q.values[0])
}

// row makes the row that is not there an error.
func row[V any](v *V) (*V, error) {
	if v == nil {
		return nil, store.ErrNotFound
	}
	return v, nil
}
