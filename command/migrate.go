package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/corpintel/corpintel/migrations"
)

// migrateCommand changes the schema.
type migrateCommand struct {
	Up     migrateUp     `cmd:"" help:"Apply all migrations that are not applied."`
	Down   migrateDown   `cmd:"" help:"Take back the newest migration, with the data that it held."`
	Status migrateStatus `cmd:"" help:"List the migrations and when they were applied."`

	Timescale migrateTimescale `cmd:"" help:"Turn metrics into a hypertable, in a database into which TimescaleDB came after the migrations."`
}

type (
	migrateUp     struct{}
	migrateDown   struct{}
	migrateStatus struct{}

	migrateTimescale struct{}
)

// Run applies all migrations.
func (migrateUp) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		applied, err := migrations.Up(ctx, db.direct)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "%d applied\n", applied)
		return nil
	})
}

// Run takes back one migration.
func (migrateDown) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		last, err := migrations.Down(ctx, db.direct)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "%s taken back\n", last.Name)
		return nil
	})
}

// Run lists the migrations.
func (migrateStatus) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		steps, err := migrations.Status(ctx, db.direct)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
		for _, step := range steps {
			name, state := step.Name, "pending"
			if name == "" {
				name = "(of a newer release)"
			}
			if step.Applied() {
				state = "applied " + step.AppliedAt.Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%d\t%s\t%s\n", step.Version, name, state)
		}
		return table.Flush()
	})
}

// Run turns metrics into a hypertable.
func (migrateTimescale) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		changed, err := migrations.ToTimescale(ctx, db.direct)
		if err != nil {
			return err
		}
		said := "metrics was a hypertable before: nothing to do"
		if changed {
			said = "metrics is a hypertable now; its roll-up is filled by TimescaleDB's scheduler within the hour, or by the next import"
		}
		fmt.Fprintln(e.Stdout, said)
		return nil
	})
}

// withDatabase runs do on the database; an embedded server that was started for it is stopped afterwards.
func withDatabase(
	ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger, do func(*database) error,
) (err error) {
	db, err := flags.open(ctx, e, logger)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	return interrupted(ctx, do(db))
}

// interrupted makes an error that came of the user's ending the command errInterrupted.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: what was committed stays, the rest was rolled back", errInterrupted)
	}
	return err
}
