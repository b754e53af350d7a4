//go:build !unix

package embedded

import (
	"context"
	"errors"
	"fmt"
)

// Postgres is a private PostgreSQL server; there is none on this system.
type Postgres struct{}

// StartPostgres returns errors.ErrUnsupported.
func StartPostgres(context.Context, Options) (*Postgres, error) {
	return nil, fmt.Errorf("embedded PostgreSQL: %w on this system: set DATABASE_URL to a server that runs", errors.ErrUnsupported)
}

// URL returns nothing.
func (*Postgres) URL() string { return "" }

// DirectURL returns nothing.
func (*Postgres) DirectURL() string { return "" }

// Attached reports whether another process owns the server.
func (*Postgres) Attached() bool { return false }

// Done returns a channel that is never ready.
func (*Postgres) Done() <-chan struct{} { return nil }

// Stop does nothing.
func (*Postgres) Stop(context.Context) error { return nil }
