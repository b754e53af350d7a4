package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/migrations"
)

// doctorCommand looks at the database.
type doctorCommand struct {
	Format          string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"Format of the findings: text or json."`
	JSON            bool   `name:"json" help:"The same as --format json."`
	Strict          bool   `help:"Fail also when somebody should do something."`
	Slowest         bool   `help:"Add the 20 statements that took the most time, as pg_stat_statements has counted them."`
	ResetStatements bool   `help:"Have pg_stat_statements forget what it has counted of this database, after the look."`
	Explain         bool   `help:"Add how PostgreSQL executes our statements on the data that there is. They run for it, within limits."`
	PoolSize        count  `setting:"CORPINTEL_POOL_SIZE" default:"10" placeholder:"N" help:"Connections that each server has for requests."`

	Redis redisFlags `embed:""`
}

var (
	// errIll says that a check has failed.
	errIll = errors.New("the database is not in order: see what is marked with fail")
	// errToDo says, where that was asked for, that there is something to do.
	errToDo = errors.New("there is something to do: see what is marked with warn")
)

// Run writes what the checks find. It fails when one of them does.
func (c *doctorCommand) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		findings, err := c.examine(ctx, e, db)
		if err != nil {
			return err
		}
		var explained []plan
		if c.Explain && doctor.Worst(findings) != doctor.Fail {
			if explained, err = plans(ctx, e, db, logger); err != nil {
				return err
			}
		}
		write := writeFindings
		if c.JSON || c.Format == "json" {
			write = writeFindingsJSON
		}
		if err := write(e.Stdout, findings, explained); err != nil {
			return err
		}
		if c.ResetStatements {
			if err := resetStatements(ctx, db); err != nil {
				return err
			}
		}
		switch worst := doctor.Worst(findings); {
		case worst == doctor.Fail:
			return errIll
		case worst == doctor.Warn && c.Strict:
			return errToDo
		default:
			return nil
		}
	})
}

// examine returns what there is to say of the database, of a pooler before it, and of Redis.
func (c *doctorCommand) examine(ctx context.Context, e *Environment, db *database) ([]doctor.Finding, error) {
	pool, err := pgxpool.New(ctx, db.direct)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer pool.Close()
	findings, err := c.examineDatabase(ctx, e, db, pool)
	if err != nil {
		return nil, err
	}
	pooler, err := examinePooler(ctx, db)
	if err != nil {
		return nil, err
	}
	redis, err := c.Redis.examine(ctx, e.Now)
	if err != nil {
		return nil, err
	}
	return slices.Concat(findings, pooler, redis), nil
}

// resetStatements has the database forget what it counted, after the findings were written.
func resetStatements(ctx context.Context, db *database) error {
	pool, err := pgxpool.New(ctx, db.direct)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer pool.Close()
	return doctor.ResetStatements(ctx, pool)
}

func (c *doctorCommand) examineDatabase(
	ctx context.Context, e *Environment, db *database, pool *pgxpool.Pool,
) ([]doctor.Finding, error) {
	steps, err := migrations.Status(ctx, db.direct)
	if _, refused := doctor.Refused("migrations", err); err != nil && !refused {
		return nil, err
	}
	return doctor.Examine(ctx, pool, doctor.Options{
		Migrations: steps, Unknown: err, Now: e.Now, PoolSize: int(c.PoolSize), Slowest: c.Slowest,
	})
}

// writeFindings writes a line for each finding, and one below it where there is something to do; then the plans.
func writeFindings(w io.Writer, findings []doctor.Finding, explained []plan) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Status, f.Check, f.What)
		if f.Advice != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Advice)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return writePlans(w, explained)
}

func writeFindingsJSON(w io.Writer, findings []doctor.Finding, explained []plan) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(struct {
		Status   doctor.Status    `json:"status"`
		Findings []doctor.Finding `json:"findings"`
		Plans    []plan           `json:"plans,omitempty"`
	}{doctor.Worst(findings), findings, explained})
}
