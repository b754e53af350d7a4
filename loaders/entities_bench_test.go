package loaders_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// crowd returns a store on the rows that the tests of operations have: 240 companies with filings and metrics.
func crowd(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.New(t), store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, file := range []string{"seed.sql", "crowd.sql"} {
		rows, err := os.ReadFile("../resolvers/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Pool().Exec(t.Context(), string(rows)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// question is what operations of a benchmark ask, each of a loader set of its own.
type question struct {
	name string
	ask  func(ctx context.Context, set *loaders.Set) error
}

// batchOf asks a loader for keys in one batch.
func batchOf[K comparable, V any](name string, of func(*loaders.Set) *loaders.Loader[K, V], keys []K) question {
	return question{name, func(ctx context.Context, set *loaders.Set) error {
		batch := set.Batch()
		of(set).WantDistinct(batch, keys)
		batch.Run(ctx)
		_, err, _ := of(set).Primed(keys[len(keys)-1])
		return err
	}}
}

// questions are of every kind that is kept, of 50 companies or filings.
func questions(t testing.TB, s *store.Store) []question {
	t.Helper()
	var ids []int64
	for i := range int64(50) {
		ids = append(ids, 1001+i)
	}
	rows, err := s.Pool().Query(t.Context(), "select id from filings where cik > 500000 order by id limit 50")
	if err != nil {
		t.Fatal(err)
	}
	filings, err := pgx.CollectRows(rows, pgx.RowTo[edgar.AccessionNumber])
	if err != nil {
		t.Fatal(err)
	}
	ask := func(name string, asOf edgar.Date) *store.MetricAsk { return &store.MetricAsk{Name: name, AsOf: asOf} }
	asks := []*store.MetricAsk{ask("us-gaap:Assets", 0), ask("price:close", 0), ask("us-gaap:Revenues", 0)}
	then := []*store.MetricAsk{ask("us-gaap:Assets", edgar.NewDate(2020, 8, 1)), ask("price:close", edgar.NewDate(2020, 8, 1))}
	var latest, asOf []store.LatestKey
	var bounds []store.SeriesKey
	for _, id := range ids {
		for _, a := range asks {
			latest = append(latest, store.LatestKey{Company: id, Ask: a})
		}
		for _, a := range then {
			asOf = append(asOf, store.LatestKey{Company: id, Ask: a})
		}
		bounds = append(bounds, store.SeriesKey{Company: id, Ask: prices})
	}
	type set = *loaders.Set
	return []question{
		batchOf("companies", func(s set) *loaders.Loader[int64, *store.Company] { return s.Companies }, ids),
		batchOf("tickers", func(s set) *loaders.Loader[int64, []*store.Ticker] { return s.Tickers }, ids),
		batchOf("summaries", func(s set) *loaders.Loader[int64, *store.FilingSummary] { return s.FilingSummaries }, ids),
		batchOf("latest", func(s set) *loaders.Loader[store.LatestKey, store.Reported[store.MetricValue]] { return s.Latest }, latest),
		batchOf("latestAsOf", func(s set) *loaders.Loader[store.LatestKey, store.Reported[store.MetricValue]] { return s.LatestAsOf }, asOf),
		batchOf("bounds", func(s set) *loaders.Loader[store.SeriesKey, store.Reported[store.Series]] { return s.SeriesBounds }, bounds),
		batchOf("definitions", func(s set) *loaders.Loader[int32, *store.MetricDefinition] { return s.Definition }, []int32{1, 2, 3, 4, 6}),
		batchOf("filings", func(s set) *loaders.Loader[edgar.AccessionNumber, *store.Filing] { return s.Filing }, filings),
		batchOf("filers", func(s set) *loaders.Loader[edgar.AccessionNumber, *store.FilingCompanies] { return s.FilingCompanies }, filings),
		{"ticker", func(ctx context.Context, s set) error { _, err := s.CompanyByTicker(ctx, "CR7"); return err }},
		{"cik", func(ctx context.Context, s set) error { _, err := s.CompanyByCIK(ctx, 500007); return err }},
		{"filing", func(ctx context.Context, s set) error { _, err := s.FilingByAccession(ctx, filings[0]); return err }},
	}
}

// BenchmarkEntities asks for the same of 50 companies or filings, of latest values three of each: from the database without
// Entities (off), with Entities that have been told that everything has changed (cold), and from memory (warm).
func BenchmarkEntities(b *testing.B) {
	s := crowd(b)
	e := newEntities(32 << 20)
	off, on := loaders.New(s, time.Now), loaders.New(s, time.Now, loaders.WithEntities(e))
	for _, q := range questions(b, s) {
		run := func(name string, l *loaders.Loaders, before func()) {
			b.Run(q.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					before()
					ctx := l.Attach(b.Context())
					if err := q.ask(ctx, loaders.From(ctx)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("off", off, func() {})
		run("cold", on, func() { e.Apply(true, nil) })
		run("warm", on, func() {})
	}
}
