package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/term"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store"
)

// importCommand loads files.
type importCommand struct {
	EDGAR     importEDGAR     `cmd:"" name:"edgar" help:"Import files of the SEC's EDGAR: submissions, companyfacts, company_tickers(_exchange).json, indexes of filings; plain, .gz or inside the SEC's .zip."`
	Prices    importPrices    `cmd:"" name:"prices" help:"Import daily prices from CSV files, plain or .gz."`
	Reference importReference `cmd:"" name:"reference" help:"Import sector and industry of companies from CSV files, plain or .gz."`
}

// importEDGAR loads EDGAR files.
type importEDGAR struct {
	Paths  []string `arg:"" name:"path" help:"Files and folders; folders are walked."`
	Only   filers   `placeholder:"CIK,..." help:"Take only what is of these companies, named by their CIKs: 320193,1652044."`
	Strict bool     `help:"Fail at the end if any record was rejected."`
	AsOf   day      `name:"as-of" placeholder:"DATE" help:"Day that ticker files tell of, such as 2026-07-30. Default: when each file was last modified."`
	importFlags
}

// importFlags are flags of all imports.
type importFlags struct {
	Wait duration `default:"5m" placeholder:"DURATION" help:"How long to wait for a database that goes away."`
}

// filers are companies by their CIKs.
type filers []edgar.CIK

// UnmarshalText reads a list of CIKs with commas between them, and adds it to f. An empty one is refused: it would mean
// all companies.
func (f *filers) UnmarshalText(text []byte) error {
	for cell := range strings.SplitSeq(string(text), ",") {
		cik, err := edgar.ParseCIK(strings.TrimSpace(cell))
		if err != nil {
			return err
		}
		*f = append(*f, cik)
	}
	return nil
}

// importReference loads reference files.
type importReference struct {
	Paths  []string `arg:"" name:"file" help:"CSV files with the columns symbol or cik (or both), sector and industry."`
	Strict bool     `help:"Fail at the end if any record was rejected."`
	AsOf   day      `name:"as-of" placeholder:"DATE" help:"Day that the files tell of, such as 2026-07-30. Default: when each file was last modified."`
	importFlags
}

// day is a date.
type day edgar.Date

// UnmarshalText reads a day.
func (d *day) UnmarshalText(text []byte) error {
	parsed, err := edgar.ParseDate(string(text))
	*d = day(parsed)
	return err
}

// Run imports the files.
func (c *importEDGAR) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return runImport(ctx, e, flags, logger, func(pool *pgxpool.Pool, o ingest.Options) (*ingest.Report, error) {
		o.Strict, o.TickersAsOf, o.Only, o.Wait = c.Strict, edgar.Date(c.AsOf), c.Only, time.Duration(c.Wait)
		return ingest.Run(ctx, pool, c.Paths, o)
	})
}

// Run imports the files.
func (c *importReference) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return runImport(ctx, e, flags, logger, func(pool *pgxpool.Pool, o ingest.Options) (*ingest.Report, error) {
		o.Strict, o.ReferenceAsOf, o.Wait = c.Strict, edgar.Date(c.AsOf), time.Duration(c.Wait)
		return ingest.RunReference(ctx, pool, c.Paths, o)
	})
}

// runImport migrates the database and runs an import on it. The report goes to the output; progress and what was rejected,
// with the reason, beside it.
func runImport(
	ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger,
	run func(*pgxpool.Pool, ingest.Options) (*ingest.Report, error),
) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		if _, err := migrations.Up(ctx, db.direct); err != nil {
			return err
		}
		s, err := store.Open(ctx, db.direct, store.Options{MaxConns: 4, Logger: logger})
		if err != nil {
			return err
		}
		defer s.Close()
		report, err := run(s.Pool(), ingest.Options{
			Progress:   e.Stderr,
			Terminal:   isTerminal(e.Stderr),
			Rejections: e.Stderr,
			Logger:     logger,
			Now:        e.Now,
		})
		if writeErr := report.Write(e.Stdout); err == nil && writeErr != nil {
			return fmt.Errorf("write the report: %w", writeErr)
		}
		return err
	})
}

// isTerminal reports whether a person looks at what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}
