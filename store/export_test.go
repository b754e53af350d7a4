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
