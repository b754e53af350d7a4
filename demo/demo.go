package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/store"
)

// Options say what to load and who is told.
type Options struct {
	// Companies is how many there will be, from 1 to MaxCompanies.
	Companies int

	// FullPrices gives every company all six price series over five years, as benchmarks want it: 7,500 points a
	// security. Otherwise the first 20 companies have that, the next 20 have close and volume over five years, and the
	// others close and volume over two.
	FullPrices bool

	Logger   *slog.Logger          // nil: silent
	Progress func(done, total int) // called after every few companies with their number; nil: nobody is told
	Now      func() time.Time      // for Summary.Elapsed alone; nil: time.Now
}

// Summary counts the rows in the database after Load.
type Summary struct {
	Companies, Securities, Filings, Facts, Series, Points int64

	AlreadyLoaded bool // they were there before: nothing was done
	Elapsed       time.Duration
}

// Load fills an empty, migrated database. One transaction writes everything: after an error, or when the program is
// killed, nothing is there, and Load can be called again. It streams: memory does not grow with the number of companies.
//
// Where the same data are already, Load does nothing and says so in the Summary. Error: ErrOtherData when the database
// holds anything else.
func Load(ctx context.Context, pool *pgxpool.Pool, o Options) (Summary, error) {
	if o.Companies < 1 || o.Companies > MaxCompanies {
		return Summary{}, fmt.Errorf("demo data of %d companies: want 1 to %d", o.Companies, MaxCompanies)
	}
	o = o.withDefaults()
	started := o.Now()

	s, err := existing(ctx, pool, o) // without a lock: where there are data, nobody is kept waiting
	if err == nil && !s.AlreadyLoaded {
		s, err = loadLocked(ctx, pool, o)
	}
	if err != nil {
		return Summary{}, fmt.Errorf("load demo data: %w", err)
	}
	s.Elapsed = o.Now().Sub(started)
	if s.AlreadyLoaded {
		o.Logger.InfoContext(ctx, "demo data are there already", "companies", s.Companies)
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// existing returns the Summary of the data that o asks for where they are there, a zero one of an empty database, and
// ErrOtherData else.
func existing(ctx context.Context, q querier, o Options) (Summary, error) {
	c, err := readContents(ctx, q)
	switch {
	case err != nil || c.empty():
		return Summary{}, err
	case c.matches(o):
		return c.summary(), nil
	default:
		return Summary{}, fmt.Errorf("%w: it holds %s", ErrOtherData, c.describe())
	}
}

// Nobody else may write while the database is looked at and filled; readers may read.
const lockForDemo = `-- name: LockForDemo
lock table companies, securities, filings, concepts, definitions, series in share row exclusive mode`

// loadLocked loads in one transaction, unless another one did in the meantime.
func loadLocked(ctx context.Context, pool *pgxpool.Pool, o Options) (Summary, error) {
	var s Summary
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockForDemo); err != nil {
			return fmt.Errorf("lock the tables: %w", err)
		}
		var err error
		if s, err = existing(ctx, tx, o); err != nil || s.AlreadyLoaded {
			return err
		}
		s, err = load(ctx, tx, o)
		return err
	})
	if err == nil && !s.AlreadyLoaded {
		settle(ctx, pool, o.Logger)
	}
	return s, err
}

// load writes everything into empty tables.
func load(ctx context.Context, tx pgx.Tx, o Options) (Summary, error) {
	var s Summary
	g := newGenerator(o.Companies, o.FullPrices)
	if _, err := conceptTable.copyOf(g.concepts)(ctx, tx); err != nil {
		return s, err
	}
	if _, err := definitionTable.copyOf(g.definitions)(ctx, tx); err != nil {
		return s, err
	}
	for first := 1; first <= o.Companies; first += chunkCompanies {
		if err := write(ctx, tx, g.next(first), &s); err != nil {
			return s, err
		}
		o.Progress(int(s.Companies), o.Companies)
	}
	if err := rollUp(ctx, tx); err != nil {
		return s, err
	}
	if err := advanceSequences(ctx, tx); err != nil {
		return s, err
	}
	return s, store.Publish(ctx, tx, store.Change{Kind: store.ChangeEverything})
}

const rollUpDemo = `-- name: RollUpDemo
select rebuild_metrics_month()`

// rollUp fills the monthly roll-up of the prices.
func rollUp(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, rollUpDemo); err != nil {
		return fmt.Errorf("roll up the prices: %w", err)
	}
	return nil
}

// write writes the rows of a chunk in an order that the foreign keys allow, and adds their numbers to s.
func write(ctx context.Context, tx pgx.Tx, ch *chunk, s *Summary) error {
	var uncounted int64
	for _, t := range []struct {
		count *int64
		copy  func(context.Context, pgx.Tx) (int64, error)
	}{
		{&s.Companies, companyTable.copyOf(ch.companies)},
		{&s.Securities, securityTable.copyOf(ch.securities)},
		{&s.Filings, filingTable.copyOf(ch.filings)},
		{&uncounted, filerTable.copyOf(ch.filers)},
		{&uncounted, formTable.copyOf(ch.forms)},
		{&s.Facts, factTable.copyOf(ch.facts)},
		{&uncounted, unitTable.copyOf(ch.units)},
		{&s.Series, seriesTable.copyOf(ch.series)},
		{&s.Points, pointTable.copyOf(ch.points)},
		{&uncounted, versionTable.copyOf(ch.versions)},
	} {
		n, err := t.copy(ctx, tx)
		if err != nil {
			return err
		}
		*t.count += n
	}
	return nil
}

const advanceSequence = `-- name: AdvanceSequence
select setval(pg_get_serial_sequence('companies', 'id'), (select max(id) from companies)),
  setval(pg_get_serial_sequence('securities', 'id'), (select max(id) from securities)),
  setval(pg_get_serial_sequence('concepts', 'id'), (select max(id) from concepts)),
  setval(pg_get_serial_sequence('definitions', 'id'), (select max(id) from definitions)),
  setval(pg_get_serial_sequence('facts', 'id'), (select max(id) from facts)),
  setval(pg_get_serial_sequence('series', 'id'), (select max(id) from series))`

// advanceSequences makes rows that are inserted later get ids beyond those of the demo data.
func advanceSequences(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, advanceSequence); err != nil {
		return fmt.Errorf("advance the sequences: %w", err)
	}
	return nil
}

const vacuumAfterDemo = `-- name: VacuumAfterDemo
vacuum (analyze) companies, securities, filings, filing_companies, company_forms, concepts, definitions, facts,
  concept_units, series, metrics, point_versions, metrics_month, metrics_stale`

const refreshAfterDemo = `-- name: RefreshAfterDemo
call refresh_metrics_month()`

// settle tells the planner what is in the tables, and that their pages are visible to all: index-only scans need it. On
// TimescaleDB it brings the roll-up up to date before.
// Without it the data are complete all the same, and autovacuum and the scheduler do it later.
func settle(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) {
	if _, err := pool.Exec(ctx, refreshAfterDemo); err != nil {
		log.WarnContext(ctx, "the roll-up of the demo data is not up to date yet", "error", err)
	}
	if _, err := pool.Exec(ctx, vacuumAfterDemo); err != nil {
		log.WarnContext(ctx, "demo data are not analyzed yet", "error", err)
	}
}
