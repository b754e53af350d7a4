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
	keys  map[auth.Role]string
	id    string
}

func newKeeping(t *testing.T, hold chan struct{}) *keeping {
	t.Helper()
	k := &keeping{hold: hold, keys: map[auth.Role]string{}}
	k.cache = answers.New(answers.Options{Bytes: 1 << 20, Fresh: func() bool { return true }, Now: time.Now})
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
	}, func(o *web.Options) {
		o.Answers = k.cache
		o.Companies = func(context.Context) []*store.Company { return []*store.Company{{ID: 1}} }
	})
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
