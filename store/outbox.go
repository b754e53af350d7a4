package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// OutboxPosition is how far the outbox was read: all that was committed in a snapshot. The zero value is the position of who
// has read nothing.
type OutboxPosition struct {
	snapshot string    // as pg_snapshot
	server   time.Time // when the server that it is a snapshot of was started
	source   string    // of the listener, see OutboxPoint
	at       time.Time // when it was taken, by that server's clock
}

// OutboxRead is what a read of the outbox found.
type OutboxRead struct {
	Changes []Change // in the order of the rows' ids, those of all transactions that were committed since the position
	XIDs    []uint64 // of the transactions that made Changes
	// Lost says that changes may be missing in Changes, which is empty then: the position was the zero one or is older than half
	// of OutboxAge, there were more than 10,000 rows, or the server is another one, or was started again, and need not know what
	// the position's had committed.
	Lost     bool
	Lag      time.Duration  // since the oldest of the rows was written; 0 without rows
	Position OutboxPosition // of the next read
}

// OutboxAge is the age from which on rows are to be deleted.
const OutboxAge = time.Hour

// maxOutboxRows is how many rows a read takes at most.
const maxOutboxRows = 10_000

// readOutbox reads the rows that a snapshot did not show, by transaction: those before its xmin it showed. Rows of later
// transactions than any that was begun are from another server, by way of a dump. Once there is one row too many nothing is
// read of the others.
const readOutbox = `-- name: ReadOutbox
select n.snapshot::text, pg_postmaster_start_time(), n.at, pg_snapshot_xmax(n.snapshot) < pg_snapshot_xmax($1::text::pg_snapshot),
  o.kind, o.keys, o.xid, extract(epoch from n.at - o.at)::float8
from (select pg_current_snapshot() as snapshot, clock_timestamp() as at) n
left join lateral (
  select id, kind, keys, xid, at
  from outbox
  where xid >= pg_snapshot_xmin($1::text::pg_snapshot) and xid < pg_snapshot_xmax(n.snapshot)
    and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
  order by xid
  limit $2
) o on true
order by o.id`

// noSnapshot is one that shows all that is committed by now and will be.
const noSnapshot = "9223372036854775807:9223372036854775807:"

// outboxRow is a row of readOutbox; nil without changes.
type outboxRow struct {
	kind *string
	keys []string
	xid  *uint64
	age  *float64 // seconds
}

// since makes the statement that reads on from a position into read.
func (p OutboxPosition) since(read *OutboxRead) query {
	snapshot := p.snapshot
	if snapshot == "" {
		snapshot = noSnapshot
	}
	return query{sql: readOutbox, args: []any{snapshot, maxOutboxRows + 1}, scan: func(rows pgx.Rows) error {
		*read = OutboxRead{}
		var backwards bool
		for rows.Next() {
			var row outboxRow
			to := &read.Position
			err := rows.Scan(&to.snapshot, &to.server, &to.at, &backwards, &row.kind, &row.keys, &row.xid, &row.age)
			if err != nil {
				return err
			}
			if row.kind != nil {
				read.add(row)
			}
		}
		read.Lost = backwards || !read.Position.server.Equal(p.server) ||
			read.Position.at.Sub(p.at) > OutboxAge/2 || len(read.Changes) > maxOutboxRows
		if read.Lost {
			read.Changes, read.XIDs = nil, nil
		}
		return rows.Err()
	}}
}

func (r *OutboxRead) add(row outboxRow) {
	r.Changes = append(r.Changes, Change{Kind: ChangeKind(*row.kind), Keys: row.keys})
	r.XIDs = append(r.XIDs, *row.xid)
	r.Lag = max(r.Lag, time.Duration(*row.age*float64(time.Second)))
}

// ReadOutbox reads what was committed since a position, each row once, whatever the order of commits. It is not tried again
// when it fails. Error: ErrUnavailable.
func (s *Store) ReadOutbox(ctx context.Context, since OutboxPosition) (*OutboxRead, error) {
	read := &OutboxRead{}
	if err := s.try(ctx, []query{since.since(read)}, false); err != nil {
		return nil, fmt.Errorf("read the outbox: %w", away(err))
	}
	return read, nil
}

// OutboxListener reads the outbox on a connection of its own, on which it is told of new rows. It is not safe for
// concurrent use. When one of its methods returns an error of the connection it is of no use any more.
type OutboxListener struct {
	conn   *pgx.Conn
	pooled bool
	source string // see OutboxPoint
}

const listenOutbox = `-- name: ListenOutbox
listen ` + OutboxChannel

const backendPID = `-- name: BackendPID
select pg_backend_pid()`

