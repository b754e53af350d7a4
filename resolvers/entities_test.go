package resolvers_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/answers"
)

// remembering is a server that keeps rows.
type remembering struct {
	*server

	entities *loaders.Entities
	follower *events.Follower
}

// serveRemembering starts a server that keeps rows, and answers too where it is told, and follows the changes of its database.
// Without fresh it is as fresh as it follows.
func serveRemembering(t *testing.T, database string, keepsAnswers bool, fresh func() bool) *remembering {
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
	if fresh == nil {
		fresh = follower.Fresh
	}
	entities := loaders.NewEntities(loaders.EntitiesOptions{Bytes: 8 << 20, Fresh: fresh})
	follower.Subscribe(func(b events.Batch) { entities.Apply(b.All, b.Changes) })
	l := loaders.New(s, func() time.Time { return today }, loaders.WithEntities(entities))
	options := web.Options{
		Resolvers: resolvers.New(s), Attach: l.Attach, RequestTimeout: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()},
	}
	if keepsAnswers {
		options.Answers = answers.New(answers.Options{Bytes: 64 << 20, Fresh: follower.Fresh, Now: time.Now, Point: follower.Point})
		options.Companies = func(ctx context.Context) []*store.Company { return loaders.From(ctx).Shown() }
		follower.Subscribe(options.Answers.Apply)
		t.Cleanup(options.Answers.Close)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { follower.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	h := httptest.NewServer(web.New(options))
	t.Cleanup(h.Close)
	return &remembering{&server{url: h.URL + "/graphql", store: s, loaders: l, statements: counter}, entities, follower}
}

// TestEntitiesEqual checks that every golden operation is answered with the same bytes without kept rows, when they are read,
// and from memory; and that none of them writes into a row that others share.
func TestEntitiesEqual(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, "testdata/seed.sql")
	plain, warm := serveDatabase(t, database), serveRemembering(t, database, false, nil)
	all, wants := questions(t, "testdata/golden/*.txtar"), map[string][]byte{}
	for _, q := range all {
		want := plain.post(t, q.query, q.variables)
		wants[q.file] = want
		for _, what := range []string{"cold", "warm", "warm"} {
			if what == "cold" {
				warm.entities.Apply(true, nil)
			}
			if got := warm.post(t, q.query, q.variables); !bytes.Equal(got, want) && !isTraced(want) {
				t.Errorf("%s, %s: %s, want %s", q.file, what, got, want)
			}
		}
	}
	if stats := warm.entities.Stats(); stats.Hits < int64(len(all)) {
		t.Errorf("%+v: the test proves nothing", stats)
	}

	// All are kept now. Many ask everything at once, in other orders, and share the rows: nobody has written into them.
	asked := warm.entities.Stats().Hits
	var asking sync.WaitGroup
	for i := range 4 {
		asking.Go(func() {
			for k := range all {
				q := all[(k*(2*i+1)+i)%len(all)]
				if got := warm.post(t, q.query, q.variables); !bytes.Equal(got, wants[q.file]) && !isTraced(got) {
					t.Errorf("%s, asked again: %s, want %s", q.file, got, wants[q.file])
				}
			}
		})
	}
	asking.Wait()
	if stats := warm.entities.Stats(); stats.Hits < asked+int64(len(all)) {
		t.Errorf("%+v: the test proves nothing", stats)
	}
}

// TestColdEntities asks the same 500 times at once of a server that has just started: the statements of rows that are kept are
// sent once.
func TestColdEntities(t *testing.T) {
	t.Parallel()
	s := serveRemembering(t, newDatabase(t, "testdata/seed.sql", "testdata/crowd.sql"), false, func() bool { return true }) // however slow the machine is
	const query = `{ company(ticker: "CR7") { name tickers { symbol } filingSummary { count }
		metrics(names: ["us-gaap:Assets", "price:close"]) { value definition { label } } series(metric: "price:close") { from to } } }`
	var asking sync.WaitGroup
	for range 500 {
		asking.Go(func() {
			if body := string(s.post(t, query, nil)); !strings.Contains(body, "Crowd 007") || strings.Contains(body, "errors") {
				t.Errorf("%.300s", body)
			}
		})
	}
	asking.Wait()
	want := []string{"CompanyByTicker", "DefinitionsByID", "FilingSummaries", "LatestNumbers", "SeriesBounds", "TickersOfCompanies"}
	if diff := cmp.Diff(want, s.statements.take()); diff != "" {
		t.Errorf("statements: want -, got +:\n%s", diff)
	}
}

