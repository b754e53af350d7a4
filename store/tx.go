package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Tx is a transaction that writes. It is not safe for concurrent use.
type Tx struct {
	tx      pgx.Tx
	changes changeSet
}

// WithTx runs do in a transaction, which is committed if do returns nil, with the changes that it noted, and else rolled
// back. While PostgreSQL is restarting it begins again, as a read does; from then on nothing is repeated. Nothing in do
// waits for the network but for PostgreSQL. Errors: that of do, ErrUnavailable.
func (s *Store) WithTx(ctx context.Context, do func(tx *Tx) error) error {
	conn, tx, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer conn.Release()
	defer func() { _ = tx.Rollback(ctx) }() // nothing after Commit; else there is an error to return
	t := &Tx{tx: tx, changes: changeSet{}}
	if err := do(t); err != nil {
		return away(err)
	}
	if err := t.changes.publish(ctx, tx); err != nil {
		return away(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", away(err))
	}
	return nil
}

func (s *Store) begin(ctx context.Context) (conn connection, tx pgx.Tx, err error) {
	err = s.repeat(ctx, func() (err error) {
		if conn, err = s.acquire(ctx); err != nil {
			return err
		}
		if tx, err = conn.Begin(ctx); err != nil {
			conn.Release()
		}
		return err
	})
	return conn, tx, err
}

// away makes an error that means that PostgreSQL is away ErrUnavailable.
func away(err error) error {
	if err != nil && isAway(err) && !errors.Is(err, ErrUnavailable) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
