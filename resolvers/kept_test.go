package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/tools/txtar"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/answers"
)

// keeper is a server that keeps its answers, and rows.
type keeper struct {
	*server

	rows     *loaders.Entities
	kept     *answers.Cache
	follower *events.Follower
}

// serveKeeping starts a server that keeps answers, and rows below them, and follows the changes of its database. With a Redis it
// shares all answers.
func serveKeeping(t *testing.T, database string, redis *cache.Cache) *keeper {
	t.Helper()
	counter := &statements{}
	s, err := store.Open(t.Context(), database, store.Options{Tracer: counter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	follower, err := events.Open(t.Context(), events.Options{Store: s, DirectURL: database, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	kept := answers.New(answers.Options{
		Bytes: 64 << 20, Fresh: follower.Fresh, Now: time.Now, Point: follower.Point, Redis: redis, Dear: time.Nanosecond,
	})
	rows := loaders.NewEntities(loaders.EntitiesOptions{Bytes: 8 << 20, Fresh: follower.Fresh})
	follower.Subscribe(func(b events.Batch) { rows.Apply(b.All, b.Changes) }) // before answers, as in a server
	follower.Subscribe(kept.Apply)
	history, err := follower.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept.Learn(history)
	t.Cleanup(kept.Close)
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
	l := loaders.New(s, func() time.Time { return today }, loaders.WithEntities(rows))
	h := httptest.NewServer(web.New(web.Options{
		Resolvers: resolvers.New(s), Attach: l.Attach, RequestTimeout: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()},
		Answers: kept, Companies: func(ctx context.Context) []*store.Company { return loaders.From(ctx).Shown() },
	}))
	t.Cleanup(h.Close)
	return &keeper{&server{url: h.URL + "/graphql", store: s, loaders: l, statements: counter}, rows, kept, follower}
}

// question is the operation of a golden file.
type question struct {
	file, query string
	variables   any
}

func questions(t *testing.T, patterns ...string) []question {
	t.Helper()
	var all []question
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing matches %s (%v)", pattern, err)
		}
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			q := question{file: file}
			for _, f := range archive.Files {
				switch f.Name {
				case "query.graphql":
					q.query = string(f.Data)
				case "variables.json":
					if err := json.Unmarshal(f.Data, &q.variables); err != nil {
						t.Fatal(err)
					}
				}
			}
			all = append(all, q)
		}
	}
	return all
}

// TestKeptEqual checks that every golden operation is answered with the same bytes without kept answers, when its answer is
// made, from memory, and by another server that has it from Redis.
func TestKeptEqual(t *testing.T) {
	t.Parallel()
	database, redis := newDatabase(t, "testdata/seed.sql"), cachetest.Start(t).Cache()
	plain, keeping, other := serveDatabase(t, database), serveKeeping(t, database, redis), serveKeeping(t, database, redis)
	all := questions(t, "testdata/golden/*.txtar")
	for _, q := range all {
		want := plain.post(t, q.query, q.variables)
		for what, keeper := range map[string]*keeper{"here": keeping, "there": other} {
			for _, how := range []string{"cold", "warm", "warm"} {
				if got := keeper.post(t, q.query, q.variables); !bytes.Equal(got, want) {
					t.Errorf("%s, %s %s: %s, want %s", q.file, how, what, got, want)
				}
				keeper.kept.Close() // waits for Redis
			}
		}
	}
	here, there := keeping.kept.Stats(), other.kept.Stats()
	if here.Hits < int64(len(all)) || there.Hits < int64(len(all)) || here.Shared.Hits+there.Shared.Hits < int64(len(all)/2) {
		t.Errorf("the test proves nothing: %+v and %+v", here, there)
	}
	if rows := keeping.rows.Stats(); rows.Hits == 0 {
		t.Errorf("the test proves nothing of rows: %+v", rows)
	}
}

