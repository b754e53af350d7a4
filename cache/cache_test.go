package cache_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
)

func TestValues(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c := server.Cache()
	value := []byte("any bytes\x00\r\n\xff")

	if got, ok := c.Get(t.Context(), "text", "a"); ok {
		t.Errorf("found %q before it was stored", got)
	}
	c.Set(t.Context(), "text", "a", value, time.Hour)
	c.Set(t.Context(), "text", "empty", nil, time.Hour)
	if got, ok := c.Get(t.Context(), "text", "a"); !ok || !bytes.Equal(got, value) {
		t.Errorf("found %q, %t", got, ok)
	}
	if got, ok := c.Get(t.Context(), "text", "empty"); !ok || len(got) != 0 {
		t.Errorf("empty: found %q, %t", got, ok)
	}
	if _, ok := c.Get(t.Context(), "other", "a"); ok {
		t.Error("found under another kind")
	}
	c.Delete(t.Context(), "text", "a")
	if _, ok := c.Get(t.Context(), "text", "a"); ok {
		t.Error("found after it was deleted")
	}
	if diff := cmp.Diff(cache.Stats{Hits: 2, Misses: 3}, c.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestNamespacesAreApart(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c := server.Cache()
	other, err := cache.Open(server.URL(), cache.Options{Namespace: "other"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	c.Set(t.Context(), "text", "a", []byte("mine"), time.Hour)
	if _, ok := other.Get(t.Context(), "text", "a"); ok {
		t.Error("found in another namespace")
	}
	keys, err := server.Client().Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"corpintel:test:text:a"}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// TestEveryEntryHasATimeToLive holds whatever is asked for: an entry without one would stay for ever.
func TestEveryEntryHasATimeToLive(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	c, client := server.Cache(), server.Client()
	for key, ttl := range map[string]time.Duration{"hour": time.Hour, "tiny": time.Nanosecond, "none": 0, "negative": -1} {
		c.Set(t.Context(), "text", key, []byte("x"), ttl)
	}
	c.GetRenewing(t.Context(), "text", "hour", 0)
	c.Set(t.Context(), "text", "renewed", []byte("x"), time.Minute)
	if _, ok := c.GetRenewing(t.Context(), "text", "renewed", 2*time.Hour); !ok {
		t.Error("nothing to renew")
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if ttl := client.PTTL(t.Context(), key).Val(); ttl == -1 {
			t.Errorf("%s lives for ever", key)
		}
	}
	if ttl := client.PTTL(t.Context(), c.Key("text", "renewed")).Val(); ttl <= time.Hour {
		t.Errorf("%v to live, want about 2 h", ttl)
	}
	for _, key := range []string{"none", "negative"} {
		if client.Exists(t.Context(), c.Key("text", key)).Val() != 0 {
			t.Errorf("%s was stored", key)
		}
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	server := cachetest.Start(t)
	err := cachetest.Open(t, server.URL(), nil).Do(t.Context(), func(ctx context.Context, _ redis.UniversalClient) error {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 60*time.Millisecond {
			t.Errorf("deadline %v, %t", deadline, ok)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	c := server.Cache()
	err = c.Do(t.Context(), func(ctx context.Context, client redis.UniversalClient) error {
		return client.Get(ctx, c.Key("number", "absent")).Err()
	})
	if !errors.Is(err, redis.Nil) || errors.Is(err, cache.ErrAway) {
		t.Errorf("absent: %v", err)
	}
	err = c.Do(t.Context(), func(ctx context.Context, client redis.UniversalClient) error {
		return client.Do(ctx, "NO-SUCH-COMMAND").Err()
	})
	if !errors.Is(err, cache.ErrAway) {
		t.Errorf("wrong command: %v", err)
	}
	// A wrong command is no reason to leave Redis alone.
	c.Set(t.Context(), "text", "a", []byte("x"), time.Hour)
	if _, ok := c.Get(t.Context(), "text", "a"); !ok {
		t.Error("left alone after a wrong command")
	}
	if diff := cmp.Diff(cache.Stats{Hits: 1, Failures: 1}, c.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// TestNil uses a cache where there is no Redis.
func TestNil(t *testing.T) {
	t.Parallel()
	var c *cache.Cache
	c.Set(t.Context(), "text", "a", []byte("x"), time.Hour)
	c.Delete(t.Context(), "text", "a")
	if _, ok := c.Get(t.Context(), "text", "a"); ok {
		t.Error("found something")
	}
	if _, ok := c.GetRenewing(t.Context(), "text", "a", time.Hour); ok {
		t.Error("found something")
	}
	if err := c.Do(t.Context(), nil); !errors.Is(err, cache.ErrAway) {
		t.Errorf("Do: %v", err)
	}
	if err := c.Ping(t.Context()); !errors.Is(err, cache.ErrAway) {
		t.Errorf("Ping: %v", err)
	}
	if c.Stats() != (cache.Stats{}) || c.Place() != "" || c.Close() != nil {
		t.Error("a nil cache has something")
	}
}

func BenchmarkGet(b *testing.B) {
	c := cachetest.Start(b).Cache()
	c.Set(b.Context(), "text", "a", bytes.Repeat([]byte("x"), 4000), time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if value, ok := c.Get(b.Context(), "text", "a"); !ok || len(value) != 4000 {
			b.Fatalf("%d bytes, %t", len(value), ok)
		}
	}
}
