//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Ping returns nil when the server accepts connections.
func (c *Cluster) Ping(ctx context.Context) error { return ping(ctx, c.SuperuserURL("postgres")) }

// ping connects to a database and leaves.
func ping(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// CreateApplication makes the program's role and its database where they are missing. The role owns the database and may
// look at the server's statistics; it is no superuser.
func (c *Cluster) CreateApplication(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.SuperuserURL("postgres"))
	if err != nil {
		return err
	}
	err = errors.Join(createApplication(ctx, conn), conn.Close(ctx))
	if err != nil {
		return fmt.Errorf("create the database %s: %w", application, err)
	}
	return nil
}

const (
	duplicateObject   = "42710"
	duplicateDatabase = "42P04"
	noSuchDatabase    = "3D000"
	noSuchRole        = "28000" // invalid authorization
)

// ensureApplication is CreateApplication, only when the database cannot be connected to for want of it.
func (c *Cluster) ensureApplication(ctx context.Context) error {
	err := ping(ctx, c.URL(application))
	if is(err, noSuchDatabase, noSuchRole) {
		return c.CreateApplication(ctx)
	}
	return err
}

func createApplication(ctx context.Context, conn *pgx.Conn) error {
	for _, statement := range []string{
		"create role " + application + " login",
		"grant pg_monitor to " + application,
		"create database " + application + " owner " + application,
	} {
		_, err := conn.Exec(ctx, statement)
		if is(err, duplicateObject, duplicateDatabase) {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// is reports whether an error is one of the server's with one of the codes.
func is(err error, codes ...string) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, pgErr.Code)
}
