package clients

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/lru"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
)

const (
	// textBytes is how many bytes of texts are kept in memory.
	textBytes = 32 << 20
	// textEntryBytes is what a text takes beside its bytes.
	textEntryBytes = 256
	// textKind and textTTL are those of texts in Redis, where each is stored under its hash and never changes.
	textKind = "document"
	textTTL  = 24 * time.Hour
	// textTimeout bounds the look for a text, which goes on when the request that began it has ended: others wait for it.
	textTimeout = 5 * time.Second
)

// texts finds the texts of documents: in memory, in Redis, in PostgreSQL. It is safe for concurrent use.
type texts struct {
	store  *store.Store
	cache  *cache.Cache // nil: none
	logger *slog.Logger
	kept   *lru.Cache[[32]byte, string]

	mu      sync.Mutex
	flights map[[32]byte]*flight

	wrong atomic.Int64
}

// flight is the look for a text that is not in memory. All who want it wait for the same one.
type flight struct {
	done chan struct{} // closed when text and err are there
	text string
	err  error
}

func newTexts(s *store.Store, c *cache.Cache, logger *slog.Logger, maxBytes int64) *texts {
	return &texts{
		store: s, cache: c, logger: logger,
		kept: lru.New[[32]byte, string](maxBytes), flights: make(map[[32]byte]*flight),
	}
}

// Text returns the text of a document: from memory, else from Redis, if it has the hash of the document there, else from
// PostgreSQL. Errors: store.ErrUnavailable when none of them has it and PostgreSQL is away, those of ctx.
func (r *Registry) Text(ctx context.Context, d *Document) (string, error) {
	return r.texts.get(ctx, d.Hash)
}

// WrongTexts returns how many texts in Redis were not those that they were stored as. They were not used.
func (r *Registry) WrongTexts() int64 { return r.texts.wrong.Load() }

// TextStats returns the counts of texts in memory.
func (r *Registry) TextStats() lru.Stats { return r.texts.kept.Stats() }

func (t *texts) get(ctx context.Context, hash [32]byte) (string, error) {
	if text, ok := t.kept.Get(hash); ok {
		return text, nil
	}
	f := t.flight(ctx, hash)
	select {
	case <-f.done:
		return f.text, f.err
	case <-ctx.Done():
		return "", fmt.Errorf("text of document %x: %w", hash, ctx.Err())
	}
}

// flight returns the look for a text that is under way, or begins one.
func (t *texts) flight(ctx context.Context, hash [32]byte) *flight {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.flights[hash]
	if f != nil {
		return f
	}
	f = &flight{done: make(chan struct{})}
	if text, ok := t.kept.Again(hash); ok { // another has landed since
		f.text = text
		close(f.done)
		return f
	}
	t.flights[hash] = f
	go t.fly(context.WithoutCancel(ctx), hash, f)
	return f
}

// fly looks for a text, and keeps it.
func (t *texts) fly(ctx context.Context, hash [32]byte, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, textTimeout)
	defer cancel()
	f.text, f.err = t.find(ctx, hash)
	if f.err == nil {
		t.keep(hash, f.text)
	}
	t.mu.Lock()
	delete(t.flights, hash)
	t.mu.Unlock()
	close(f.done)
}

// find returns the text from Redis or PostgreSQL.
func (t *texts) find(ctx context.Context, hash [32]byte) (string, error) {
	key := hex.EncodeToString(hash[:])
	if found, ok := t.cache.Get(ctx, textKind, key); ok {
		if text := string(found); persisted.Hash(text) == hash {
			return text, nil
		}
		t.wrong.Add(1)
		t.logger.WarnContext(ctx, "a text in Redis is not the one that it was stored as: it is not used", slog.String("sha256", key))
	}
	text, err := t.store.DocumentText(ctx, hash)
	if err != nil {
		return "", err
	}
	if persisted.Hash(text) != hash {
		return "", fmt.Errorf("text of document %s: what is stored has another hash", key)
	}
	t.cache.Set(ctx, textKind, key, []byte(text), textTTL)
	return text, nil
}

func (t *texts) keep(hash [32]byte, text string) {
	t.kept.Add(hash, text, int64(len(text))+textEntryBytes)
}
