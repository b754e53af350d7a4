package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/answers"
)

// keeping is a server that keeps answers, over a company whose name says how often it was asked for.
type keeping struct {
	*registry

	cache *answers.Cache
	asked atomic.Int64
	hold  chan struct{} // if set, resolvers wait until it is closed
	fresh func() bool   // if set, whether all changes are known
	keys  map[auth.Role]string
	id    string
}

func newKeeping(t *testing.T, hold chan struct{}, change ...func(*web.Options)) *keeping {
	t.Helper()
	return newSharing(t, hold, nil, change...)
}

// newSharing returns a server that shares all answers where there is a Redis.
func newSharing(t *testing.T, hold chan struct{}, redis *cache.Cache, change ...func(*web.Options)) *keeping {
	t.Helper()
	k := &keeping{hold: hold, keys: map[auth.Role]string{}}
	k.cache = answers.New(answers.Options{
		Bytes: 1 << 20, Now: time.Now, Redis: redis, Format: web.AnswerFormat(), Dear: time.Nanosecond,
		Fresh: func() bool { return k.fresh == nil || k.fresh() },
		Point: func() store.OutboxPoint { return store.OutboxPoint{Source: "db", Xmin: 10, Xmax: 10} },
	})
	t.Cleanup(k.cache.Close)
	r := answering()
	r.query.company = func(_ context.Context, _ *edgar.CIK, ticker *string) (*store.Company, error) {
		n := k.asked.Add(1)
		if k.hold != nil {
			<-k.hold
		}
		if ticker != nil && *ticker == "BAD" {
			return nil, store.ErrUnavailable
		}
		return &store.Company{ID: 1, Name: fmt.Sprintf("Company %d %s", n, strings.Repeat("x", 3000))}, nil
	}
	k.registry = newRegistry(t, r, func(reg *registry) {
		for _, role := range auth.Roles() {
			k.keys[role] = reg.create(t, string(role), role, auth.ModeMatchText, nil)
			k.id = reg.publish(t, string(role), registeredText)
		}
	}, append(change, func(o *web.Options) {
		o.Answers = k.cache
		o.Companies = func(context.Context) []*store.Company { return []*store.Company{{ID: 1}} }
	})...)
	return k
}

func (k *keeping) get(t *testing.T, role auth.Role, variables string, header ...string) string {
	t.Helper()
	w := k.ask(t, k.keys[role], http.MethodGet, "/graphql/d/"+k.id+"?variables="+variables, nil, header...)
	if w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// TestReplay checks that an answer is made once, until something changes that it depends on.
func TestReplay(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	first := k.get(t, auth.RolePartner, "%7B%7D")
	if again := k.get(t, auth.RolePartner, "%7B%7D"); again != first || k.asked.Load() != 1 {
		t.Errorf("asked %d times for one answer", k.asked.Load())
	}
	k.cache.Change("company:2", "filings")
	if again := k.get(t, auth.RolePartner, "%7B%7D"); again != first {
		t.Error("a change of another company made it old")
	}
	k.cache.Change("company:1")
	if again := k.get(t, auth.RolePartner, "%7B%7D"); again == first {
		t.Error("the old answer is given away")
	}
	if err := k.usage.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var count int
	if err := k.store.Pool().QueryRow(t.Context(), `select sum(count) from document_usage`).Scan(&count); err != nil || count != 4 {
		t.Errorf("used %d times (%v), want 4", count, err)
	}
}

// TestReplayApart checks what must not be answered by the answer to something else.
func TestReplayApart(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	seen := map[string]string{}
	for what, ask := range map[string]func() string{
		"partner":             func() string { return k.get(t, auth.RolePartner, "%7B%7D") },
		"analyst":             func() string { return k.get(t, auth.RoleAnalyst, "%7B%7D") },
		"other variables":     func() string { return k.get(t, auth.RolePartner, "%7B%22t%22%3A%22A%22%7D") },
		"null for a variable": func() string { return k.get(t, auth.RolePartner, "%7B%22t%22%3Anull%7D") },
		"another media type": func() string {
			return k.get(t, auth.RolePartner, "%7B%7D", "Accept", "application/graphql-response+json")
		},
		"by POST": func() string {
			return k.ask(t, k.keys[auth.RolePartner], "POST", "/graphql", map[string]any{"documentId": k.id}).Body.String()
		},
	} {
		body := ask()
		if other, known := seen[body]; known {
			t.Errorf("%s is answered by the answer to %s", what, other)
		}
		seen[body] = what
		if again := ask(); again != body {
			t.Errorf("%s: not kept", what)
		}
	}
}

// TestReplayCoding checks that each content coding has its own bytes, tag and Age, and 304 works from memory.
func TestReplayCoding(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	for _, coding := range []string{"identity", "gzip", "zstd"} {
		ask := func(header ...string) (status int, h http.Header, body string) {
			w := k.ask(t, k.keys[auth.RolePartner], http.MethodGet, "/graphql/d/"+k.id, nil, append([]string{"Accept-Encoding", coding}, header...)...)
			return w.Code, w.Header(), w.Body.String()
		}
		_, fresh, body := ask()
		_, kept, again := ask()
		if body != again || kept.Get("Age") == "" || fresh.Get("Age") != "" {
			t.Errorf("%s: not from memory: Age %q, then %q", coding, fresh.Get("Age"), kept.Get("Age"))
		}
		for _, name := range []string{"Etag", "Cache-Control", "Content-Encoding", "Surrogate-Key", "Vary", "Content-Type", "Content-Length"} {
			if fresh.Get(name) != kept.Get(name) {
				t.Errorf("%s: %s is %q, and from memory %q", coding, name, fresh.Get(name), kept.Get(name))
			}
		}
		if status, h, body := ask("If-None-Match", kept.Get("Etag")); status != http.StatusNotModified || body != "" || h.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d with %d bytes", coding, status, len(body))
		}
	}
}

