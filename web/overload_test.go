package web_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ratelimit"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/shed"
)

// held resolves company once hold is closed, and tells by started that it waits for that.
func held(started chan<- struct{}, hold <-chan struct{}) *resolvers {
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		started <- struct{}{}
		select {
		case <-hold:
			return &store.Company{ID: 1, Name: "Apple Inc."}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return r
}

func newWork(places int, maxWait time.Duration) *shed.Limiter {
	return shed.New(shed.Options{Places: places, MaxWait: maxWait, Now: time.Now})
}

// crowd asks n times at the same time over TCP, and returns how many were answered with which status.
func crowd(t *testing.T, client *http.Client, address string, n int) (statuses func() map[int]int) {
	t.Helper()
	var (
		mu    sync.Mutex
		count = map[int]int{}
		group sync.WaitGroup
	)
	for range n {
		group.Go(func() {
			status, header, body := fetch(t, client, "http://"+address+"/graphql?query="+url.QueryEscape(companyQuery))
			if after, err := strconv.Atoi(header.Get("Retry-After")); status != http.StatusOK && (err != nil || after < 1 || after > 4) {
				t.Errorf("Retry-After %q: %s", header.Get("Retry-After"), body)
			}
			mu.Lock()
			defer mu.Unlock()
			count[status]++
		})
	}
	return func() map[int]int {
		group.Wait()
		return count
	}
}

func fetch(t *testing.T, client *http.Client, url string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return 0, nil, ""
	}
	response, err := client.Do(request)
	if err != nil {
		t.Error(err)
		return 0, nil, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// TestOverload has 500 clients ask where there are places for four: the others are turned away while those four are still executed,
// what needs no place is answered meanwhile, and afterwards everything is as before, to the goroutine. It is not parallel: it counts
// them.
func TestOverload(t *testing.T) {
	const clients, places = 500, 4
	started, hold := make(chan struct{}, clients), make(chan struct{})
	work := newWork(places, time.Millisecond)
	h, _ := newHandler(held(started, hold), func(o *web.Options) { o.Work = work })
	address := listen(t, h, func(*http.Server) {})
	client := &http.Client{Transport: &http.Transport{}}
	before := runtime.NumGoroutine()

	first := crowd(t, client, address, places)
	for range places {
		<-started
	}
	others := crowd(t, client, address, clients-places)
	if diff := cmp.Diff(map[int]int{http.StatusServiceUnavailable: clients - places}, others()); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	for query, want := range map[string]int{
		`{ __schema { queryType { name } } }`:                 http.StatusOK,
		`{ ...a } fragment a on Query { ... { __typename } }`: http.StatusOK,
		`{ nothing }`:                       http.StatusOK, // with application/json
		`{ company(ticker: "A") { name } }`: http.StatusServiceUnavailable,
		`{ __typename ... on Query { company(ticker: "A") { id } } }`: http.StatusServiceUnavailable,
	} {
		if status, _, body := fetch(t, client, "http://"+address+"/graphql?query="+url.QueryEscape(query)); status != want {
			t.Errorf("%s in the middle of it: %d %s, want %d", query, status, body, want)
		}
	}
	if status, _, _ := fetch(t, client, "http://"+address+"/"); status != http.StatusOK {
		t.Errorf("the landing page in the middle of it: %d", status)
	}
	close(hold)
	if diff := cmp.Diff(map[int]int{http.StatusOK: places}, first()); diff != "" {
		t.Errorf("statuses of the first (-want +got):\n%s", diff)
	}
	for range 2 * places {
		if status, _, body := fetch(t, client, "http://"+address+"/graphql?query="+url.QueryEscape(companyQuery)); status != http.StatusOK {
			t.Errorf("afterwards: %d %s", status, body)
		}
	}
	client.CloseIdleConnections()
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() != before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after != before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	if got := work.Stats(); got.Taken != 0 || got.Queued != 0 || got.Full+got.Late != clients-places+2 || got.Left != 0 {
		t.Errorf("stats: %+v", got)
	}
}

// TestQueuedClientLeaves checks that a client that hangs up while it waits leaves its place to others.
func TestQueuedClientLeaves(t *testing.T) {
	t.Parallel()
	started, hold := make(chan struct{}, 3), make(chan struct{})
	work := newWork(1, time.Hour)
	h, _ := newHandler(held(started, hold), func(o *web.Options) { o.Work = work })
	address := listen(t, h, func(*http.Server) {})
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	first := crowd(t, client, address, 1)
	<-started
	leaving := dial(t, address)
	if _, err := io.WriteString(leaving, "GET /graphql?query="+url.QueryEscape(companyQuery)+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	await(t, "it waits", func() bool { return work.Stats().Queued == 1 })
	_ = leaving.Close()
	await(t, "it has left", func() bool { return work.Stats().Queued == 0 && work.Stats().Left == 1 })
	second := crowd(t, client, address, 1)
	await(t, "another one waits", func() bool { return work.Stats().Queued == 1 })
	close(hold)
	for _, statuses := range []func() map[int]int{first, second} {
		if diff := cmp.Diff(map[int]int{http.StatusOK: 1}, statuses()); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
	}
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestKeptAnswersAreNeverShed checks that what is kept is answered while nothing can be executed.
func TestKeptAnswersAreNeverShed(t *testing.T) {
	t.Parallel()
	work := newWork(1, time.Millisecond)
	k := newKeeping(t, nil, func(o *web.Options) { o.Work = work })
	want := k.get(t, auth.RoleDashboard, "%7B%7D")
	if err := work.Acquire(t.Context(), shed.First); err != nil {
		t.Fatal(err)
	}
	defer work.Release()
	if got := k.get(t, auth.RoleDashboard, "%7B%7D"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w := k.ask(t, k.keys[auth.RoleDashboard], http.MethodGet, "/graphql/d/"+k.id+"?variables=%7B%22t%22%3A%22X%22%7D", nil)
	fault := wantFault(t, w, http.StatusServiceUnavailable, "OVERLOADED")
	if fault.Extensions["retryAfter"] == nil || w.Header().Get("Retry-After") == "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v %v", fault, w.Header())
	}
}

// TestShedCostsNothing checks that what is turned away is not taken from the budget.
func TestShedCostsNothing(t *testing.T) {
	t.Parallel()
	var key string
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	work := newWork(1, time.Millisecond)
	reg := newRegistry(t, answering(), func(r *registry) {
		budget := int64(20)
		key = r.create(t, "poor", auth.RoleAnalyst, auth.ModeOpen, &budget)
	}, func(o *web.Options) {
		o.Limiter = ratelimit.New(ratelimit.Options{Now: func() time.Time { return now }, Logger: o.Logger})
		o.Work = work
	})
	if err := work.Acquire(t.Context(), shed.First); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		w := reg.ask(t, key, http.MethodPost, "/graphql", map[string]any{"query": freeText})
		wantFault(t, w, http.StatusServiceUnavailable, "OVERLOADED")
		if got := w.Header().Get("RateLimit"); got != `"cost";r=20;t=0` {
			t.Fatalf("RateLimit: %s", got)
		}
	}
	work.Release()
	if w := reg.ask(t, key, http.MethodPost, "/graphql", map[string]any{"query": freeText}); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestAnalystsComeLast checks which roles are executed first where many wait.
func TestAnalystsComeLast(t *testing.T) {
	t.Parallel()
	work := newWork(1, time.Hour)
	keys := map[auth.Role]string{}
	executed := make(chan auth.Role, len(auth.Roles()))
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		executed <- auth.FromContext(ctx).Role
		return &store.Company{ID: 1, Name: "Apple Inc."}, nil
	}
	reg := newRegistry(t, r, func(r *registry) {
		for _, role := range auth.Roles() {
			keys[role] = r.create(t, string(role), role, auth.ModeOpen, nil)
		}
	}, func(o *web.Options) { o.Work = work })
	if err := work.Acquire(t.Context(), shed.First); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	want := []auth.Role{auth.RoleDashboard, auth.RolePartner, auth.RoleAdmin, auth.RoleAnalyst}
	for i, role := range []auth.Role{auth.RoleAnalyst, auth.RoleDashboard, auth.RolePartner, auth.RoleAdmin} {
		group.Go(func() { reg.ask(t, keys[role], http.MethodPost, "/graphql", map[string]any{"query": companyQuery}) })
		await(t, "it waits", func() bool { return work.Stats().Queued == i+1 })
	}
	work.Release()
	group.Wait()
	close(executed)
	var got []auth.Role
	for role := range executed {
		got = append(got, role)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles in the order of their execution (-want +got):\n%s", diff)
	}
}

// TestPanicKeepsNoPlace checks that an operation gives its place back where what comes before its first resolver panics.
func TestPanicKeepsNoPlace(t *testing.T) {
	t.Parallel()
	var key, id string
	work := newWork(1, time.Millisecond)
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "ann", auth.RolePartner, auth.ModeIDOnly, nil)
		id = r.publish(t, "ann", registeredText)
	}, func(o *web.Options) {
		o.Usage = clients.NewUsage(clients.UsageOptions{Now: func() time.Time { panic("no clock") }, Logger: o.Logger})
		o.Work = work
	})
	for range 2 {
		wantFault(t, reg.ask(t, key, http.MethodGet, "/graphql/d/"+id, nil), http.StatusInternalServerError, "INTERNAL")
	}
	if got := work.Stats(); got.Taken != 0 || got.Late != 0 {
		t.Errorf("stats: %+v", got)
	}
}
