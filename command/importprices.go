package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/prices"
)

// importPrices loads daily prices.
type importPrices struct {
	Paths  []string `arg:"" name:"file" help:"CSV files with the columns date, ticker, open, high, low, close, adj_close and volume."`
	Map    string   `name:"map" placeholder:"FILE" help:"CSV file with the columns symbol, cik, from and to: which company held a symbol when. It overrides what is known otherwise."`
	Strict bool     `help:"Fail at the end if any value was rejected."`
	importFlags
}

// Run imports the files.
func (c *importPrices) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	holdings, err := readSymbolMap(c.Map)
	if err != nil {
		return err
	}
	return runImport(ctx, e, flags, logger, func(pool *pgxpool.Pool, o ingest.Options) (*ingest.Report, error) {
		o.Strict, o.Wait = c.Strict, time.Duration(c.Wait)
		return ingest.RunPrices(ctx, pool, c.Paths, holdings, o)
	})
}

// readSymbolMap returns nil when no file is named.
func readSymbolMap(path string) (*prices.SymbolMap, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no map is a map that says nothing
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("symbol map: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	m, err := prices.ParseSymbolMap(f)
	if err != nil {
		return nil, fmt.Errorf("symbol map %s: %w", path, err)
	}
	return m, nil
}