// TestReplayTold checks what is told of the cache to who asks.
func TestReplayTold(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	ask := func(header ...string) string {
		return k.ask(t, k.keys[auth.RoleAnalyst], "POST", "/graphql", map[string]any{"documentId": k.id}, header...).Body.String()
	}
	if body := ask("Corpintel-Cache", "1"); !strings.HasSuffix(body, `,"extensions":{"cache":{"hit":false}}}`) {
		t.Errorf("first: %s", body[len(body)-80:])
	}
	body := ask("Corpintel-Cache", "1")
	if !strings.Contains(body, `,"extensions":{"cache":{"hit":true,"tier":"memory","ageMs":`) {
		t.Errorf("then: %s", body[len(body)-80:])
	}
	if body := ask("Corpintel-Cache", "1", "Corpintel-Cost", "1"); !strings.Contains(body, `"cache":{"hit":false}`) || !strings.Contains(body, `"cost":{`) {
		t.Errorf("with the cost: %s", body[len(body)-80:])
	}
	if body := ask("Accept-Encoding", "identity"); strings.Contains(body, "extensions") {
		t.Error("it is told to who did not ask")
	}
}

// TestReplayNotKept checks that answers with errors are made each time.
func TestReplayNotKept(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	for want := range int64(3) {
		k.ask(t, k.keys[auth.RolePartner], http.MethodGet, "/graphql/d/"+k.id+"?variables=%7B%22t%22%3A%22BAD%22%7D", nil)
		if k.asked.Load() != want+1 {
			t.Errorf("asked %d times after %d requests", k.asked.Load(), want+1)
		}
	}
}

// TestReplayTogether checks that 100 equal requests at once are executed once.
func TestReplayTogether(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	k := newKeeping(t, hold)
	var group sync.WaitGroup
	bodies := make([]string, 100)
	for i := range bodies {
		group.Go(func() { bodies[i] = k.get(t, auth.RolePartner, "%7B%7D") })
	}
	for k.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	group.Wait()
	if k.asked.Load() != 1 {
		t.Errorf("executed %d times", k.asked.Load())
	}
	for _, body := range bodies {
		if body != bodies[0] {
			t.Errorf("different answers")
		}
	}
}

// TestReplayLate checks that who missed an answer that another one was making, and comes to make it when that one has just ended,
// is given what was made.
func TestReplayLate(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	first := k.get(t, auth.RolePartner, "%7B%7D")
	before := k.cache.Stats()
	looks := 0
	k.fresh = func() bool { looks++; return looks > 1 } // the first look misses, as if it came before the answer was kept
	if again := k.get(t, auth.RolePartner, "%7B%7D"); again != first || k.asked.Load() != 1 {
		t.Errorf("executed %d times for one answer", k.asked.Load())
	}
	if s := k.cache.Stats(); s.Misses != before.Misses+1 || s.Hits != before.Hits+1 {
		t.Errorf("%d misses and %d hits, want one of each", s.Misses-before.Misses, s.Hits-before.Hits)
	}
}

