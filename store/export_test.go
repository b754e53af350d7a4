package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Requests of every shape.
var (
	Pages             = pages
	FilingFilters     = filingFilters
	DefinitionFilters = definitionFilters
	CompanyFilters    = companyFilters
	CompanyRequests   = companyRequests
)

// RunQuery executes a statement as the methods of Store do.
func (s *Store) RunQuery(ctx context.Context, sql string, scan func(pgx.Rows) error) error {
	return s.run(ctx, query{sql: sql, scan: scan})
}

// The counts, each alone.

func (s *Store) CompanyCount(ctx context.Context, f *CompanyFilter) (int, error) {
	return s.count(ctx, func(b *Batch) *int { return b.CompanyCount(f) })
}

func (s *Store) SearchCompanyCount(ctx context.Context, c *CompanySearch) (int, error) {
	return s.count(ctx, func(b *Batch) *int { return b.SearchCompanyCount(c) })
}

func (s *Store) FilingCount(ctx context.Context, f *FilingFilter) (int, error) {
	return s.count(ctx, func(b *Batch) *int { return b.FilingCount(f) })
}

func (s *Store) DefinitionCount(ctx context.Context, f *MetricDefinitionFilter) (int, error) {
	return s.count(ctx, func(b *Batch) *int { return b.DefinitionCount(f) })
}

func (s *Store) count(ctx context.Context, ask func(*Batch) *int) (int, error) {
	b := s.Batch()
	n := ask(b)
	err := b.Run(ctx)
	return *n, err
}
