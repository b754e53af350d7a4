package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/store"
)

// examinePooler returns what doctor says of a connection pooler before the database; nothing where there is none.
func examinePooler(ctx context.Context, db *database) ([]doctor.Finding, error) {
	p, err := store.FindPooler(ctx, db.url)
	if f, refused := doctor.Refused("pooler", err); refused {
		return []doctor.Finding{f}, nil
	}
	if err != nil {
		return nil, err
	}
	if !p.There {
		return nil, nil
	}
	findings := []doctor.Finding{lookAtConsole(ctx, db.url, p)}
	if db.direct == db.url {
		findings = append(findings, doctor.Finding{
			Status: doctor.Warn, What: "DATABASE_URL leads to a connection pooler and DATABASE_DIRECT_URL is not set",
			Advice: "Set DATABASE_DIRECT_URL: migrations and imports need a session of their own, and servers are told of changes there.",
		})
	}
	if len(p.Unset) > 0 {
		findings = append(findings, doctor.Finding{
			Status: doctor.Warn, What: "its server connections lack " + strings.Join(p.Unset, ", "),
			Advice: "Run: " + p.Advice(databaseName(db.url)) + ". New server connections have it.",
		})
	}
	for i := range findings {
		findings[i].Check = "pooler"
	}
	return findings, nil
}

// lookAtConsole asks PgBouncer's console for its release and its mode. What cannot be asked is said.
func lookAtConsole(ctx context.Context, url string, p store.Pooler) doctor.Finding {
	f := doctor.Finding{Status: doctor.OK, What: fmt.Sprintf("a connection pooler; statements are sent in the mode %s", p.Mode())}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	version, mode, err := askConsole(ctx, url)
	if err != nil {
		f.What += "; its console cannot be asked"
		f.Status = doctor.Warn
		f.Advice = "If it is PgBouncer, name this role in its stats_users, so that its mode can be looked at."
		return f
	}
	f.What = fmt.Sprintf("%s, pool_mode %s; statements are sent in the mode %s", version, mode, p.Mode())
	switch {
	case mode == "statement":
		f.Status = doctor.Fail
		f.Advice = "Set pool_mode = transaction: a statement of a transaction must not go elsewhere than the others."
	case !p.Tracks:
		f.Advice = ""
		f.What += ", as it does not keep prepared statements (PgBouncer 1.21 or later with max_prepared_statements = 200 does, which spares PostgreSQL the planning)"
	}
	return f
}

// askConsole returns PgBouncer's release, and the mode of its pool for the database that url leads to.
func askConsole(ctx context.Context, url string) (version, mode string, err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return "", "", err
	}
	database := config.Database
	config.Database = "pgbouncer"
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", "", err
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, "show version").Scan(&version); err != nil {
		return "", "", err
	}
	pools, err := readConsole(ctx, conn, "show pools")
	if err != nil {
		return "", "", err
	}
	for _, pool := range pools {
		if pool["database"] == database && pool["user"] == config.User {
			return version, pool["pool_mode"], nil
		}
	}
	return version, "of its own", nil
}

// readConsole returns the rows of a command of PgBouncer's console, whose columns differ between releases.
func readConsole(ctx context.Context, conn *pgx.Conn, command string) ([]map[string]string, error) {
	rows, err := conn.Query(ctx, command)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (map[string]string, error) {
		fields := map[string]string{}
		for i, raw := range slices.All(row.RawValues()) {
			fields[row.FieldDescriptions()[i].Name] = string(raw)
		}
		return fields, nil
	})
}
