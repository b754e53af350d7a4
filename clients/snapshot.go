package clients

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/corpintel/corpintel/store"
)

// snapshot is the registry at one moment. It is not changed.
type snapshot struct {
	version  int64
	clients  map[string]*Client // by name, without those that were revoked
	keys     map[string]*key    // by prefix: those that were valid
	replaced chan struct{}      // closed by the next snapshot
}

// key is a key that was valid when the snapshot was taken.
type key struct {
	hash      [32]byte
	client    *Client
	expiresAt time.Time // zero: it does not end
}

// load reads the registry. What is as it was in the last snapshot is taken from there.
func load(ctx context.Context, s *store.Store, last *snapshot, logger *slog.Logger) (*snapshot, error) {
	b := s.Batch()
	version := b.RegistryVersion() // the first: what is newer than it is read again
	rows, keys, documents := b.Clients(), b.ValidClientKeys(), b.Documents()
	if err := b.Run(ctx); err != nil {
		return nil, fmt.Errorf("load clients: %w", err)
	}
	next := &snapshot{
		version:  *version,
		clients:  make(map[string]*Client, len(*rows)),
		keys:     make(map[string]*key, len(*keys)),
		replaced: make(chan struct{}),
	}
	byID := make(map[int64]*Client, len(*rows))
	for _, row := range *rows {
		if row.RevokedAt != nil {
			continue
		}
		c, err := newClient(row)
		if err != nil { // a newer release made it; whoever it is, this one cannot say what it may do
			logger.ErrorContext(ctx, "a client that is not let in", slog.String("client", row.Name), slog.Any("error", err))
			continue
		}
		byID[row.ID], next.clients[row.Name] = c, c
	}
	for _, row := range *keys {
		if c := byID[row.ClientID]; c != nil {
			next.keys[row.Prefix] = newKey(row, c)
		}
	}
	for _, row := range *documents {
		if c := byID[row.ClientID]; c != nil {
			c.add(last.document(c.Viewer.Client, row))
		}
	}
	return next, nil
}

func newKey(row *store.ClientKey, c *Client) *key {
	k := &key{hash: row.Hash, client: c}
	if row.ExpiresAt != nil {
		k.expiresAt = *row.ExpiresAt
	}
	return k
}

// document returns the document of a row: the one that the snapshot has, if it is the same.
func (s *snapshot) document(client string, row *store.Document) *Document {
	d := newDocument(row)
	if s == nil {
		return d
	}
	if c := s.clients[client]; c != nil {
		if known := c.byID[d.ID]; known != nil && known.equal(d) {
			return known
		}
	}
	return d
}
