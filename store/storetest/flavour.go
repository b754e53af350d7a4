package storetest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Flavour says what kind of database tests run on.
type Flavour string

// The flavours: Plain unless the variable CORPINTEL_TEST_FLAVOUR names another one.
const (
	Plain       Flavour = "plain"
	TimescaleDB Flavour = "timescaledb" // the extension is installed, as an administrator does it
)

// flavourVariable is the environment variable that names the flavour.
const flavourVariable = "CORPINTEL_TEST_FLAVOUR"

// FlavourOf returns the flavour that this run of the tests is for. A name that is none fails the test.
func FlavourOf(t testing.TB) Flavour {
	t.Helper()
	f, err := flavour()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	return f
}

func flavour() (Flavour, error) {
	switch f := Flavour(os.Getenv(flavourVariable)); f {
	case "", Plain:
		return Plain, nil
	case TimescaleDB:
		return f, nil
	default:
		return "", fmt.Errorf("%s is %q: want %s or %s", flavourVariable, f, Plain, TimescaleDB)
	}
}

// settings are those of a server of the flavour beyond the usual ones. The scheduler of TimescaleDB stays off: it
// connects to all databases, and a template that somebody is connected to cannot be copied.
func (f Flavour) settings() map[string]string {
	if f != TimescaleDB {
		return nil
	}
	return map[string]string{
		"shared_preload_libraries":           "timescaledb",
		"timescaledb.max_background_workers": "0",
		"timescaledb.telemetry_level":        "off",
		"max_locks_per_transaction":          "256", // every chunk is a table
	}
}

// emptyTemplate is the name of the template of databases without migrations.
func (f Flavour) emptyTemplate() string {
	if f == Plain {
		return "template0"
	}
	return "template_" + string(f)
}

// prepare makes a new database one of the flavour, as an administrator does it before the program sees it.
func (f Flavour) prepare(ctx context.Context, superuserURL string) error {
	if f == Plain {
		return nil
	}
	conn, err := pgx.Connect(ctx, superuserURL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "create extension timescaledb")
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("install timescaledb: %w", err)
	}
	return nil
}
