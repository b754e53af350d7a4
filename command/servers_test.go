//go:build unix

package command_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/store/storetest"
)

// promptness is how soon a change must count on every server. One second is what is promised; more is for a busy machine.
const promptness = 5 * time.Second

// fleet is two servers on one database and one Redis.
type fleet struct {
	servers [2]*running
	environ []string // of commands
	redis   *cachetest.Server
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	redis := cachetest.Start(t)
	database := "DATABASE_URL=" + storetest.New(t)
	f := &fleet{environ: []string{database}, redis: redis}
	for i := range f.servers {
		f.servers[i] = serve(t, onFreePorts(database, "CORPINTEL_AUTH=required", "REDIS_URL="+redis.URL()))
	}
	return f
}

// publish registers a text for a client and returns its id.
func (f *fleet) publish(t *testing.T, client, text string) (id string) {
	t.Helper()
	mustRun(t, f.environ, "documents", "publish", "--client="+client, write(t, "document.graphql", text))
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// refused are the statuses of a key that does not count: 429 when many came before it.
var refused = []int{http.StatusUnauthorized, http.StatusTooManyRequests}

// everywhere waits until both servers answer a call of a document with one of the statuses, and logs how long that took.
func (f *fleet) everywhere(t *testing.T, what, key, id string, statuses ...int) {
	t.Helper()
	start := time.Now()
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for i, s := range f.servers {
		for got, body := s.call(t, key, id); !slices.Contains(statuses, got); got, body = s.call(t, key, id) {
			if time.Since(start) > promptness {
				t.Fatalf("%s: server %d still answers %d %s", what, i+1, got, body)
			}
			<-pause.C
		}
		t.Logf("%s: on server %d %d ms after the command", what, i+1, time.Since(start).Milliseconds())
	}
}

// call calls a registered document with a key and returns status and body.
func (r *running) call(t *testing.T, key, id string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/graphql/d/"+id, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Api-Key", key)
	return r.do(t, request)
}

// keepCalling calls a document on both servers all the time, until stop: none of the calls may fail. It counts them.
func (f *fleet) keepCalling(t *testing.T, key, id string) (calls *atomic.Int64, stop func()) {
	t.Helper()
	calls = &atomic.Int64{}
	end := make(chan struct{})
	var callers sync.WaitGroup
	for i, s := range f.servers {
		callers.Go(func() {
			pause := time.NewTicker(5 * time.Millisecond)
			defer pause.Stop()
			for {
				select {
				case <-end:
					return
				case <-pause.C:
				}
				if status, body := s.call(t, key, id); status != http.StatusOK {
					t.Errorf("server %d: %d %s", i+1, status, body)
				}
				calls.Add(1)
			}
		})
	}
	return calls, func() {
		close(end)
		callers.Wait()
	}
}

// TestTwoServers changes what clients may ask, which counts on both servers, with Redis and without.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	key := createClient(t, f.environ, "--name=acme", "--role=partner")
	first := f.publish(t, "acme", `{ companies(first: 1) { totalCount } }`)
	f.everywhere(t, "the first document", key, first, http.StatusOK)

	change := func(redis string) {
		second := f.publish(t, "acme", `{ companies(first: 2) { totalCount } } # `+redis)
		f.everywhere(t, "published, "+redis, key, second, http.StatusOK)
		mustRun(t, f.environ, "documents", "revoke", "--client=acme", second)
		f.everywhere(t, "document revoked, "+redis, key, second, http.StatusGone)
		other := createClient(t, f.environ, "--name=brief-"+redis[len("Redis "):], "--role=partner")
		f.everywhere(t, "client made, "+redis, other, first, http.StatusNotFound) // it is acme's
		mustRun(t, f.environ, "client", "revoke", "--key="+prefixOf(other))
		f.everywhere(t, "key revoked, "+redis, other, first, refused...)
	}
	calls, stop := f.keepCalling(t, key, first)
	change("Redis there")
	before := calls.Load()
	f.redis.Stop()
	change("Redis killed")
	during := calls.Load()
	f.redis.Start()
	awaitTrue(t, "nothing is called any more", func() bool { return calls.Load() > during+20 })
	stop()
	t.Logf("%d calls, %d of them while there was no Redis: none failed", calls.Load(), during-before)
	if before == 0 || during == before {
		t.Error("nothing was called meanwhile")
	}
	mustRun(t, f.environ, "client", "revoke", "--name=acme")
	f.everywhere(t, "client revoked", key, first, refused...)
}
