package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
)

// documentsCommand manages what clients registered.
type documentsCommand struct {
	Publish documentsPublish `cmd:"" help:"Register documents for a client: all of them, or none."`
	List    documentsList    `cmd:"" help:"List documents."`
	Retire  documentsRetire  `cmd:"" help:"Say from which day on documents of a client are refused."`
	Revoke  documentsRevoke  `cmd:"" help:"Refuse documents of a client from now on."`
	Usage   documentsUsage   `cmd:"" help:"List how often documents were used, and when for the last time."`
	Check   documentsCheck   `cmd:"" help:"Look which documents of which clients would break with a changed schema. Exit code 1 if any would."`
}

// documentsRetire makes documents end on a day.
type documentsRetire struct {
	Client string   `required:"" placeholder:"NAME" help:"Client that registered them."`
	On     day      `required:"" placeholder:"DATE" help:"First day, in UTC, on which they are refused, such as 2026-07-30."`
	IDs    []string `arg:"" name:"id" help:"Ids of documents."`
}

// documentsRevoke makes documents end.
type documentsRevoke struct {
	Client string   `required:"" placeholder:"NAME" help:"Client that registered them."`
	IDs    []string `arg:"" name:"id" help:"Ids of documents."`
}

// Run retires the documents.
func (c *documentsRetire) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDocuments(ctx, e, flags, logger, c.Client, func(s *store.Store) error {
		ids, on := bareIDs(c.IDs), edgar.Date(c.On)
		changed, err := s.RetireDocuments(ctx, c.Client, ids, on)
		if err != nil {
			return err
		}
		from := on.String()
		if on <= edgar.DateOf(e.Now()) {
			from = "now"
		}
		fmt.Fprintf(e.Stdout, "%s: %s refused from %s on%s\n", c.Client, documentsAre(len(ids)), from, unchanged(len(ids)-changed))
		return nil
	})
}

// Run revokes the documents.
func (c *documentsRevoke) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDocuments(ctx, e, flags, logger, c.Client, func(s *store.Store) error {
		ids := bareIDs(c.IDs)
		changed, err := s.RevokeDocuments(ctx, c.Client, ids)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "%s: %s revoked%s\n", c.Client, documentsAre(len(ids)), unchanged(len(ids)-changed))
		return nil
	})
}

// bareIDs returns ids without what callers may put before a hash, each once.
func bareIDs(given []string) []string {
	ids := make([]string, 0, len(given))
	seen := make(map[string]bool, len(given))
	for _, id := range given {
		id = strings.TrimPrefix(id, persisted.HashPrefix)
		if !seen[id] {
			ids, seen[id] = append(ids, id), true
		}
	}
	return ids
}

// documentsAre counts documents, with the verb.
func documentsAre(n int) string {
	if n == 1 {
		return "1 document is"
	}
	return grouped(int64(n)) + " documents are"
}

// countedDocuments counts documents.
func countedDocuments(n int) string {
	if n == 1 {
		return "1 document"
	}
	return grouped(int64(n)) + " documents"
}

// unchanged says how many of them were so before.
func unchanged(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s before)", grouped(int64(n)))
}

// withDocuments runs do on a store. The database is not migrated: a newer program looks at the documents of an older server.
// Errors are put as sentences; client is who they are about.
func withDocuments(
	ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger, client string,
	do func(*store.Store) error,
) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		s, err := store.Open(ctx, db.direct, store.Options{MaxConns: 2, Logger: logger})
		if err != nil {
			return err
		}
		defer s.Close()
		return documentsSentence(do(s), client, e)
	})
}

// undefinedTable is PostgreSQL's code for a table that is not there.
const undefinedTable = "42P01"

// documentsSentence puts an error as a sentence that says what to do.
func documentsSentence(err error, client string, e *Environment) error {
	var refused *store.DocumentsError
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("no client is called %q: see corpintel client list", client)
	case errors.Is(err, store.ErrRevoked):
		return fmt.Errorf("the client %s is revoked: its documents stay as they are", client)
	case errors.As(err, &pg) && pg.Code == undefinedTable:
		return errors.New("the database has no table for documents yet: run corpintel migrate up")
	case errors.As(err, &refused) && len(refused.Unknown) > 0:
		for _, id := range refused.Unknown[:min(len(refused.Unknown), maxFaults)] {
			fmt.Fprintf(e.Stderr, "%s has not registered %q\n", client, id)
		}
		return fmt.Errorf("nothing was changed: %d of the ids are not registered for %s", len(refused.Unknown), client)
	case errors.As(err, &refused) && len(refused.Ended) > 0:
		for _, d := range refused.Ended[:min(len(refused.Ended), maxFaults)] {
			fmt.Fprintf(e.Stderr, "%s is revoked already, since %s\n", d.ID, d.RevokedAt.UTC().Format(timeLayout))
		}
		return fmt.Errorf("nothing was changed: %s revoked already", documentsAre(len(refused.Ended)))
	default:
		return err
	}
}
