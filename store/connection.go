package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// places are the connections of a Store. Who holds a place finds a connection idle if all of them are open: there is
// nothing to wait for, and so no need of a timer, which costs more than the rest of it.
type places struct {
	taken chan struct{} // of the capacity of the pool
	open  atomic.Int32  // connections that are open
	watch *watch        // of what they execute
}

// init has each new connection counted, and sent the statements setUp.
func (p *places) init(config *pgxpool.Config, setUp string) {
	p.taken = make(chan struct{}, config.MaxConns)
	p.watch = newWatch()
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		registerTypes(conn.TypeMap())
		if setUp != "" {
			if _, err := conn.Exec(ctx, setUp); err != nil {
				return err
			}
		}
		p.open.Add(1)
		p.watch.add(conn)
		return nil
	}
	config.BeforeClose = func(conn *pgx.Conn) {
		p.watch.remove(conn)
		p.open.Add(-1)
	}
}

var errBusy = fmt.Errorf("%w: all connections are busy", ErrUnavailable)

var errConnecting = fmt.Errorf("%w: connecting takes too long", ErrUnavailable)

// connection is one that was acquired, and is to be released.
type connection struct {
	*pgxpool.Conn

	places *places
}

// Release gives the connection and its place back.
func (c connection) Release() {
	c.Conn.Release()
	<-c.places.taken
}

// acquire takes a connection. Errors: errBusy, errConnecting, those of ctx and of connecting.
func (s *Store) acquire(ctx context.Context) (connection, error) {
	if err := ctx.Err(); err != nil {
		return connection{}, err
	}
	select {
	case s.places.taken <- struct{}{}:
	default:
		if err := s.awaitPlace(ctx); err != nil {
			return connection{}, err
		}
	}
	conn, err := s.connect(ctx)
	if err != nil {
		<-s.places.taken
		return connection{}, err
	}
	return connection{conn, &s.places}, nil
}

func (s *Store) awaitPlace(ctx context.Context) error {
	timer := time.NewTimer(s.acquireTimeout)
	defer timer.Stop()
	select {
	case s.places.taken <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect returns an idle connection, or a new one in the place of one that was lost.
func (s *Store) connect(ctx context.Context) (*pgxpool.Conn, error) {
	if int(s.places.open.Load()) == cap(s.places.taken) {
		waiting := s.places.watch.await(ctx)
		defer s.places.watch.forget(waiting)
		return s.pool.Acquire(waiting) //nolint:contextcheck // it is made of ctx
	}
	s.held.Add(1)
	defer s.held.Add(-1)
	waiting, cancel := context.WithTimeout(ctx, s.acquireTimeout)
	defer cancel()
	conn, err := s.pool.Acquire(waiting)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		return nil, errConnecting
	}
	return conn, err
}
