package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// OutboxPoint is a position in the outbox that servers can compare: whoever asks the database after it sees what transactions
// before Xmin have committed.
type OutboxPoint struct {
	// Source is the database as it runs: another one when it is another server's, a copy, restored, or was started again after
	// a crash, and after a migration. Numbers of transactions of one Source never come twice. "": it cannot be told.
	Source string
	Xmin   uint64 // the oldest transaction that was not over
	Xmax   uint64 // no transaction from here on had begun
}

// Point returns the position for others; zero for the zero position.
func (p OutboxPosition) Point() OutboxPoint {
	xmin, rest, _ := strings.Cut(p.snapshot, ":")
	xmax, _, _ := strings.Cut(rest, ":")
	return OutboxPoint{Source: p.source, Xmin: transactionOf(xmin), Xmax: transactionOf(xmax)}
}

// transactionOf reads the number of a transaction that PostgreSQL has written; 0 where there is none.
func transactionOf(digits string) uint64 {
	n, _ := strconv.ParseUint(digits, 10, 64) // 0 is the number of none
	return n
}

// outboxSource names the database as it runs. A crash is told from an end by the statistics, which it resets: transactions that
// were given numbers and were not written down when it came get the same ones again. The file of the table is another one when the
// table was emptied, or restored from a dump.
const outboxSource = `-- name: OutboxSource
select format('%s-%s-%s-%s-%s-%s', s.system_identifier, d.oid, pg_relation_filenode('outbox'),
  (select max(version_id) from goose_db_version),
  extract(epoch from pg_postmaster_start_time()), extract(epoch from b.stats_reset))
from pg_control_system() s, pg_database d, pg_stat_bgwriter b
where d.datname = current_database()`

// findSource finds out what the outbox is of; where the role may not see that, it is not told.
func (l *OutboxListener) findSource(ctx context.Context) {
	var source string
	if err := l.conn.QueryRow(ctx, outboxSource).Scan(&source); err == nil {
		l.source = source
	}
}

// OutboxHistory is what was changed lately.
type OutboxHistory struct {
	Changes []Change // of transactions from Floor on that are committed, the latest first
	XIDs    []uint64 // of the transactions that made Changes
	Floor   uint64   // of earlier transactions there may have been more changes
}

// outboxHistory reads the rows that were not deleted yet, the latest first: those of transactions that the snapshot did not show
// by which rows were deleted last are all there.
const outboxHistory = `-- name: OutboxHistory
select coalesce(pg_snapshot_xmax(t.before)::text, '0'), o.xid, o.kind, o.keys
from outbox_trim t
left join lateral (
  select xid, kind, keys
  from outbox
  where xid >= coalesce(pg_snapshot_xmax(t.before), '0') and xid < pg_snapshot_xmax(pg_current_snapshot())
  order by xid desc
  limit $1
) o on true
order by o.xid desc`

// maxHistoryRows is how many rows History takes at most. It is read once.
const maxHistoryRows = 5000

// History reads what was changed lately. Error: ErrUnavailable.
func (l *OutboxListener) History(ctx context.Context) (*OutboxHistory, error) {
	h := &OutboxHistory{}
	q := query{sql: outboxHistory, args: []any{maxHistoryRows + 1}, scan: h.scan}
	rows, _ := l.conn.Query(ctx, q.sql, q.args...) // collect reports the error
	if err := collect(rows, &q); err != nil {
		return nil, fmt.Errorf("read the outbox's history: %w", away(err))
	}
	return h, nil
}

func (h *OutboxHistory) scan(rows pgx.Rows) error {
	var floor string
	for rows.Next() {
		var xid *uint64
		var kind *string
		var keys []string
		if err := rows.Scan(&floor, &xid, &kind, &keys); err != nil {
			return err
		}
		switch {
		case xid == nil:
		case len(h.Changes) == maxHistoryRows: // the one too many, of which there may be more
			h.Floor = *xid + 1
			return nil
		default:
			h.Changes, h.XIDs = append(h.Changes, Change{Kind: ChangeKind(*kind), Keys: keys}), append(h.XIDs, *xid)
		}
	}
	h.Floor = transactionOf(floor)
	return rows.Err()
}
