// Package migrations holds the database schema as numbered steps and applies them.
//
// A step is a file NNNN_what_it_does.sql of this folder with an up and a down part. A file that was released is never
// edited: the next number corrects it. The applied numbers stand in the database's table goose_db_version.
//
// Steps run under a lock of the database session, so any number of servers may start at once and each step runs once.
// The lock and the steps share one connection; a connection pooler in transaction mode would separate them, so the
// URL must lead to the server itself.
package migrations

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed [0-9]*_*.sql
var files embed.FS

// ErrNewerDatabase means that the database has migrations this program does not know: a newer release has migrated it.
var ErrNewerDatabase = errors.New("the database has been migrated by a newer release")

// ErrNoneApplied means that there is no migration to take back.
var ErrNoneApplied = errors.New("no migration is applied")

// Migration is one step of the schema.
type Migration struct {
	Version   int64     // number the file name begins with
	Name      string    // file name, empty for a step this program does not know
	AppliedAt time.Time // UTC, zero while pending
}

// Applied reports whether the step is applied.
func (m Migration) Applied() bool { return !m.AppliedAt.IsZero() }

// Up applies all pending migrations and returns how many it applied itself: 0 when another server was faster.
// A step that fails is rolled back, those before it stay. Errors: ErrNewerDatabase.
func Up(ctx context.Context, databaseURL string) (applied int, err error) {
	return up(ctx, databaseURL, files)
}

// Down takes back the newest applied migration, with all that it held, and returns it.
// Errors: ErrNoneApplied, ErrNewerDatabase.
func Down(ctx context.Context, databaseURL string) (Migration, error) {
	return down(ctx, databaseURL, files)
}

// Status returns every migration this program or the database knows, by version, without changing anything.
func Status(ctx context.Context, databaseURL string) ([]Migration, error) {
	return status(ctx, databaseURL, files)
}

// Hash returns a text of hexadecimal digits that changes whenever a migration does.
func Hash() string {
	sum := sha256.New()
	names, err := fs.Glob(files, "*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func up(ctx context.Context, databaseURL string, fsys fs.FS) (applied int, err error) {
	s, err := open(ctx, databaseURL, fsys)
	if err != nil {
		return 0, err
	}
	defer s.close()
	known, err := s.known(ctx)
	if err != nil || !slices.ContainsFunc(known, pending) {
		return 0, err
	}
	err = s.locked(ctx, func() error {
		if known, err = s.known(ctx); err != nil || !slices.ContainsFunc(known, pending) {
			return err
		}
		results, err := s.provider.Up(ctx)
		if err != nil {
			return fmt.Errorf("migrate up: %w", err)
		}
		applied = len(results)
		return nil
	})
	return applied, err
}

func down(ctx context.Context, databaseURL string, fsys fs.FS) (last Migration, err error) {
	s, err := open(ctx, databaseURL, fsys)
	if err != nil {
		return Migration{}, err
	}
	defer s.close()
	err = s.locked(ctx, func() error {
		known, err := s.known(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(known, Migration.Applied) {
			return ErrNoneApplied
		}
		result, err := s.provider.Down(ctx)
		if err != nil {
			return fmt.Errorf("migrate down: %w", err)
		}
		i := slices.IndexFunc(known, func(m Migration) bool { return m.Version == result.Source.Version })
		last = known[i]
		return nil
	})
	return last, err
}

func status(ctx context.Context, databaseURL string, fsys fs.FS) ([]Migration, error) {
	s, err := open(ctx, databaseURL, fsys)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.all(ctx)
}

func pending(m Migration) bool { return !m.Applied() }

// merge returns the migrations in the program's sources and in the database (version → time), by version.
func merge(sources []*goose.Source, applied map[int64]time.Time) []Migration {
	all := make([]Migration, 0, len(sources))
	own := make(map[int64]bool, len(sources))
	for _, source := range sources {
		own[source.Version] = true
		all = append(all, Migration{Version: source.Version, Name: source.Path, AppliedAt: applied[source.Version]})
	}
	for version, at := range applied {
		if !own[version] {
			all = append(all, Migration{Version: version, AppliedAt: at})
		}
	}
	slices.SortFunc(all, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	return all
}
