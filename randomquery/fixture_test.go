package randomquery_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/demo"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/prices"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
	"github.com/corpintel/corpintel/web"
)

// demoCompanies are enough for a subsidiary, a second class of shares and one that hides its number of shares.
const demoCompanies = 10

// inventedPrices are of symbols in the excerpts: classes of shares, a former symbol, one that is nobody's.
const inventedPrices = `date,ticker,open,high,low,close,adj_close,volume
2013-01-02,LB,47,48,46,47.5,20.25,1000
2021-08-02,LB,80,81,79,80.5,64.75,2000
2022-12-30,GOOG,88,89,87,88.73,88.73,100
2022-12-30,GOOGL,87,88,86,88.23,88.23,200
2023-01-03,GOOG,89,90,88,89.7,89.7,300
2023-01-03,GOOGL,88,89,87,89.12,89.12,400
2023-10-31,AAPL,169,171,168,170.77,169.5,500
2023-11-01,AAPL,171,174,170,173.97,172.75,600
2024-02-29,AAPL,181,182,179,180.75,180.25,700
2023-11-01,COST,550,560,549,555.5,540.125,800
2023-11-01,NOBODY,1,1,1,1,1,1
`

// oddCompanies are none that files have: without a CIK, of one name, with nothing else known of them.
const oddCompanies = `
insert into companies (cik, name, search_text, former_names, country, sector, ticker, exchange)
values (null, 'Namesake Inc', E'namesake inc', '{}', 'US', 'Manufacturing', null, null),
  (null, 'Namesake Inc', E'namesake inc\nnamesake o brien', '{Namesake O''Brien}', 'US', null, null, null),
  (77, 'Namesake Inc', E'namesake inc', '{}', null, 'Manufacturing', 'NMSK', 'NYSE');
insert into securities (company_id, symbol, exchange, is_primary, position)
select id, 'NMSK', 'NYSE', true, 0 from companies where cik = 77`

// newDatabase returns a pool on a database with synthetic companies, excerpts of EDGAR and a few prices of theirs.
func newDatabase(t *testing.T) (url string, pool *pgxpool.Pool) {
	t.Helper()
	url = storetest.New(t)
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := demo.Load(t.Context(), pool, demo.Options{Companies: demoCompanies}); err != nil {
		t.Fatal(err)
	}
	const excerpts = "../edgar/testdata/"
	if _, err := ingest.Run(t.Context(), pool, []string{
		excerpts + "submissions", excerpts + "companyfacts", excerpts + "index",
		excerpts + "company_tickers.json", excerpts + "company_tickers_exchange.json",
	}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)}); err != nil {
		t.Fatal(err)
	}
	holdings, err := prices.ParseSymbolMap(strings.NewReader("symbol,cik,from,to\nLB,909832,2013-01-02,2021-08-02\n"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "prices.csv")
	if err := os.WriteFile(file, []byte(inventedPrices), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.RunPrices(t.Context(), pool, []string{file}, holdings, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), oddCompanies); err != nil {
		t.Fatal(err)
	}
	return url, pool
}

// server is the whole read path: HTTP handler, executor, resolvers, loaders, store.
type server struct {
	handler    http.Handler
	loaders    *loaders.Loaders
	statements *statements
}

// newServer returns a server with or without what goes past the generated executor: the renderer and the short ways that are
// taken where nothing intercepts.
func newServer(t *testing.T, database string, rendered bool) *server {
	t.Helper()
	counter := &statements{}
	s, err := store.Open(t.Context(), database, store.Options{Tracer: counter, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	l := loaders.New(s, time.Now)
	o := web.Options{
		Resolvers: resolvers.New(s), Attach: l.Attach, RequestTimeout: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	if rendered {
		o.Extensions = []graphql.HandlerExtension{resolvers.NewRenderer()}
	} else {
		o.Extensions = []graphql.HandlerExtension{interceptor{}}
	}
	return &server{handler: web.New(o), loaders: l, statements: counter}
}

// interceptor does nothing, in the way of the short ways.
type interceptor struct{}

func (interceptor) ExtensionName() string { return "interceptor" }

func (interceptor) Validate(graphql.ExecutableSchema) error { return nil }

func (interceptor) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(ctx)
}

// statements sees the statements of a store. What is not one of ours, such as setting up a connection, has no name. DataSet
// is left out: its answer is kept for some seconds, so that who asks, and how often, does not say whether it is sent.
type statements struct {
	mu    sync.Mutex
	names []string
}

func (s *statements) add(sql string) {
	line, _, _ := strings.Cut(sql, "\n")
	if name, ok := strings.CutPrefix(line, "-- name: "); ok && name != "DataSet" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, name)
	}
}

// take returns the names of the statements since the last call.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names = nil
	return names
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