// TestEntitiesNeverOld reads and writes at random: a server that keeps rows and one that does not answer the same, as soon as
// the first knows of what was written. Meanwhile others read there, so that rows are read before and kept after a change.
func TestEntitiesNeverOld(t *testing.T) {
	t.Parallel()
	for name, keepsAnswers := range map[string]bool{"rows": false, "rows and answers": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t, "testdata/seed.sql", "testdata/crowd.sql")
			plain, warm := serveDatabase(t, database), serveRemembering(t, database, keepsAnswers, nil)
			steps := 1500
			if testing.Short() {
				steps = 300
			}
			done := make(chan struct{})
			var others sync.WaitGroup
			defer others.Wait()
			defer close(done)
			for i := range uint64(1) {
				others.Go(func() {
					for random := rand.New(rand.NewPCG(i, 3)); ; { //nolint:gosec // it need not be secret
						select {
						case <-done:
							return
						default:
							warm.post(t, drawRead(random), nil)
						}
					}
				})
			}
			random := rand.New(rand.NewPCG(17, 19)) //nolint:gosec // the same each time
			for step := range steps {
				if random.IntN(4) == 0 {
					commit(t, plain.store, drawWrite(random, step))
					if err := warm.follower.CatchUp(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				query := drawRead(random)
				want := plain.post(t, query, nil)
				if got := warm.post(t, query, nil); !bytes.Equal(got, want) {
					t.Fatalf("step %d: %s\n%s\nwant\n%s", step, query, got, want)
				}
			}
			stats := warm.entities.Stats()
			if t.Logf("%+v", stats); stats.Hits < int64(steps)/2 || stats.Stale < int64(steps)/10 {
				t.Errorf("the test proves nothing: %+v", stats)
			}
		})
	}
}

// drawn are the companies of the crowd that are read and written, few enough that they meet.
const drawn = 6

// drawRead draws an operation.
func drawRead(random *rand.Rand) string {
	n := 1 + random.IntN(drawn)
	accession := fmt.Sprintf("%010d-%02d-%06d", 500000+n, 10, 1+random.IntN(3))
	const company = ` id cik name sic ticker marketCap tickers { symbol exchange to } filingSummary { count byForm { form count } }
		metrics(names: ["us-gaap:StockholdersEquity", "price:close"]) { value date ticker definition { label } }`
	switch random.IntN(9) {
	case 0:
		return fmt.Sprintf(`{ company(ticker: "CR%d") { %s } }`, n, company)
	case 1:
		return fmt.Sprintf(`{ company(cik: %d) { %s } }`, 500000+n, company)
	case 2:
		return fmt.Sprintf(`{ node(id: %q) { ... on Company { %s } } }`, store.NodeID(store.NodeCompany, int64(1000+n)), company)
	case 3:
		return fmt.Sprintf(`{ filing(accessionNumber: %q) { form title filedOn company { name ticker } companies { name sic } } }`, accession)
	case 4:
		return fmt.Sprintf(`{ company(cik: %d) { metric(name: "us-gaap:StockholdersEquity") { value fiscalYear form filing { form title company { name } } definition { label description } } } }`,
			500000+n)
	case 5:
		return fmt.Sprintf(`{ company(ticker: "CR%d") { a: series(metric: "price:close") { from to } b: series(metric: "price:close", from: "2020-03-01") { from to definition { label } } } }`, n)
	case 6:
		return fmt.Sprintf(`{ company(cik: %d) { filings(first: 3) { nodes { form title company { name ticker } } } metric(name: "us-gaap:StockholdersEquity", asOf: "2012-01-01") { value } } }`, 500000+n)
	case 7:
		return fmt.Sprintf(`{ companies(filter: { ciks: [%d, %d, 500001] }, first: 3) { nodes { %s } } }`, 500000+n, 500000+1+random.IntN(drawn), company)
	default:
		return fmt.Sprintf(`{ company(ticker: "NEW%d") { name } nodes(ids: [%q, %q]) { id ... on Company { name } } }`, random.IntN(3),
			store.NodeID(store.NodeCompany, int64(9000+random.IntN(3))), store.NodeID(store.NodeCompany, int64(1000+n)))
	}
}

// written is a write, and the changes that importers would tell of it.
type written struct {
	sql     string
	changes []store.Change
}

func told(kind store.ChangeKind, keys ...string) store.Change {
	return store.Change{Kind: kind, Keys: keys}
}

