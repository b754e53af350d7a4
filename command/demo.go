package command

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/demo"
	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store"
)

// demoCommand loads synthetic data.
type demoCommand struct {
	Companies  count `default:"500" placeholder:"N" help:"How many companies."`
	FullPrices bool  `help:"Five years of all prices for every company, as benchmarks want it."`
}

// Run loads the data.
func (c *demoCommand) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		if _, err := migrations.Up(ctx, db.direct); err != nil {
			return err
		}
		s, err := store.Open(ctx, db.direct, store.Options{MaxConns: 2, Logger: logger})
		if err != nil {
			return err
		}
		defer s.Close()
		summary, err := demo.Load(ctx, s.Pool(), demo.Options{
			Companies: int(c.Companies), FullPrices: c.FullPrices, Logger: logger, Now: e.Now,
		})
		if err != nil {
			return err
		}
		if summary.AlreadyLoaded {
			fmt.Fprintf(e.Stdout, "%s: nothing to do, the demo data are there already\n", db.place)
		}
		fmt.Fprintf(e.Stdout, "%s companies, %s filings, %s facts, %s values in %s\n", grouped(summary.Companies),
			grouped(summary.Filings), grouped(summary.Facts), grouped(summary.Points), summary.Elapsed.Round(1e6))
		return nil
	})
}

// loadDemo gives an empty database its first data.
func loadDemo(ctx context.Context, e *Environment, pool *pgxpool.Pool, logger *slog.Logger) error {
	_, err := demo.Load(ctx, pool, demo.Options{Companies: firstCompanies, Logger: logger, Now: e.Now})
	return err
}
