package command

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/corpintel/corpintel/store"
)

// execMode says how statements are sent.
type execMode store.ExecMode

// UnmarshalText reads an execMode.
func (m *execMode) UnmarshalText(text []byte) error {
	switch given := store.ExecMode(text); given {
	case store.ExecAuto, store.ExecPrepare, store.ExecDescribe:
		*m = execMode(given)
		return nil
	default:
		return errors.New("want auto, prepare or describe")
	}
}

// cancelGrace is how much longer than a request a statement may take: by then the server has been told to cancel it.
const cancelGrace = 5 * time.Second

// storeOptions are those of the connections for requests.
func (c *serveCommand) storeOptions(observer store.Observer, logger *slog.Logger) store.Options {
	return store.Options{
		MaxConns:         int32(c.PoolSize),
		ExecMode:         store.ExecMode(c.ExecMode),
		StatementTimeout: time.Duration(c.RequestTimeout) + cancelGrace,
		Observer:         observer,
		Logger:           logger,
	}
}

// mentionPooler says how a connection pooler is dealt with, and what it lacks.
func (d *database) mentionPooler(ctx context.Context, p store.Pooler, mode store.ExecMode, logger *slog.Logger) {
	if !p.There {
		return
	}
	if mode == store.ExecAuto {
		mode = p.Mode()
		logger.InfoContext(ctx, "a connection pooler stands before the database", slog.String("execMode", string(mode)))
	}
	if mode == store.ExecPrepare && !p.Tracks {
		logger.WarnContext(ctx, "the connection pooler does not know prepared statements: unless it keeps one server connection "+
			"for each of ours (session mode) they fail; CORPINTEL_DATABASE_EXEC_MODE=auto does without")
	}
	if d.direct == d.url {
		logger.WarnContext(ctx, "DATABASE_URL leads to a connection pooler and DATABASE_DIRECT_URL is not set: migrations need it")
	}
	if len(p.Unset) > 0 {
		logger.WarnContext(ctx, "the connection pooler's server connections lack settings without which some statements take much longer",
			slog.String("remedy", p.Advice(databaseName(d.url))))
	}
}

// databaseName returns the name of the database that a URL leads to.
func databaseName(url string) string {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return "" // it was parsed before
	}
	return config.Database
}
