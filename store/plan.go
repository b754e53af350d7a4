package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// planName is the prepared statement that Plan makes and takes away.
const planName = "corpintel_plan"

// planGrace is how long PostgreSQL has to say that the limit is over.
const planGrace = time.Second

// planParameters are the types of its parameters, in order.
const planParameters = `-- name: PlanParameters
select p::int8
from pg_prepared_statements, unnest(parameter_types::oid[]) with ordinality as t (p, n)
where name = '` + planName + `' and from_sql
order by n`

// Plan runs a read again, and returns how PostgreSQL executed it: EXPLAIN (ANALYZE, BUFFERS) as text, of the plan for all
// values, which is the one that the statement runs by. It takes a transaction that can only read. PostgreSQL is busy with it no
// longer than limit, also when ctx ends before. Errors: ErrUnavailable, and what PostgreSQL says.
func (s *Store) Plan(ctx context.Context, sql string, args []any, limit time.Duration) (plan string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit+planGrace)
	defer cancel()
	conn, err := s.acquire(ctx)
	if err != nil {
		return "", fmt.Errorf("connection for a plan: %w", away(err))
	}
	defer conn.Release()
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// Nothing here is prepared by pgx: a statement is explained once.
		set := "set local statement_timeout = " + strconv.FormatInt(max(1, limit.Milliseconds()), 10)
		for _, statement := range []string{set, "prepare " + planName + " as " + sql} {
			if _, err := tx.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		// What was prepared outlives the transaction, and a failure in the savepoint does not.
		explained := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) (err error) {
			plan, err = executePlan(ctx, tx, args)
			return err
		})
		_, err := tx.Exec(ctx, "deallocate "+planName, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			_ = conn.Conn.Conn().Close(ctx) // it may have the statement still
		}
		return errors.Join(explained, err)
	})
	if err != nil {
		return "", fmt.Errorf("plan of %s: %w", statementName(sql), away(err))
	}
	return plan, nil
}

// executePlan explains the prepared statement with the arguments.
func executePlan(ctx context.Context, tx pgx.Tx, args []any) (string, error) {
	rows, _ := tx.Query(ctx, planParameters, pgx.QueryExecModeSimpleProtocol) // CollectRows reports the error
	types, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return "", err
	}
	if len(types) != len(args) {
		return "", fmt.Errorf("%d arguments, want %d", len(args), len(types))
	}
	call := "explain (analyze, buffers) execute " + planName
	if len(args) > 0 {
		literals := make([]string, len(args))
		for i, arg := range args {
			if literals[i], err = literal(tx.Conn(), uint32(types[i]), arg); err != nil { //nolint:gosec // an oid
				return "", fmt.Errorf("argument %d: %w", i+1, err)
			}
		}
		call += " (" + strings.Join(literals, ", ") + ")"
	}
	rows, _ = tx.Query(ctx, call, pgx.QueryExecModeSimpleProtocol)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// literal writes a value as a constant, which takes the type of its parameter.
func literal(conn *pgx.Conn, oid uint32, value any) (string, error) {
	text, err := conn.TypeMap().Encode(oid, pgx.TextFormatCode, value, []byte{})
	if err != nil {
		return "", err
	}
	if text == nil {
		return "null", nil
	}
	return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(string(text)) + "'", nil
}
