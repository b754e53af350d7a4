package store

import (
	"context"
	"time"

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

// Moved returns the position of another server, taken so much later, or of another snapshot, unless that is empty.
func (p OutboxPosition) Moved(server, at time.Duration, snapshot string) OutboxPosition {
	p.server, p.at = p.server.Add(server), p.at.Add(at)
	if snapshot != "" {
		p.snapshot = snapshot
	}
	return p
}

// HoldTrim keeps others from trimming the outbox until tx ends.
func (s *Store) HoldTrim(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, lockTrim, int64(trimLock))
	return err
}

// OutboxHistoryStatement is what OutboxListener.History sends.
const OutboxHistoryStatement = outboxHistory