// TestReplayShared checks that a server sends the same bytes that another one has made, to those who may see them.
func TestReplayShared(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t).Cache()
	a, b := newSharing(t, nil, redis), newSharing(t, nil, redis)
	for _, header := range [][]string{nil, {"Accept-Encoding", "gzip"}, {"Accept-Encoding", "zstd"}} {
		ask := func(k *keeping, more ...string) (int, http.Header, string) {
			w := k.ask(t, k.keys[auth.RoleAnalyst], http.MethodGet, "/graphql/d/"+a.id, nil, append(more, header...)...)
			k.cache.Close() // waits for Redis
			return w.Code, w.Header(), w.Body.String()
		}
		_, made, want := ask(a)
		asked := b.asked.Load()
		status, shared, got := ask(b)
		if status != http.StatusOK || got != want || b.asked.Load() != asked {
			t.Errorf("%v: %d: the other server makes its own answer", header, status)
		}
		for _, name := range []string{"Etag", "Cache-Control", "Content-Encoding", "Surrogate-Key", "Vary", "Content-Type", "Content-Length"} {
			if made.Get(name) != shared.Get(name) {
				t.Errorf("%v: %s is %q, and from Redis %q", header, name, made.Get(name), shared.Get(name))
			}
		}
		if shared.Get("Age") == "" {
			t.Errorf("%v: no Age", header)
		}
		if status, h, body := ask(b, "If-None-Match", made.Get("Etag")); status != http.StatusNotModified || body != "" || h.Get("Content-Length") != "" {
			t.Errorf("%v: %d with %d bytes", header, status, len(body))
		}
	}
	asked := b.asked.Load()
	a.get(t, auth.RoleAnalyst, "%7B%7D")
	a.cache.Close() // waits for Redis
	if b.get(t, auth.RolePartner, "%7B%7D"); b.asked.Load() != asked+1 {
		t.Error("a partner is told what an analyst was")
	}
}

// TestReplaySharedTold checks what is told of an answer of another server: where it was the first time, and from then on.
func TestReplaySharedTold(t *testing.T) {
	t.Parallel()
	redis := cachetest.Start(t).Cache()
	a, b := newSharing(t, nil, redis), newSharing(t, nil, redis)
	for i, want := range []string{`{"hit":false}`, `{"hit":true,"tier":"redis","ageMs":`, `{"hit":true,"tier":"memory","ageMs":`} {
		k := a
		if i > 0 {
			k = b
		}
		body := k.ask(t, k.keys[auth.RoleAnalyst], "POST", "/graphql", map[string]any{"documentId": k.id}, "Corpintel-Cache", "1").Body.String()
		k.cache.Close() // waits for Redis
		if !strings.Contains(body, `,"extensions":{"cache":`+want) {
			t.Errorf("answer %d: %s", i+1, body[len(body)-80:])
		}
	}
	if err := b.usage.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var count int
	if err := b.store.Pool().QueryRow(t.Context(), `select sum(count) from document_usage`).Scan(&count); err != nil || count != 2 {
		t.Errorf("used %d times (%v), want 2", count, err)
	}
}

// TestReplayAsksOnce checks that of 500 equal requests at once, cold, one asks Redis and one is executed.
func TestReplayAsksOnce(t *testing.T) {
	t.Parallel()
	redis, hold := cachetest.Start(t).Cache(), make(chan struct{})
	k := newSharing(t, hold, redis)
	var group sync.WaitGroup
	for range 500 {
		group.Go(func() { k.get(t, auth.RolePartner, "%7B%7D") })
	}
	for k.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	group.Wait()
	if s := k.cache.Stats().Shared; k.asked.Load() != 1 || s.Misses != 1 {
		t.Errorf("executed %d times, and Redis asked %d times", k.asked.Load(), s.Misses)
	}
	other := newSharing(t, nil, redis)
	k.cache.Close() // waits for Redis
	for range 500 {
		group.Go(func() { other.get(t, auth.RolePartner, "%7B%7D") })
	}
	group.Wait()
	if s := other.cache.Stats().Shared; other.asked.Load() != 0 || s.Hits != 1 {
		t.Errorf("the other executed %d times, and had %d answers from Redis", other.asked.Load(), s.Hits)
	}
}
