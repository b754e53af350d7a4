package command

import (
	"context"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// documentsList lists documents.
type documentsList struct {
	Client string `placeholder:"NAME" help:"List those of one client. Default: those of all."`
	JSON   bool   `name:"json" help:"Write JSON."`
}

// documentsUsage lists documents with their usage.
type documentsUsage struct {
	Client      string `placeholder:"NAME" help:"List those of one client. Default: those of all."`
	UnusedSince day    `placeholder:"DATE" help:"List those only that are executed, were there before that day and were not used on it or after it."`
	JSON        bool   `name:"json" help:"Write JSON."`
}

// Run lists the documents.
func (c *documentsList) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDocuments(ctx, e, flags, logger, c.Client, func(s *store.Store) error {
		found, err := readDocuments(ctx, s, c.Client)
		if err != nil {
			return err
		}
		rows := describeDocuments(found, e.Now())
		if c.JSON {
			return writeJSON(e.Stdout, rows)
		}
		return writeTable(e.Stdout, "CLIENT\tID\tOPERATIONS\tPUBLISHED\tSTATE", rows, func(d *documentRow) string {
			return strings.Join([]string{d.Client, d.ID, d.operations(), d.PublishedAt, d.state()}, "\t")
		})
	})
}

// Run lists the documents with their usage.
func (c *documentsUsage) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDocuments(ctx, e, flags, logger, c.Client, func(s *store.Store) error {
		found, err := readDocuments(ctx, s, c.Client)
		if err != nil {
			return err
		}
		if c.UnusedSince != 0 {
			found = unusedSince(found, edgar.Date(c.UnusedSince).Time(), edgar.DateOf(e.Now()))
		}
		rows := describeDocuments(found, e.Now())
		if c.JSON {
			return writeJSON(e.Stdout, rows)
		}
		return writeTable(e.Stdout, "CLIENT\tID\tOPERATIONS\tUSED\tLAST USED\tSTATE", rows, func(d *documentRow) string {
			return strings.Join([]string{d.Client, d.ID, d.operations(), grouped(d.Count), d.lastUsed(), d.state()}, "\t")
		})
	})
}

// readDocuments returns the documents of a client, or of all when it is empty, by client and id. Error: store.ErrNotFound.
func readDocuments(ctx context.Context, s *store.Store, client string) ([]*store.UsedDocument, error) {
	names := []string{client}
	if client == "" {
		b := s.Batch()
		all := b.Clients()
		if err := b.Run(ctx); err != nil {
			return nil, err
		}
		names = nil
		for _, c := range *all {
			names = append(names, c.Name)
		}
	} else if _, err := s.ClientByName(ctx, client); err != nil {
		return nil, err
	}
	var found []*store.UsedDocument
	for _, name := range names {
		documents, err := s.DocumentsOfClient(ctx, name)
		if err != nil {
			return nil, err
		}
		found = append(found, documents...)
	}
	return found, nil
}

// unusedSince returns the documents that could be retired: they are executed, and were not used from a moment on, before which
// they were published.
func unusedSince(documents []*store.UsedDocument, since time.Time, today edgar.Date) []*store.UsedDocument {
	var unused []*store.UsedDocument
	for _, d := range documents {
		ended := d.RevokedAt != nil || d.RetireOn != nil && *d.RetireOn <= today
		used := d.LastUsedAt != nil && !d.LastUsedAt.Before(since)
		if !ended && !used && d.PublishedAt.Before(since) {
			unused = append(unused, d)
		}
	}
	return unused
}

// documentRow is a document as it is written. Times are in UTC.
type documentRow struct {
	Client      string   `json:"client"`
	ID          string   `json:"id"`
	SHA256      string   `json:"sha256"`
	Operations  []string `json:"operations"`
	State       string   `json:"state"`
	PublishedAt string   `json:"publishedAt"`
	RetireOn    *string  `json:"retireOn"`
	RevokedAt   *string  `json:"revokedAt"`
	Count       int64    `json:"count"`
	FirstUsedAt *string  `json:"firstUsedAt"`
	LastUsedAt  *string  `json:"lastUsedAt"`
}

func describeDocuments(documents []*store.UsedDocument, now time.Time) []*documentRow {
	rows := make([]*documentRow, len(documents))
	for i, d := range documents {
		rows[i] = describeDocument(d, now)
	}
	return rows
}

func describeDocument(d *store.UsedDocument, now time.Time) *documentRow {
	row := &documentRow{
		Client: d.Client, ID: d.ID, SHA256: hex.EncodeToString(d.Hash[:]), Operations: d.Operations,
		PublishedAt: d.PublishedAt.UTC().Format(timeLayout), RevokedAt: optionalTime(d.RevokedAt),
		Count: d.Count, FirstUsedAt: optionalTime(d.FirstUsedAt), LastUsedAt: optionalTime(d.LastUsedAt),
	}
	lifecycle := &clients.Document{Revoked: d.RevokedAt != nil}
	if d.RetireOn != nil {
		day, midnight := d.RetireOn.String(), d.RetireOn.Time()
		row.RetireOn, lifecycle.RetireOn = &day, &midnight
	}
	row.State = lifecycle.State(now).String()
	return row
}

// operations names the operations, for people.
func (d *documentRow) operations() string {
	if names := strings.Join(d.Operations, ", "); names != "" {
		return names
	}
	return "(without a name)"
}

// state says what d is, and from when on it is not executed.
func (d *documentRow) state() string {
	switch {
	case d.RevokedAt != nil:
		return d.State + " at " + *d.RevokedAt
	case d.RetireOn != nil:
		return d.State + " on " + *d.RetireOn
	default:
		return d.State
	}
}

func (d *documentRow) lastUsed() string {
	if d.LastUsedAt == nil {
		return "never"
	}
	return *d.LastUsedAt
}
