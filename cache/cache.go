package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrAway means that Redis did not do what it was asked to: it cannot be reached, it answered with an error, or it has
// failed just before and is left alone for a while.
var ErrAway = errors.New("redis is away")

// Options says what a Cache needs beside its URL.
type Options struct {
	// Namespace parts the keys of those who share a Redis: servers of one database have the same.
	Namespace string
	// Timeout bounds a call as a whole; 0: 55 ms, which requests can wait for. Tests of something else are more patient.
	Timeout time.Duration
	// Hook is around the commands, to trace them; nil: nothing is.
	Hook redis.Hook
	// Logger is told when Redis goes away and comes back; nil discards.
	Logger *slog.Logger
	// Now is the time for the log; nil: time.Now.
	Now func() time.Time
}

// Cache is a client of a Redis. Its methods may be used concurrently, and those of a nil Cache too.
type Cache struct {
	client  redis.UniversalClient
	prefix  string
	place   string
	timeout time.Duration // of a call
	guard   guard
	counts  counters
}

// Open returns a cache on the Redis at a URL, as ParseURL describes it. It does not connect: that Redis is away is no
// error. It directs the log of go-redis, which is one for the process, to the logger.
func Open(url string, options Options) (*Cache, error) {
	parsed, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	logger, now := options.Logger, options.Now
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	redis.SetLogger(&clientLog{logger: logger, gap: gap{now: now}})
	c := &Cache{
		client:  parsed.client(options.Timeout),
		prefix:  "corpintel:" + options.Namespace + ":",
		place:   parsed.Place(),
		timeout: options.Timeout,
	}
	if options.Hook != nil {
		c.client.AddHook(options.Hook)
	}
	if c.timeout == 0 {
		c.timeout = callTimeout
	}
	c.guard.init(c.ping, logger, now)
	return c, nil
}

// Close closes the connections and waits for what is under way in the background.
func (c *Cache) Close() error {
	if c == nil {
		return nil
	}
	err := c.client.Close()
	c.guard.close()
	if err != nil {
		return fmt.Errorf("close the connections to Redis: %w", err)
	}
	return nil
}

// Place returns where the Redis is, for people: without user and password. It is empty for a nil Cache.
func (c *Cache) Place() string {
	if c == nil {
		return ""
	}
	return c.place
}

// Key returns the name in Redis of a kind's key.
func (c *Cache) Key(kind, key string) string { return c.prefix + kind + ":" + key }

// Get returns what is stored under a key. It is false where nothing is, and while Redis is away.
func (c *Cache) Get(ctx context.Context, kind, key string) ([]byte, bool) {
	return c.get(ctx, func(ctx context.Context, client redis.UniversalClient) *redis.StringCmd {
		return client.Get(ctx, c.Key(kind, key))
	})
}

// GetRenewing is Get, and what it finds lives on for ttl from now, which must be positive.
func (c *Cache) GetRenewing(ctx context.Context, kind, key string, ttl time.Duration) ([]byte, bool) {
	return c.get(ctx, func(ctx context.Context, client redis.UniversalClient) *redis.StringCmd {
		return client.GetEx(ctx, c.Key(kind, key), max(ttl, time.Millisecond)) // 0 would make it live for ever
	})
}

// get runs a command that reads one value.
func (c *Cache) get(
	ctx context.Context, read func(context.Context, redis.UniversalClient) *redis.StringCmd,
) (value []byte, found bool) {
	err := c.Do(ctx, func(ctx context.Context, client redis.UniversalClient) (err error) {
		value, err = read(ctx, client).Bytes()
		return err
	})
	switch {
	case err == nil:
		c.counts.hits.Add(1)
		return value, true
	case errors.Is(err, redis.Nil):
		c.counts.misses.Add(1)
	}
	return nil, false
}

// Set stores a value under a key for ttl. Without a positive ttl nothing is stored. While Redis is away, or full, the
// value is lost.
func (c *Cache) Set(ctx context.Context, kind, key string, value []byte, ttl time.Duration) {
	if ttl <= 0 {
		return
	}
	_ = c.Do(ctx, func(ctx context.Context, client redis.UniversalClient) error { // counted, and logged if it matters
		return client.Set(ctx, c.Key(kind, key), value, max(ttl, time.Millisecond)).Err()
	})
}

// Delete removes what is stored under a key. While Redis is away it stays, until its time is over: what must not be found
// any more needs another key.
func (c *Cache) Delete(ctx context.Context, kind, key string) {
	_ = c.Do(ctx, func(ctx context.Context, client redis.UniversalClient) error { // as above
		return client.Del(ctx, c.Key(kind, key)).Err()
	})
}

// Do runs commands of other kinds, on keys that Key returns. f is not called while the breaker is open; its context ends
// after Options.Timeout. What f returns decides whether Redis counts as away; redis.Nil is passed on and does not.
// Errors: ErrAway, redis.Nil, and the end of ctx.
func (c *Cache) Do(ctx context.Context, f func(context.Context, redis.UniversalClient) error) error {
	if c == nil {
		return ErrAway
	}
	if !c.guard.allow(ctx) {
		c.counts.rejected.Add(1)
		return ErrAway
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := f(limited, c.client)
	if err == nil || errors.Is(err, redis.Nil) {
		return err
	}
	if ctx.Err() != nil { // the caller has given up, which says nothing of Redis
		return fmt.Errorf("ask Redis: %w", context.Cause(ctx))
	}
	c.counts.failures.Add(1)
	if unusable(err) {
		c.guard.failed(ctx, err)
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// Ping reports whether Redis can be used, whatever the breaker thinks.
func (c *Cache) Ping(ctx context.Context) error {
	if c == nil {
		return ErrAway
	}
	if err := c.ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return nil
}

func (c *Cache) ping(ctx context.Context) error { return c.client.Ping(ctx).Err() }
