package migrations

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNoTimescaleDB means that the database has no TimescaleDB that can be used. The error that wraps it says why.
var ErrNoTimescaleDB = errors.New("the database cannot use TimescaleDB")

// featureNotSupported is the code of the reason that the database itself gives.
const featureNotSupported = "0A000"

const metricsToTimescale = `-- name: metricsToTimescale
select metrics_to_timescale()`

// ToTimescale turns the metrics of a database that was migrated before TimescaleDB was installed into a hypertable with
// its roll-up and policies, as the migrations do it where they find the extension. It reports whether there was anything
// to do. All points are copied, while nobody else can read or write them; it is done as a whole or not at all.
// Errors: ErrNoTimescaleDB, ErrNewerDatabase; a migration that is pending is one too.
func ToTimescale(ctx context.Context, databaseURL string) (changed bool, err error) {
	s, err := open(ctx, databaseURL, files)
	if err != nil {
		return false, err
	}
	defer s.close()
	err = s.locked(ctx, func() error {
		known, err := s.known(ctx)
		if err != nil {
			return err
		}
		for _, m := range known {
			if pending(m) {
				return fmt.Errorf("migration %s is to be applied before", m.Name)
			}
		}
		err = s.db.QueryRowContext(ctx, metricsToTimescale).Scan(&changed)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == featureNotSupported {
			return fmt.Errorf("%w: %s", ErrNoTimescaleDB, pgErr.Message)
		}
		if err != nil {
			return fmt.Errorf("turn metrics into a hypertable: %w", err)
		}
		return nil
	})
	return changed, err
}
