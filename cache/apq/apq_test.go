package apq_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/apq"
	"github.com/corpintel/corpintel/cache/cachetest"
)

const text = `{ company(ticker: "AAPL") { name } }`

// lifetime of a text in Redis.
const lifetime = 24 * time.Hour

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)} }

func TestServersShareTexts(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	a, b := apq.New(apq.Options{Cache: redis.Cache()}), apq.New(apq.Options{Cache: redis.Cache()})
	if got, ok := b.Get(t.Context(), hash(text)); ok {
		t.Errorf("found %q before it was stored", got)
	}
	cachetest.Eventually(t, "the other server finds the text", func() bool {
		a.Add(t.Context(), hash(text), text)
		got, ok := b.Get(t.Context(), hash(text))
		return ok && got == text
	})
}

// TestStoredOnlyUnderItsHash tries to have other texts found, as a client could who may send some.
func TestStoredOnlyUnderItsHash(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	a := apq.New(apq.Options{Cache: redis.Cache()})
	tests := map[string]struct{ key, text string }{
		"another's hash":  {hash(text), "{ other }"},
		"no hash":         {"x", text},
		"empty":           {"", ""},
		"upper case":      {strings.ToUpper(hash(text)), text},
		"a digit more":    {hash(text) + "0", text},
		"no digits":       {strings.Repeat("g", 64), text},
		"another key":     {"../documents:" + hash(text)[:51], text},
		"longer than may": {hash(strings.Repeat(" ", 100<<10) + text), strings.Repeat(" ", 100<<10) + text},
	}
	for name, test := range tests {
		a.Add(t.Context(), test.key, test.text)
		if got, ok := a.Get(t.Context(), test.key); ok {
			t.Errorf("%s: found %.40q", name, got)
		}
	}
	if n := redis.Client().DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys in Redis, want none", n)
	}
}

// TestSpoiltEntries finds in Redis what does not hash to its key.
func TestSpoiltEntries(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	c, client := redis.Cache(), redis.Client()
	key := c.Key("apq", hash(text))
	tests := map[string]string{
		"cut":              text[:len(text)-1],
		"longer":           text + " ",
		"empty":            "",
		"another's":        `{ company(ticker: "MSFT") { name } }`,
		"far too long":     strings.Repeat("x", 1<<20),
		"bytes of no text": "\xff\x00",
	}
	a := apq.New(apq.Options{Cache: c})
	spoilt := int64(0)
	for name, value := range tests {
		cachetest.Eventually(t, name+" is found", func() bool {
			if err := client.Set(t.Context(), key, value, time.Hour).Err(); err != nil {
				t.Fatal(err)
			}
			if got, ok := a.Get(t.Context(), hash(text)); ok {
				t.Fatalf("%s: found %.40q", name, got)
			}
			return a.Spoilt() == spoilt+1
		})
		spoilt++
		cachetest.Eventually(t, name+" is deleted", func() bool {
			a.Get(t.Context(), hash(text))
			return client.Exists(t.Context(), key).Val() == 0
		})
		spoilt = a.Spoilt()
	}
	// A value of another type is an error of Redis, and absent.
	if err := client.LPush(t.Context(), key, "x").Err(); err != nil {
		t.Fatal(err)
	}
	if got, ok := a.Get(t.Context(), hash(text)); ok {
		t.Errorf("a list: found %q", got)
	}
}

// TestWithoutRedis stores and finds in memory: without Redis, and when it goes away.
func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	gone := redis.Cache()
	redis.Stop()
	for name, c := range map[string]*cache.Cache{"none": nil, "gone": gone} {
		a := apq.New(apq.Options{Cache: c})
		for i := range 100 {
			text := fmt.Sprint("{ a", i, " }")
			a.Add(t.Context(), hash(text), text)
			if got, ok := a.Get(t.Context(), hash(text)); !ok || got != text {
				t.Errorf("%s: found %q, %t", name, got, ok)
			}
		}
	}
	if stats := gone.Stats(); stats.Failures != 1 || stats.Rejected != 99 {
		t.Errorf("%+v, want one call that fails, and then none", stats)
	}
}

