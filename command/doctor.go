package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/migrations"
)

// doctorCommand looks at the database.
type doctorCommand struct {
	Format string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"Format of the findings: text or json."`

	Redis redisFlags `embed:""`
}

// errIll says that a check has failed.
var errIll = errors.New("the database is not in order: see what is marked with fail")

// Run writes what the checks find. It fails when one of them does.
func (c *doctorCommand) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		findings, err := examine(ctx, e, db)
		if err != nil {
			return err
		}
		redis, err := c.Redis.examine(ctx, e.Now)
		if err != nil {
			return err
		}
		findings = append(findings, redis...)
		write := writeFindings
		if c.Format == "json" {
			write = writeFindingsJSON
		}
		if err := write(e.Stdout, findings); err != nil {
			return err
		}
		if doctor.Worst(findings) == doctor.Fail {
			return errIll
		}
		return nil
	})
}

func examine(ctx context.Context, e *Environment, db *database) ([]doctor.Finding, error) {
	steps, err := migrations.Status(ctx, db.direct)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, db.direct)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer pool.Close()
	return doctor.Examine(ctx, pool, doctor.Options{Migrations: steps, Now: e.Now})
}

// writeFindings writes a line for each finding, and one below it where there is something to do.
func writeFindings(w io.Writer, findings []doctor.Finding) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Status, f.Check, f.What)
		if f.Advice != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Advice)
		}
	}
	return table.Flush()
}

func writeFindingsJSON(w io.Writer, findings []doctor.Finding) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(struct {
		Status   doctor.Status    `json:"status"`
		Findings []doctor.Finding `json:"findings"`
	}{doctor.Worst(findings), findings})
}
