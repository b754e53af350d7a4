//go:build unix

package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/answers"
)

// keeping is a server of the contest's database that keeps answers.
type keeping struct {
	http.Handler

	kept     *answers.Cache
	follower *events.Follower
}

func (c *contest) keeping(t testing.TB) *keeping {
	t.Helper()
	follower, err := events.Open(t.Context(), events.Options{Store: c.store, DirectURL: c.database, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	kept := answers.New(answers.Options{Bytes: 64 << 20, Fresh: follower.Fresh, Now: time.Now, Point: follower.Point})
	follower.Subscribe(kept.Apply)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		follower.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return &keeping{kept: kept, follower: follower, Handler: web.New(web.Options{
		Resolvers: resolvers.New(c.store), Attach: loaders.New(c.store, time.Now).Attach,
		Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()}, RequestTimeout: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Answers: kept, Companies: func(ctx context.Context) []*store.Company { return loaders.From(ctx).Shown() },
	})}
}

func operation(t testing.TB, query string, variables map[string]any) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// hello answers what it has, and does nothing else.
func hello(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // the client is gone if this fails
	}
}

// BenchmarkCached asks for an answer that is kept, in turns with a handler that only writes as many bytes:
//
//	x-requests         requests a second, of the server to the handler
//	us-cpu, hello-us   CPU time of a request
//	allocs, hello-allocs
func BenchmarkCached(b *testing.B) {
	c := newContest(b)
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	clients, server := startClient(b), httptest.NewServer(c.keeping(b))
	b.Cleanup(server.Close)
	for _, question := range []struct {
		name string
		body []byte
	}{
		{"small", operation(b, "{ company(id: \"Q29tcGFueTox\") { id ticker name } }", nil)},
		{"company", bodies(b, c.workloads[0])[0]},
		{"50kB", operation(b, "{ companies(first: 200) { nodes { id cik ticker name sector industry country marketCap } } }", nil)},
	} {
		b.Run(question.name, func(b *testing.B) {
			answer := post(b, server.Config.Handler, "/graphql", question.body).Bytes()
			least := httptest.NewServer(hello(answer))
			b.Cleanup(least.Close)
			run := func(url string, times int) cost {
				return c.measure(b, clients, order{URL: url, Bodies: [][]byte{question.body}, Times: times})
			}
			warm := run(least.URL, 1000)
			run(server.URL+"/graphql", 1000)
			turn := int(max(100, 100*time.Millisecond/(warm.wall/1000)))
			var ours, theirs cost
			b.ResetTimer()
			for b.Loop() {
				theirs.add(run(least.URL, turn))
				ours.add(run(server.URL+"/graphql", turn))
			}
			b.Logf("%d bytes", len(answer))
			if ours.statements > 0 {
				b.Errorf("%d statements: it is not from memory", ours.statements)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(theirs.wall)/float64(ours.wall), "x-requests")
			b.ReportMetric(ours.per(float64(ours.cpu.Nanoseconds()))/1000, "us-cpu")
			b.ReportMetric(theirs.per(float64(theirs.cpu.Nanoseconds()))/1000, "hello-us")
			b.ReportMetric(ours.per(float64(ours.allocs)), "allocs")
			b.ReportMetric(theirs.per(float64(theirs.allocs)), "hello-allocs")
		})
	}
}

