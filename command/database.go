package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/corpintel/corpintel/embedded"
)

// stopTimeout bounds the stop of the embedded server.
const stopTimeout = 30 * time.Second

// databaseFlags say which PostgreSQL to use.
type databaseFlags struct {
	URL         databaseURL `name:"database-url" setting:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL 15 or later to use. Default: an embedded server, which runs as long as the program."`
	DirectURL   databaseURL `name:"database-direct-url" setting:"DATABASE_DIRECT_URL" placeholder:"URL" help:"The same database without a connection pooler, for migrations and imports, when the first goes through one."`
	DataDir     string      `name:"data-dir" setting:"CORPINTEL_DATA_DIR" type:"path" placeholder:"DIR" help:"Folder of the embedded servers. Default: corpintel in the user's data folder."`
	PostgresBin string      `name:"postgres-bin" setting:"CORPINTEL_POSTGRES_BIN" type:"path" placeholder:"DIR" help:"Folder of the programs postgres and initdb, for the embedded server. Default: searched."`
}

// Validate refuses a direct URL that belongs to nothing.
func (f databaseFlags) Validate() error {
	if f.DirectURL != "" && f.URL == "" {
		return errors.New("DATABASE_DIRECT_URL goes with DATABASE_URL, which is not set")
	}
	return nil
}

// database is a PostgreSQL that can be reached.
type database struct {
	url      string // for requests
	direct   string // for what needs one server session: migrations, imports
	place    string // for people
	embedded *embedded.Postgres
}

// open returns the database to use; the embedded server is started, or joined when it runs already.
func (f databaseFlags) open(ctx context.Context, e *Environment, logger *slog.Logger) (*database, error) {
	if f.URL != "" {
		direct := f.DirectURL
		if direct == "" {
			direct = f.URL
		}
		return &database{url: string(f.URL), direct: string(direct), place: f.URL.place()}, nil
	}
	dir, err := f.dir(e)
	if err != nil {
		return nil, err
	}
	server, err := embedded.StartPostgres(ctx, embedded.Options{Dir: dir, BinDir: f.PostgresBin, Logger: logger})
	if err != nil {
		return nil, err
	}
	return &database{
		url: server.URL(), direct: server.DirectURL(), place: "embedded PostgreSQL in " + dir, embedded: server,
	}, nil
}

// dir returns the folder of the embedded servers.
func (f databaseFlags) dir(e *Environment) (string, error) {
	if f.DataDir != "" {
		return f.DataDir, nil
	}
	return embedded.DefaultDir(e.lookup)
}

// isEmbedded reports whether the database is the program's own, which it may fill.
func (d *database) isEmbedded() bool { return d.embedded != nil }

// ended returns a channel that is closed when a server that this process started has ended.
func (d *database) ended() <-chan struct{} {
	if d.embedded == nil {
		return nil
	}
	return d.embedded.Done()
}

// close stops the embedded server if this process started it.
func (d *database) close(ctx context.Context) error {
	if d.embedded == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := d.embedded.Stop(ctx); err != nil {
		return fmt.Errorf("stop the embedded PostgreSQL: %w", err)
	}
	return nil
}
