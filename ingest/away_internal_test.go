package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestIsAway(t *testing.T) {
	t.Parallel()
	code := func(code string) error {
		return fmt.Errorf("addFacts: %w", &pgconn.PgError{Severity: "ERROR", Code: code, Message: "said so"})
	}
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"shut down by an administrator", code("57P01"), true},
		{"another process crashed", code("57P02"), true},
		{"starting up", code("57P03"), true},
		{"the database was dropped", code("57P04"), false},
		{"cancelled by an administrator", code("57014"), false},
		{"connection failure", code("08006"), true},
		{"too many connections", code("53300"), true},
		{"a standby", code("25006"), true},
		{"deadlock", code("40P01"), true},
		{"serialization", code("40001"), true},
		{"disk full", code("53100"), false},
		{"out of memory", code("53200"), false},
		{"a number out of range", code("22003"), false},
		{"a key that exists", code("23505"), false},
		{"wrong password", code("28P01"), false},
		{"no such database", code("3D000"), false},
		{"hung up", fmt.Errorf("addFacts: %w", io.ErrUnexpectedEOF), true},
		{"refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, true},
		{"reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, true},
		{"too slow to connect", context.DeadlineExceeded, true},
		{"to be done again", fmt.Errorf("%w: again", errRepeat), true},
		{"waited for in vain", &goneError{1, io.EOF}, false},
		{"a file that ends in the middle", fault(io.ErrUnexpectedEOF), false},
		{"a file that cannot be written", &fs.PathError{Op: "write", Path: "log", Err: syscall.ENOSPC}, false},
		{"anything else", errors.New("anything else"), false},
	} {
		if got := isAway(c.err); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

func TestExplained(t *testing.T) {
	t.Parallel()
	full := &pgconn.PgError{Severity: "ERROR", Code: "53100", Message: `could not extend file "base/5/16384": No space left on device`}
	err := explained(fmt.Errorf("addFacts: %w", full))
	for _, want := range []string{"has no room left", full.Message, "what was counted is stored", "run the import again"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	if !errors.Is(err, full) {
		t.Errorf("error %v does not lead to its cause", err)
	}
	if err := explained(io.EOF); err != io.EOF { //nolint:errorlint // it must be the same
		t.Errorf("got %v, want it as it was", err)
	}
}

// TestPersistGivesUp: what loses the connection each time is not tried for ever.
func TestPersistGivesUp(t *testing.T) {
	t.Parallel()
	attempts := 0
	err := (&session{}).persist(t.Context(), func(repeated bool) error {
		if attempts++; repeated != (attempts > 1) {
			t.Errorf("attempt %d is told to be repeated: %t", attempts, repeated)
		}
		return errRepeat
	})
	if attempts != maxAttempts || !errors.Is(err, errRepeat) || !strings.Contains(err.Error(), "5 times in a row") {
		t.Errorf("%d attempts, then %v", attempts, err)
	}
}