// BenchmarkInvalidation has a transaction change a company, and asks another server for it until the answer is the new one: the time
// from the answer to the commit, of which half a second would be too much.
func BenchmarkInvalidation(b *testing.B) {
	c := newContest(b)
	k := c.keeping(b)
	var lags []time.Duration
	for n := 0; b.Loop(); n++ {
		name := "Company " + strconv.Itoa(n)
		body := operation(b, `{ company(id: "Q29tcGFueTox") { name } }`, nil)
		post(b, k, "/graphql", body)
		tx, err := c.store.Pool().Begin(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tx.Exec(b.Context(), "update companies set name = $1 where id = 1", name); err != nil {
			b.Fatal(err)
		}
		if err := store.Publish(b.Context(), tx, store.Change{Kind: store.ChangeCompany, Keys: []string{"1"}}); err != nil {
			b.Fatal(err)
		}
		if err := tx.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
		committed := time.Now()
		for !strings.Contains(post(b, k, "/graphql", body).String(), `"`+name+`"`) {
			time.Sleep(100 * time.Microsecond) // the follower needs a processor too
		}
		lags = append(lags, time.Since(committed))
	}
	slices.Sort(lags)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(lags[len(lags)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(lags[len(lags)*99/100].Microseconds())/1000, "ms-p99")
}

// dashboard draws questions as a dashboard of 500 companies asks them: of seven three are lists, two companies, one filings and one a
// search; a few of each kind are asked for most.
type dashboard struct {
	random  *rand.Rand
	rank    *rand.Zipf
	tickers []string
}

func (d *dashboard) next() (query string, variables map[string]any) {
	at := func(n int) int { return int(d.rank.Uint64()) % n } //nolint:gosec // it is small
	sectors := []string{"Information Technology", "Health Care", "Financials", "Industrials", "Energy", "Materials", "Utilities"}
	switch n := d.random.IntN(7); {
	case n < 3:
		const list = `query ($s: String!, $n: Int!) { companies(filter: { sector: $s }, orderBy: { field: MARKET_CAP, direction: DESC }, first: $n) {
			nodes { id ticker name marketCap } } }`
		return list, map[string]any{"s": sectors[at(len(sectors))], "n": 10 + 10*at(5)}
	case n < 5:
		return `query ($t: String!) { company(ticker: $t) { id name sector industry marketCap filings(first: 5) { nodes { form filedOn } } } }`,
			map[string]any{"t": d.tickers[at(len(d.tickers))]}
	case n < 6:
		forms := []string{"10-K", "10-Q", "8-K", "4"}
		return `query ($f: [String!]) { filings(filter: { forms: $f }, first: 20) { nodes { form filedOn company { name } } } }`,
			map[string]any{"f": forms[:1+at(len(forms))]}
	default:
		words := []string{"pharma", "bancorp", "energy", "software", "holdings", "systems", "group", "inc", "bio", "tech"}
		return `query ($q: String!) { searchCompanies(query: $q, first: 10) { nodes { ticker name } } }`, map[string]any{"q": words[at(len(words))]}
	}
}

// TestDashboardHits counts how many questions of a dashboard are answered from memory: without writes, and while every hundredth
// request a company is changed, so that lists are made anew.
func TestDashboardHits(t *testing.T) {
	c := newContest(t)
	rows, err := c.store.Pool().Query(t.Context(), `select ticker, id::text, sector from companies where ticker is not null and sector is not null order by id limit 500`)
	if err != nil {
		t.Fatal(err)
	}
	var tickers []string
	var changes [][]store.Change
	for rows.Next() {
		var ticker, id, sector string
		if err := rows.Scan(&ticker, &id, &sector); err != nil {
			t.Fatal(err)
		}
		tickers = append(tickers, ticker)
		changes = append(changes, []store.Change{
			{Kind: store.ChangeCompany, Keys: []string{id}}, {Kind: store.ChangeCompanies}, {Kind: store.ChangeSector, Keys: []string{sector}},
		})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		every int // requests a write comes
		least float64
	}{
		"no writes": {0, 0.9}, "a write every 100 requests": {100, 0.8},
	} {
		t.Run(name, func(t *testing.T) {
			k := c.keeping(t)
			random := rand.New(rand.NewPCG(1, 2))                                                  //nolint:gosec // the same each time
			d := &dashboard{random, rand.NewZipf(random, 1.1, 1, uint64(len(tickers)-1)), tickers} //nolint:gosec // there are some
			const requests = 7000
			for i := range requests {
				query, variables := d.next()
				post(t, k, "/graphql", operation(t, query, variables))
				if test.every == 0 || i%test.every > 0 {
					continue
				}
				change := changes[random.IntN(len(changes))]
				if err := c.store.WithTx(t.Context(), func(tx *store.Tx) error { return tx.Changed(change...) }); err != nil {
					t.Fatal(err)
				}
				if err := k.follower.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			s := k.kept.Stats()
			ratio := float64(s.Hits) / requests
			t.Log(fmt.Sprintf("%.1f %% from memory: ", 100*ratio), fmt.Sprintf("%+v", s))
			if ratio < test.least {
				t.Errorf("%.1f %% of the requests are answered from memory, want %.0f %%", 100*ratio, 100*test.least)
			}
		})
	}
}
