package command

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web/document"
)

// What a server that starts fetches before it is ready.
const (
	warmCompanies = 100 // those worth most
	warmFilings   = 1000
)

// optionalDuration is a time, 0 for none.
type optionalDuration time.Duration

// UnmarshalText reads a duration.
func (d *optionalDuration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 || parsed > maxDuration {
		return errors.New("want a duration, such as 2s, at most 480h, or 0 for none")
	}
	*d = optionalDuration(parsed)
	return nil
}

// keepEntities returns where a server keeps rows, nil where it keeps none.
func (s *server) keepEntities() *loaders.Entities {
	if s.entityBytes == 0 {
		return nil
	}
	kept := loaders.NewEntities(loaders.EntitiesOptions{Bytes: s.entityBytes, Fresh: s.events.Fresh})
	s.events.Subscribe(func(b events.Batch) { kept.Apply(b.All, b.Changes) })
	return kept
}

// warmUp fetches what is asked for most, and returns when that is done or its time is over, whatever the database does. What
// fails is fetched when somebody asks for it.
func (s *server) warmUp(ctx context.Context, l *loaders.Loaders, documents *document.Store) {
	if s.warmFor <= 0 {
		return
	}
	start := s.now()
	limited, cancel := context.WithTimeout(ctx, s.warmFor)
	done := make(chan error, 1)
	s.warming.Go(func() {
		defer cancel()
		done <- errors.Join(s.warmRows(limited, l), s.warmDocuments(limited, documents))
	})
	var err error
	select {
	case err = <-done:
	case <-limited.Done():
		err = limited.Err()
	}
	switch took := slog.Duration("took", s.now().Sub(start)); {
	case ctx.Err() != nil:
	case err != nil:
		s.logger.InfoContext(ctx, "warm-up ended early", took, slog.Any("reason", err))
	default:
		s.logger.InfoContext(ctx, "warmed up", took)
	}
}

// warmRows fetches companies and filings. Where no entities are kept, it has the database read them, and prepares statements.
func (s *server) warmRows(ctx context.Context, l *loaders.Loaders) error {
	companies, err := s.store.CompaniesPage(ctx, &store.CompaniesRequest{
		Filter: &store.CompanyFilter{}, Page: store.Page{Limit: warmCompanies},
		Order: store.CompanyOrdering{Field: store.CompanyByMarketCap, Descending: true},
	})
	if err != nil {
		return err
	}
	filings, err := s.store.FilingsPage(ctx, &store.FilingsRequest{Filter: &store.FilingFilter{}, Page: store.Page{Limit: warmFilings}})
	if err != nil {
		return err
	}
	ids := make([]int64, len(companies.Nodes))
	for i, c := range companies.Nodes {
		ids[i] = c.ID
	}
	accessions := make([]edgar.AccessionNumber, len(filings.Nodes))
	for i, f := range filings.Nodes {
		accessions[i] = f.AccessionNumber
	}
	ctx = l.Attach(ctx)
	set := loaders.From(ctx)
	batch := set.Batch()
	set.Companies.Want(batch, ids...)
	set.Tickers.Want(batch, ids...)
	set.FilingSummaries.Want(batch, ids...)
	set.Filing.Want(batch, accessions...)
	set.FilingCompanies.Want(batch, accessions...)
	batch.Run(ctx)
	for _, c := range companies.Nodes {
		if c.Ticker == nil {
			continue
		}
		if _, err := set.CompanyByTicker(ctx, *c.Ticker); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// warmDocuments parses and validates what clients have registered. A text that does not fit the schema any more is told to who
// calls it.
func (s *server) warmDocuments(ctx context.Context, documents *document.Store) error {
	for _, d := range s.registry.clients.Executed(s.now()) {
		text, err := s.registry.clients.Text(ctx, d)
		if err != nil {
			return err
		}
		_, _ = documents.LoadRegistered(text)
	}
	return nil
}
