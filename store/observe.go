package store

import (
	"context"
	"time"
)

// Observer is told of what a Store reads, also of what failed and is tried again.
type Observer interface {
	// Observe is called at the end of each round trip, in the middle of the request that ctx is of: it must not block. It
	// may be called concurrently.
	Observe(ctx context.Context, trip RoundTrip)
}

// Observers tells each of them, one after the other.
type Observers []Observer

// Observe implements Observer.
func (all Observers) Observe(ctx context.Context, trip RoundTrip) {
	for _, o := range all {
		o.Observe(ctx, trip)
	}
}

// RoundTrip is what was sent to PostgreSQL together, and came back. It is valid during Observe.
type RoundTrip struct {
	Start  time.Time
	Waited time.Duration // for a connection
	Took   time.Duration // from then to the last row; 0 without a connection
	Again  bool          // it was made before, and failed as PostgreSQL was away
	Err    error         // it failed, or was cancelled

	queries []query
}

// Statement is one of those of a round trip.
type Statement struct {
	Name string
	SQL  string
	Args []any
	Rows int           // that came; 0 if it failed
	Took time.Duration // from the end of the one before it, or the sending, to its last row
}

// Len returns the number of statements.
func (t RoundTrip) Len() int { return len(t.queries) }

// Statement returns the statement at i.
func (t RoundTrip) Statement(i int) Statement {
	q := &t.queries[i]
	return Statement{Name: statementName(q.sql), SQL: q.sql, Args: q.args, Rows: q.rows, Took: q.took}
}

// clock tells the time where somebody wants to know it.
type clock struct{ on bool }

func (c clock) now() time.Time {
	if !c.on {
		return time.Time{}
	}
	return time.Now()
}

// ended notes how long a query took that began at start, and returns when it ended.
func (q *query) ended(start time.Time, c clock) time.Time {
	now := c.now()
	q.took = now.Sub(start)
	return now
}

// Len returns the number of statements that a batch holds.
func (b *Batch) Len() int { return len(b.queries) }

// Connections are those that a Store reads with.
type Connections struct{ Size, Open, Used int }

// Connections returns how many there may be, are open, and are in use now. It takes no lock.
func (s *Store) Connections() Connections {
	return Connections{cap(s.places.taken), int(s.places.open.Load()), len(s.places.taken)}
}
