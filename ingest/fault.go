package ingest

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"
)

// faultError marks an error as the fault of the file that is read: the others can still be imported.
type faultError struct{ cause error }

func (e *faultError) Error() string { return e.cause.Error() }
func (e *faultError) Unwrap() error { return e.cause }

func fault(err error) error {
	if err == nil {
		return nil
	}
	return &faultError{err}
}

// isFault says whether err is the fault of the file that was read, not of the database, the machine or the user: it
// was marked so, or PostgreSQL refused the data themselves (classes 22 and 23).
func isFault(err error) bool {
	if _, ok := errors.AsType[*faultError](err); ok {
		return true
	}
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (strings.HasPrefix(pgErr.Code, "22") || strings.HasPrefix(pgErr.Code, "23"))
}

// printable returns s as it is when it is one line of printable text, quoted otherwise: names and reasons come from
// files and must not steer a terminal.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(s)
	}
	return s
}
