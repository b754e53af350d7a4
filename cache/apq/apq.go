// Package apq keeps the texts of automatic persisted queries: what a client has sent once it may call by its SHA-256.
// That saves bytes and is no protection.
//
// What holds:
//
//   - A text is stored only under the hash that it has, and what does not hash to its key is absent, wherever it comes
//     from: it is deleted and counted.
//   - Redis shares texts between servers. While it is away each server has those that were used on it lately.
//   - A text lives on in Redis while it is used, without being written again.
package apq

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/lru"
)

const (
	// kind is that of the texts in the cache.
	kind = "apq"
	// lifetime is how long a text that nobody uses stays in Redis. What is found in memory is renewed there, and found
	// again if it was lost, once it is half as old.
	lifetime = 24 * time.Hour
	// longest is the size in bytes of the longest text that is kept.
	longest = 100 << 10
	// overhead is what a text takes beside its bytes, about.
	overhead = 256
)

// Options says what a store of texts needs.
type Options struct {
	// Cache is the Redis that servers share; nil: each has its own texts.
	Cache *cache.Cache
	// MaxBytes bounds the memory for texts; 0: 16 MiB.
	MaxBytes int
	// Now is the time; nil: time.Now.
	Now func() time.Time
}

// APQ stores texts for gqlgen's extension AutomaticPersistedQuery. Its methods may be used concurrently.
type APQ struct {
	cache  *cache.Cache
	now    func() time.Time
	texts  *lru.Cache[[sha256.Size]byte, known]
	spoilt atomic.Int64
}

// known is a text in memory.
type known struct {
	text    string
	renewed time.Time // when it was last seen or stored in Redis
}

var _ graphql.Cache[string] = (*APQ)(nil)

// New returns an empty store.
func New(options Options) *APQ {
	most := cmp.Or(options.MaxBytes, 16<<20)
	a := &APQ{cache: options.Cache, now: options.Now, texts: lru.New[[sha256.Size]byte, known](int64(most))}
	if a.now == nil {
		a.now = time.Now
	}
	return a
}

// Get returns the text whose SHA-256 is hash, in 64 lower case hexadecimal digits; false if it is not known. It waits for
// Redis for 60 ms at most.
func (a *APQ) Get(ctx context.Context, hash string) (string, bool) {
	key, ok := parse(hash)
	if !ok {
		return "", false
	}
	now := a.now()
	had, ok := a.texts.Get(key)
	if ok && now.Sub(had.renewed) < lifetime/2 {
		return had.text, true
	}
	if shared, found := a.shared(ctx, key, hash); found {
		a.keep(key, shared, now)
		return shared, true
	}
	if !ok {
		return "", false
	}
	// Redis has lost it, or is away: then it is tried again later.
	a.store(ctx, hash, had.text)
	a.keep(key, had.text, now)
	return had.text, true
}

// Add stores a text under its hash. Under another one, or when it is longer than 100 KiB, it is not stored. Redis is told
// of one that is in memory too: clients send a text when some server did not know it.
func (a *APQ) Add(ctx context.Context, hash, text string) {
	key, ok := parse(hash)
	if !ok || len(text) > longest || sha256.Sum256([]byte(text)) != key {
		return
	}
	text = strings.Clone(text) // it may be a part of a request, the rest of which must not be kept with it
	a.keep(key, text, a.now())
	a.store(ctx, hash, text)
}

// Spoilt returns how many entries were found in Redis that were not what their key says.
func (a *APQ) Spoilt() int64 { return a.spoilt.Load() }

// Stats returns the counts of texts in memory.
func (a *APQ) Stats() lru.Stats { return a.texts.Stats() }

func (a *APQ) keep(key [sha256.Size]byte, text string, renewed time.Time) {
	a.texts.Set(key, known{text, renewed}, int64(len(text))+overhead)
}

// shared returns the text that Redis has.
func (a *APQ) shared(ctx context.Context, key [sha256.Size]byte, hash string) (string, bool) {
	text, ok := a.cache.GetRenewing(ctx, kind, hash, lifetime)
	if !ok {
		return "", false
	}
	if len(text) > longest || sha256.Sum256(text) != key {
		a.spoilt.Add(1)
		a.cache.Delete(ctx, kind, hash)
		return "", false
	}
	return string(text), true
}

func (a *APQ) store(ctx context.Context, hash, text string) {
	a.cache.Set(ctx, kind, hash, []byte(text), lifetime)
}

// parse reads 64 lower case hexadecimal digits.
func parse(hash string) (key [sha256.Size]byte, ok bool) {
	if len(hash) != hex.EncodedLen(len(key)) {
		return key, false
	}
	for i := range len(hash) {
		if c := hash[i]; (c < '0' || '9' < c) && (c < 'a' || 'f' < c) {
			return key, false
		}
	}
	_, err := hex.Decode(key[:], []byte(hash))
	return key, err == nil
}