// TestKeptNeverOld imports files one by one, and asks after each what is asked elsewhere: servers that keep answers, and share
// them, and one that does not answer the same, as soon as the first know of the import.
func TestKeptNeverOld(t *testing.T) {
	t.Parallel()
	database, redis := storetest.New(t), cachetest.Start(t).Cache()
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	plain := serveDatabase(t, database)
	keepers := []*keeper{serveKeeping(t, database, redis), serveKeeping(t, database, redis)}
	all := questions(t, "testdata/golden/*.txtar", "testdata/edgar/*.txtar", "testdata/prices/*.txtar", "testdata/asof/*.txtar", "testdata/buckets/*.txtar")
	all = append(all, reportedQuestions()...)
	for i, step := range writes(t, pool) {
		step.write()
		for _, k := range keepers {
			if err := k.follower.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for n, q := range all {
			want := plain.post(t, q.query, q.variables)
			for ask := range 3 { // the first makes the answer, the other has it from Redis, and then from memory
				k := keepers[(i+n+min(ask, 1))%len(keepers)]
				if got := k.post(t, q.query, q.variables); !bytes.Equal(got, want) && !isTraced(want) {
					t.Fatalf("after %s, %s: an old answer: %s, want %s", step.name, q.file, got, want)
				}
				k.kept.Close() // waits for Redis
			}
		}
	}
	for _, k := range keepers {
		if rows := k.rows.Stats(); rows.Hits == 0 || rows.Stale == 0 {
			t.Errorf("the test proves nothing of rows: %+v", rows)
		}
		if stats := k.kept.Stats(); stats.Hits == 0 || stats.Stale == 0 || stats.Shared.Hits == 0 || stats.Shared.Stale == 0 || stats.Shared.Spoilt > 0 {
			t.Errorf("the test proves nothing: %+v", stats)
		}
	}
}

// isTraced reports whether an answer has the id of a fault, which is another one each time.
func isTraced(body []byte) bool { return bytes.Contains(body, []byte("traceId")) }

// reportedQuestions ask for what the excerpts have.
func reportedQuestions() []question {
	var all []question
	for _, query := range []string{
		`{ companies(first: 50) { totalCount nodes { cik name ticker marketCap sector industry } } }`,
		`{ companies(first: 50, orderBy: { field: MARKET_CAP, direction: DESC }) { nodes { name marketCap } } }`,
		`{ searchCompanies(query: "inc", first: 20) { nodes { name tickers { symbol from to } } } }`,
		`{ filings(first: 20) { totalCount nodes { accessionNumber form filedOn company { name } companies { name } } } }`,
		`{ metricDefinitions(first: 100) { nodes { name unit period label } } }`,
		`{ company(cik: 320193) { name filingSummary { count } metrics(names: ["us-gaap:Revenues", "price:close"]) { date value } } }`,
		`{ a: company(ticker: "AAPL") { name marketCap } b: company(ticker: "LB") { name series(metric: "price:close") { points { date value } } } }`,
		`{ company(ticker: "BBWI") { name series(metric: "price:close") { buckets(by: MONTH) { start count last } } } }`,
		`{ ...both } fragment both on Query { a: company(cik: 320193) { name } b: company(cik: 701985) { name } }`,
		`{ ...both } fragment both on Query { a: company(cik: 789019) { name } b: company(ticker: "BBWI") { name } }`,
		`{ a: company(cik: 1652044) { name } ... { b: company(ticker: "AAPL") { name } } }`,
		`{ filing(accessionNumber: "0000320193-23-000106") { form company { name } } }`,
		`{ companies(filter: { sector: "Manufacturing" }, first: 20) { totalCount nodes { name ticker industry marketCap } } }`,
		`{ companies(filter: { sector: "Information Technology" }, orderBy: { field: MARKET_CAP, direction: DESC }) { nodes { name tickers { symbol to } } } }`,
		`{ companies(filter: { sector: "Manufacturing", exchange: "Nasdaq" }) { nodes { name filings(first: 3) { nodes { form filedOn } } } } }`,
		`{ companies(filter: { sector: "Services", tickers: ["MSFT", "AAPL"] }) { totalCount nodes { name } } }`,
		`{ ...two } fragment two on Query { a: companies(filter: { sector: "Manufacturing" }) { totalCount } b: companies(filter: { sector: "Services" }) { totalCount } }`,
		`{ filings(filter: { forms: ["10-K"] }, first: 20) { totalCount nodes { accessionNumber filedOn acceptedAt periodEnd title url } } }`,
		`{ filings(filter: { forms: "8-K" }, first: 20) { totalCount nodes { accessionNumber companies { name } } } }`,
		`{ filings(filter: { forms: ["4", "10-Q"], amendments: false }, first: 20) { nodes { accessionNumber form company { name } } } }`,
	} {
		all = append(all, question{file: query, query: query})
	}
	return all
}

// step is a write to the database.
type step struct {
	name  string
	write func()
}

// writes are imports of every excerpt of EDGAR, of prices, of corrections to them, and of a reference file, in an order
// that is drawn.
func writes(t *testing.T, pool *pgxpool.Pool) []step {
	t.Helper()
	var steps []step
	add := func(name string, write func() error) {
		steps = append(steps, step{name, func() {
			if err := write(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}})
	}
	options := ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)}
	const excerpts = "../edgar/testdata/"
	for _, pattern := range []string{"submissions/*.json", "companyfacts/*.json", "*.json", "index/*.idx"} {
		files, err := filepath.Glob(excerpts + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing matches %s (%v)", pattern, err)
		}
		for _, file := range files {
			add(file, func() error {
				_, err := ingest.Run(t.Context(), pool, []string{file}, options)
				return err
			})
		}
	}
	tickers := writeFile(t, "company_tickers.json", `{"0": {"cik_str": 701985, "ticker": "BBWI", "title": "Bath & Body Works, Inc."}}`)
	add("tickers of BBWI", func() error {
		_, err := ingest.Run(t.Context(), pool, []string{tickers}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 31)})
		return err
	})
	for i, rows := range []string{
		"2026-01-02,AAPL,1,1,1,100,100,10\n2021-09-03,BBWI,66,67,65,66.5,66,4000\n",
		"2026-01-05,AAPL,1,1,1,110,110,20\n",
		"2026-01-02,AAPL,1,1,1,101,101,10\n", // corrects the first
		"2021-10-04,BBWI,70,71,69,70.5,70,4000\n",
	} {
		file := writeFile(t, "prices.csv", "date,ticker,open,high,low,close,adj_close,volume\n"+rows)
		add("prices "+string(rune('a'+i)), func() error {
			_, err := ingest.RunPrices(t.Context(), pool, []string{file}, nil, ingest.Options{})
			return err
		})
	}
	sectors := writeFile(t, "constituents.csv", "symbol,sector,industry\nAAPL,Information Technology,Technology Hardware\n")
	add("reference", func() error {
		_, err := ingest.RunReference(t.Context(), pool, []string{sectors}, ingest.Options{})
		return err
	})
	random := rand.New(rand.NewPCG(11, 13)) //nolint:gosec // the same each time
	random.Shuffle(len(steps), func(i, k int) { steps[i], steps[k] = steps[k], steps[i] })
	return steps
}