// drawWrite draws a write.
func drawWrite(random *rand.Rand, step int) written {
	n := 1 + random.IntN(drawn)
	id := strconv.Itoa(1000 + n)
	company, companies, filings := told(store.ChangeCompany, id), told(store.ChangeCompanies), told(store.ChangeFilings)
	sector := told(store.ChangeSector, "Crowd")
	filing := int64(500000+n)*100_000_000 + 10_000_000 + int64(1+random.IntN(3))
	switch random.IntN(11) {
	case 0:
		return written{fmt.Sprintf("update companies set name = 'Crowd at %d', market_cap = %d where id = %s", step, step, id), []store.Change{company, companies, sector}}
	case 1:
		return written{"update companies set sic = case when sic is null then '7372' end where id = " + id, []store.Change{company, companies, sector, filings}}
	case 2:
		return written{fmt.Sprintf("update securities set exchange = 'X%d' where company_id = %s", step, id), []store.Change{company, companies, sector}}
	case 3: // two companies change their symbols
		other := strconv.Itoa(1000 + 1 + n%drawn)
		return written{
			fmt.Sprintf(`update securities set symbol = symbol || '!' where company_id in (%[1]s, %[2]s);
				update securities y set symbol = (select rtrim(o.symbol, '!') from securities o where o.company_id = case y.company_id when %[1]s then %[2]s else %[1]s end)
				where company_id in (%[1]s, %[2]s)`, id, other),
			[]store.Change{told(store.ChangeCompany, id, other), companies, sector},
		}
	case 4:
		return written{fmt.Sprintf("update series set last_value = %d where company_id = %s and security_id is not null", step, id), []store.Change{company}}
	case 5:
		return written{fmt.Sprintf("update facts set value = %d, fiscal_year = 2000 + %d where company_id = %s", step, step%20, id), []store.Change{company}}
	case 6:
		return written{fmt.Sprintf("update company_forms set n = n + 1 where company_id = %s and form = '8-K'", id), []store.Change{company}}
	case 7:
		return written{
			fmt.Sprintf("update filings set title = 'Title %[1]d' where id = %[2]d; update filing_companies set title = 'Title %[1]d' where filing_id = %[2]d", step, filing),
			[]store.Change{company, told(store.ChangeForm, "10-K", "10-Q", "8-K", "10-K/A"), filings},
		}
	case 8:
		return written{fmt.Sprintf("update concepts set label = 'Label %d'", step), []store.Change{told(store.ChangeDefinitions)}}
	case 9:
		return written{
			fmt.Sprintf("delete from metrics where series_id = 20000 + %d and date = (select min(date) from metrics where series_id = 20000 + %d)", n, n),
			[]store.Change{company},
		}
	default: // a company that there was not
		k := random.IntN(3)
		return written{
			fmt.Sprintf(`insert into companies (id, name, search_text, ticker) values (%d, 'New %d', 'new', 'NEW%d') on conflict (id) do update set name = 'New at %d';
				insert into securities (id, company_id, symbol, is_primary) values (%[1]d, %[1]d, 'NEW%[3]d', true) on conflict (id) do nothing`, 9000+k, k, k, step),
			[]store.Change{told(store.ChangeCompany, strconv.Itoa(9000+k)), companies},
		}
	}
}

func commit(t *testing.T, s *store.Store, w written) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
		for sql := range strings.SplitSeq(w.sql, ";") {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return store.Publish(t.Context(), tx, w.changes...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEntitiesImports imports files one by one, and asks after each what is asked elsewhere.
func TestEntitiesImports(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	plain, warm := serveDatabase(t, database), serveRemembering(t, database, false, nil)
	all := questions(t, "testdata/golden/*.txtar", "testdata/edgar/*.txtar", "testdata/prices/*.txtar", "testdata/asof/*.txtar")
	all = append(all, reportedQuestions()...)
	for _, step := range writes(t, plain.store.Pool()) {
		step.write()
		if err := warm.follower.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, q := range all {
			want := plain.post(t, q.query, q.variables)
			for range 2 {
				if got := warm.post(t, q.query, q.variables); !bytes.Equal(got, want) && !isTraced(want) {
					t.Fatalf("after %s, %s: an old answer: %s, want %s", step.name, q.file, got, want)
				}
			}
		}
	}
	if stats := warm.entities.Stats(); stats.Hits == 0 || stats.Stale == 0 {
		t.Errorf("the test proves nothing: %+v", stats)
	}
}
