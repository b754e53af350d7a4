package command

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/corpintel/corpintel/store"
)

// clientList lists clients.
type clientList struct {
	JSON bool `name:"json" help:"Write JSON."`
}

// clientRow is a client as it is written. Times are in UTC.
type clientRow struct {
	Name      string    `json:"name"`
	Role      string    `json:"role"`
	Mode      string    `json:"mode"`
	Budget    *int64    `json:"budget"` // cost in a minute; null: without limit
	CreatedAt string    `json:"createdAt"`
	RevokedAt *string   `json:"revokedAt"`
	Keys      []*keyRow `json:"keys"` // the newest first; those that ended are there for a while
}

// keyRow is a key as it is written.
type keyRow struct {
	Prefix    string  `json:"prefix"`
	CreatedAt string  `json:"createdAt"`
	ExpiresAt *string `json:"expiresAt"`
	Valid     bool    `json:"valid"`
}

// Run lists the clients.
func (c *clientList) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withClients(ctx, e, flags, logger, "", func(s *store.Store) error {
		b := s.Batch()
		clients, keys := b.Clients(), b.ClientKeys()
		if err := b.Run(ctx); err != nil {
			return err
		}
		rows := describeClients(*clients, *keys)
		if c.JSON {
			return writeJSON(e.Stdout, rows)
		}
		return writeTable(e.Stdout, "NAME\tROLE\tMODE\tBUDGET\tCREATED\tKEYS", rows, func(row *clientRow) string {
			return strings.Join([]string{row.Name, row.Role, row.Mode, row.budget(), row.CreatedAt, row.keys()}, "\t")
		})
	})
}

func describeClients(clients []*store.Client, keys []*store.ClientKey) []*clientRow {
	rows := make([]*clientRow, len(clients))
	byID := make(map[int64]*clientRow, len(clients))
	for i, c := range clients {
		rows[i] = &clientRow{
			Name: c.Name, Role: c.Role, Mode: c.Mode,
			CreatedAt: c.CreatedAt.UTC().Format(timeLayout), RevokedAt: optionalTime(c.RevokedAt), Keys: []*keyRow{},
		}
		if amount := budgetOf(c); amount != 0 {
			rows[i].Budget = &amount
		}
		byID[c.ID] = rows[i]
	}
	for _, k := range keys {
		if row := byID[k.ClientID]; row != nil {
			row.Keys = append(row.Keys, &keyRow{
				Prefix: k.Prefix, CreatedAt: k.CreatedAt.UTC().Format(timeLayout), ExpiresAt: optionalTime(k.ExpiresAt), Valid: k.Valid,
			})
		}
	}
	return rows
}

func optionalTime(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(timeLayout)
	return &text
}

func (row *clientRow) budget() string {
	if row.Budget == nil {
		return "-"
	}
	return grouped(*row.Budget)
}

// keys returns the valid keys of a client, and if it is refused, since when.
func (row *clientRow) keys() string {
	if row.RevokedAt != nil {
		return "revoked at " + *row.RevokedAt
	}
	var all []string
	for _, k := range row.Keys {
		switch {
		case !k.Valid:
		case k.ExpiresAt != nil:
			all = append(all, k.Prefix+" until "+*k.ExpiresAt)
		default:
			all = append(all, k.Prefix)
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}