// ListenOutbox connects to the database at url, and listens. Error: ErrUnavailable.
func ListenOutbox(ctx context.Context, url string) (*OutboxListener, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	config.ConnectTimeout = 10 * time.Second
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "corpintel"
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("listen to the outbox: %w", away(err))
	}
	l := &OutboxListener{conn: conn}
	if err := l.listen(ctx); err != nil {
		l.Close(ctx)
		return nil, fmt.Errorf("listen to the outbox: %w", away(err))
	}
	return l, nil
}

// listen listens, unless a pooler stands in between: it tells another process's number than the server's own, takes the
// statement, and delivers nothing.
func (l *OutboxListener) listen(ctx context.Context) error {
	var pid uint32
	if err := l.conn.QueryRow(ctx, backendPID).Scan(&pid); err != nil {
		return err
	}
	l.pooled = pid != l.conn.PgConn().PID()
	if l.pooled {
		return nil
	}
	if _, err := l.conn.Exec(ctx, listenOutbox); err != nil {
		return err
	}
	l.findSource(ctx)
	_, err := l.conn.Exec(ctx, "set jit = off; set plan_cache_mode = force_generic_plan")
	return err
}

// Pooled reports whether a connection pooler stands in between, so that Wait is told nothing.
func (l *OutboxListener) Pooled() bool { return l.pooled }

// Read is Store.ReadOutbox.
func (l *OutboxListener) Read(ctx context.Context, since OutboxPosition) (*OutboxRead, error) {
	l.drain(ctx)
	read := &OutboxRead{}
	q := since.since(read)
	rows, _ := l.conn.Query(ctx, q.sql, q.args...) // collect reports the error
	if err := collect(rows, &q); err != nil {
		return nil, fmt.Errorf("read the outbox: %w", away(err))
	}
	read.Position.source = l.source
	return read, nil
}

// drain forgets what it was told before: a read that begins now sees it.
func (l *OutboxListener) drain(ctx context.Context) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	for {
		if _, err := l.conn.WaitForNotification(done); err != nil {
			return
		}
	}
}

// Wait returns when there may be new rows, or ctx is done, which is no error. Error: ErrUnavailable when the connection is
// lost.
func (l *OutboxListener) Wait(ctx context.Context) error {
	_, err := l.conn.WaitForNotification(ctx)
	if err != nil && (ctx.Err() == nil || l.conn.IsClosed()) {
		return fmt.Errorf("wait for changes: %w", away(err))
	}
	return nil
}

// Close closes the connection.
func (l *OutboxListener) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx) // nothing is open on it
}

// trimLock is the key of the advisory lock that one trimmer at a time holds: "corptrim" in ASCII.
const trimLock = 0x636f72707472696d

const lockTrim = `-- name: LockTrim
select pg_try_advisory_xact_lock($1)`

// noteTrim notes what is committed now, and takes what was noted before for old, once that is half an age ago. What was noted
// on another server, by way of a dump, counts for nothing.
const noteTrim = `-- name: NoteTrim
update outbox_trim
set before = case when pg_snapshot_xmax(noted) <= pg_snapshot_xmax(pg_current_snapshot()) then noted end,
  noted = pg_current_snapshot(),
  noted_at = clock_timestamp()
where noted_at < clock_timestamp() - $1::interval / 2`

// trimOutbox deletes rows that were both written and committed long ago, and those of another server.
const trimOutbox = `-- name: TrimOutbox
delete from outbox
where id = any(array(
  select o.id
  from (
    select id, xid
    from outbox
    where at < clock_timestamp() - $1::interval
    order by at
    limit $2
  ) o
  cross join outbox_trim t
  where o.xid >= pg_snapshot_xmax(pg_current_snapshot())
    or pg_visible_in_snapshot(o.xid, t.before)
      and pg_snapshot_xmax(t.before) <= pg_snapshot_xmax(pg_current_snapshot())
))`

// trimRows is how many rows a transaction deletes at most.
const trimRows = 2000

// TrimOutbox deletes rows that are older than age and were committed at least half of it ago, some thousand at most, and
// reports whether there are more. Where another server is at it, it does nothing. Error: ErrUnavailable.
func (s *Store) TrimOutbox(ctx context.Context, age time.Duration) (more bool, err error) {
	err = s.WithTx(ctx, func(t *Tx) error {
		var locked bool
		if err := t.tx.QueryRow(ctx, lockTrim, int64(trimLock)).Scan(&locked); err != nil || !locked {
			return err
		}
		if _, err := t.tx.Exec(ctx, noteTrim, age); err != nil {
			return err
		}
		tag, err := t.tx.Exec(ctx, trimOutbox, age, trimRows)
		more = tag.RowsAffected() == trimRows
		return err
	})
	if err != nil && !errors.Is(err, ErrUnavailable) {
		return false, fmt.Errorf("trim the outbox: %w", err)
	}
	return more, err
}
