package answers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/store"
)

const (
	// kind is that of answers in Redis.
	kind = "answer"
	// lifetime is how long an answer stays in Redis. A server that starts knows of the changes of longer than that.
	lifetime = 30 * time.Minute
	// maxSharedBody is how long the body of an answer is that is shared, maxSharedEntry all of it with the question.
	maxSharedBody  = 512 << 10
	maxSharedEntry = 1 << 20
	// maxSending is how many answers are on their way to Redis at a time; others do without.
	maxSending = 4
)

// shared is what servers have together in Redis. An answer is under the hash of its question, of the database as it runs and of the
// release; all of that stands in the entry too.
type shared struct {
	redis   *cache.Cache // nil: none
	format  string
	slots   chan struct{}
	sending sync.WaitGroup

	hits, misses, stale, spoilt, sent, passed atomic.Int64
}

func (s *shared) init(on *cache.Cache, format string) {
	s.redis, s.format, s.slots = on, format, make(chan struct{}, maxSending)
}

// name is the key of an entry in Redis.
func (s *shared) name(e *entry) string {
	sum := sha256.Sum256(e.appendQuestion(make([]byte, 0, 256+e.key.bytes())))
	return s.redis.Key(kind, base64.RawURLEncoding.EncodeToString(sum[:]))
}

// get returns the answer to a key that is in Redis, and the point before which it was not made.
func (s *shared) get(ctx context.Context, k Key, source string) (*Answer, store.OutboxPoint, bool) {
	want := entry{key: k, format: s.format, point: store.OutboxPoint{Source: source}}
	name := s.name(&want)
	var found []byte
	err := s.redis.Do(ctx, func(ctx context.Context, client redis.UniversalClient) (err error) {
		found, err = client.GetRange(ctx, name, 0, maxSharedEntry).Bytes() // one byte more than there may be
		return err
	})
	if err != nil || len(found) == 0 {
		s.misses.Add(1)
		return nil, store.OutboxPoint{}, false
	}
	got, err := decode(found)
	if err != nil || got.key != want.key || got.format != want.format || got.point.Source != source {
		s.spoilt.Add(1)
		return nil, store.OutboxPoint{}, false
	}
	return got.answer, got.point, true
}

// put sends an answer to Redis in the background, unless it is too long or too many are on their way.
func (s *shared) put(ctx context.Context, k Key, a *Answer, at store.OutboxPoint) {
	if s.redis == nil {
		return
	}
	e := entry{key: k, format: s.format, point: at, answer: a}
	if len(a.Body) > maxSharedBody || e.bytes() > maxSharedEntry {
		s.passed.Add(1)
		return
	}
	select {
	case s.slots <- struct{}{}:
	default:
		s.passed.Add(1)
		return
	}
	ctx = context.WithoutCancel(ctx)
	s.sending.Go(func() {
		defer func() { <-s.slots }()
		name, text := s.name(&e), e.encode()
		_ = s.redis.Do(ctx, func(ctx context.Context, client redis.UniversalClient) error { // counted, and logged if it matters
			return client.Set(ctx, name, text, lifetime).Err()
		})
		s.sent.Add(1)
	})
}

// errEntry means that what Redis has is no entry.
var errEntry = errors.New("no entry")