// TestUsedTextsLiveOn looks at how long Redis keeps a text that is used.
func TestUsedTextsLiveOn(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	client, now := redis.Client(), newClock()
	c := redis.Cache()
	a := apq.New(apq.Options{Cache: c, Now: now.Now})
	key := c.Key("apq", hash(text))
	young := func() bool { return client.PTTL(t.Context(), key).Val() > lifetime-time.Hour }
	cachetest.Eventually(t, "it is stored", func() bool {
		a.Add(t.Context(), hash(text), text)
		now.advance(lifetime)
		a.Get(t.Context(), hash(text))
		return young()
	})

	if err := client.Expire(t.Context(), key, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	a.Get(t.Context(), hash(text))
	if young() {
		t.Error("renewed by each use: each would be a round trip")
	}
	cachetest.Eventually(t, "it is renewed", func() bool {
		now.advance(lifetime / 2)
		_, ok := a.Get(t.Context(), hash(text))
		return ok && young()
	})

	// What Redis has lost is brought back by a server that uses it.
	client.Del(t.Context(), key)
	cachetest.Eventually(t, "it is stored again", func() bool {
		now.advance(lifetime / 2)
		got, ok := a.Get(t.Context(), hash(text))
		return ok && got == text && young()
	})
}

// TestRenewedWithoutRewriting counts what Redis is told when a text is found there.
func TestRenewedWithoutRewriting(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t)
	client := redis.Client()
	c := redis.Cache()
	if err := client.Set(t.Context(), c.Key("apq", hash(text)), text, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	cachetest.Eventually(t, "it is found", func() bool {
		_, ok := apq.New(apq.Options{Cache: c}).Get(t.Context(), hash(text))
		return ok
	})
	if ttl := client.PTTL(t.Context(), c.Key("apq", hash(text))).Val(); ttl < lifetime-time.Hour {
		t.Errorf("it lives for %v", ttl)
	}
	info, err := client.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(info, "cmdstat_getex:") || strings.Count(info, "cmdstat_set:calls=1,") != 1 {
		t.Errorf("want GETEX, and one SET, of this test:\n%s", info)
	}
}

// TestMemoryIsBounded keeps those used last.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const each, most = 1000, 20_000
	a := apq.New(apq.Options{MaxBytes: most})
	texts := make([]string, 100)
	for i := range texts {
		texts[i] = fmt.Sprintf("{ a%d%s}", i, strings.Repeat(" ", each))
		a.Add(t.Context(), hash(texts[i]), texts[i])
		if _, ok := a.Get(t.Context(), hash(texts[0])); !ok {
			t.Fatalf("the one that is used is gone after %d others", i)
		}
	}
	kept := 0
	for _, text := range texts {
		if _, ok := a.Get(t.Context(), hash(text)); ok {
			kept++
		}
	}
	if kept > most/each || kept < most/each/2 {
		t.Errorf("%d texts of %d bytes are kept in %d", kept, each, most)
	}
	huge := strings.Repeat(" ", most)
	a.Add(t.Context(), hash(huge), huge)
	if _, ok := a.Get(t.Context(), hash(texts[99])); !ok {
		t.Error("a text that does not fit has driven out others")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	a := apq.New(apq.Options{Cache: cachetest.Start(t).Cache(), MaxBytes: 5000})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 200 {
				text := fmt.Sprint("{ a", (i*j)%30, " }")
				a.Add(t.Context(), hash(text), text)
				if got, ok := a.Get(t.Context(), hash(text)); ok && got != text {
					t.Errorf("found %q under the hash of %q", got, text)
				}
			}
		})
	}
	group.Wait()
}

func TestNoAllocations(t *testing.T) {
	a := apq.New(apq.Options{})
	key := hash(text)
	a.Add(t.Context(), key, text)
	ctx := t.Context()
	if got := testing.AllocsPerRun(1000, func() { a.Get(ctx, key) }); got != 0 {
		t.Errorf("%v allocations for a text in memory, want none", got)
	}
}

func BenchmarkGet(b *testing.B) {
	long := text + strings.Repeat(" ", 4000)
	b.Run("memory", func(b *testing.B) {
		a := apq.New(apq.Options{})
		a.Add(b.Context(), hash(long), long)
		key := hash(long)
		b.ReportAllocs()
		for b.Loop() {
			if got, ok := a.Get(b.Context(), key); !ok || len(got) != len(long) {
				b.Fatal("not found")
			}
		}
	})
	b.Run("redis", func(b *testing.B) {
		now := newClock()
		a := apq.New(apq.Options{Cache: cachetest.Start(b).Cache(), Now: now.Now})
		a.Add(b.Context(), hash(long), long)
		key := hash(long)
		b.ReportAllocs()
		for b.Loop() {
			now.advance(lifetime)
			if got, ok := a.Get(b.Context(), key); !ok || len(got) != len(long) {
				b.Fatal("not found")
			}
		}
	})
}
