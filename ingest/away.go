package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second

	// maxAttempts is how often in a row one piece of work may lose the connection: what ends the server each time is
	// not to be tried for ever.
	maxAttempts = 5
)

// What PostgreSQL says of itself.
const (
	tooManyConnections = "53300"
	diskFull           = "53100"
	limitReached       = "53400" // of temporary files
	readOnly           = "25006" // a standby, which may be promoted
	serialization      = "40001"
	deadlock           = "40P01"
	databaseDropped    = "57P04"
)

// isAway says whether err means that PostgreSQL is stopping, starting, full, not the primary, or cannot be reached. What
// was not committed is lost, and can be done again.
func isAway(err error) bool {
	if _, ok := errors.AsType[*goneError](err); ok {
		return false // it was waited for
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code != databaseDropped && (strings.HasPrefix(pgErr.Code, "57P") || strings.HasPrefix(pgErr.Code, "08")) ||
			slices.Contains([]string{tooManyConnections, readOnly, serialization, deadlock}, pgErr.Code)
	}
	var pathErr *fs.PathError // of ours: what is below it looks like an error of the network
	if isFault(err) || errors.As(err, &pathErr) {
		return false
	}
	var connectErr *pgconn.ConnectError
	var netErr net.Error
	return errors.Is(err, errRepeat) || errors.As(err, &connectErr) || errors.As(err, &netErr) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

// goneError says that the database did not come back in time.
type goneError struct {
	wait  time.Duration
	cause error
}

func (e *goneError) Error() string {
	return fmt.Sprintf("the database was away for %s: %s; what was counted is stored, run the import again to go on", e.wait, e.cause)
}

func (e *goneError) Unwrap() error { return e.cause }

// errRepeat ends a piece of work that has to be done again although the session is in order.
var errRepeat = errors.New("the database was away")

// fullError says that the server has no room left. Its message is fit for an operator.
type fullError struct{ cause *pgconn.PgError }

func (e *fullError) Error() string {
	return fmt.Sprintf("the database server has no room left (%s): what was counted is stored; make room on the server, "+
		"then run the import again, which goes on from there", e.cause.Message)
}

func (e *fullError) Unwrap() error { return e.cause }

// explained returns err, in words for an operator where there are any.
func explained(err error) error {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if ok && (pgErr.Code == diskFull || pgErr.Code == limitReached) {
		return &fullError{pgErr}
	}
	return err
}

// persist does a piece of work that ends with a transaction, and does it again each time that the database was away and
// has come back. The work is told whether it is repeated: what it left in temporary tables is gone then.
func (s *session) persist(ctx context.Context, work func(repeated bool) error) error {
	for n := 1; ; n++ {
		err := work(n > 1)
		if err == nil || ctx.Err() != nil || !isAway(err) {
			return explained(err)
		}
		if n == maxAttempts {
			return fmt.Errorf("the connection was lost %d times in a row: %w", n, err)
		}
		if errors.Is(err, errRepeat) {
			continue
		}
		if err := s.reconnect(ctx, err); err != nil {
			return err
		}
	}
}

// reconnect opens the session again after it was lost for a reason. It tries for Options.Wait; to wait for the end of
// another import is no part of that.
func (s *session) reconnect(ctx context.Context, reason error) error {
	s.close(ctx)
	s.pool.Reset()
	s.tell(fmt.Sprintf("the database is away, waiting for up to %s: %s", s.wait, printable(reason.Error())))
	said := reason.Error()
	limit := time.NewTimer(s.wait)
	defer limit.Stop()
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return &goneError{s.wait, reason}
		case <-time.After(pause):
		}
		err := s.open(ctx)
		if err == nil {
			s.tell("the database is back: going on")
			return nil
		}
		if ctx.Err() != nil || !isAway(err) {
			return explained(err)
		}
		if reason = err; reason.Error() != said {
			said = reason.Error()
			s.tell("the database is still away: " + printable(said))
		}
	}
}
