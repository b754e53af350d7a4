package demo_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/demo"
	"github.com/corpintel/corpintel/store/storetest"
)

// enough is a number of companies among which every kind occurs.
const enough = 100

// open returns a pool on a migrated, empty database.
func open(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), storetest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// load loads demo data of n companies.
func load(t *testing.T, pool *pgxpool.Pool, n int) demo.Summary {
	t.Helper()
	s, err := demo.Load(t.Context(), pool, demo.Options{Companies: n})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// digests returns a digest of the rows of every table, in the order of their first columns; not of those that say when.
func digests(t *testing.T, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	tables, err := queryStrings(t.Context(), pool, `
		select table_name from information_schema.tables
		where table_schema = 'public' and table_type = 'BASE TABLE'
			and table_name not like 'goose%' and table_name not like 'outbox%'`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, table := range tables {
		digest, err := queryStrings(t.Context(), pool, `
			select count(*) || ' rows ' || coalesce(md5(string_agg(md5(r::text), '' order by r::text collate "C")), '')
			from `+pgx.Identifier{table}.Sanitize()+` r`)
		if err != nil {
			t.Fatal(err)
		}
		found[table] = digest[0]
	}
	return found
}

func queryStrings(ctx context.Context, pool *pgxpool.Pool, sql string) ([]string, error) {
	rows, _ := pool.Query(ctx, sql) // CollectRows reports the error
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func TestLoadIsDeterministic(t *testing.T) {
	t.Parallel()
	a, b := open(t), open(t)
	load(t, a, 60)
	load(t, b, 60)
	if diff := cmp.Diff(digests(t, a), digests(t, b)); diff != "" {
		t.Errorf("two loads differ (-first +second):\n%s", diff)
	}
}

// TestLoadIsTold: of a load all servers are told once, of one that does nothing they are not.
func TestLoadIsTold(t *testing.T) {
	t.Parallel()
	pool := open(t)
	for range 2 {
		load(t, pool, 2)
		told, err := queryStrings(t.Context(), pool, "select kind from outbox")
		if diff := cmp.Diff([]string{"everything"}, told); diff != "" || err != nil {
			t.Errorf("outbox (-want +got):\n%s%v", diff, err)
		}
	}
}

func TestLoadSummary(t *testing.T) {
	t.Parallel()
	pool := open(t)
	var progress []int
	got, err := demo.Load(t.Context(), pool, demo.Options{
		Companies: 60,
		Progress: func(done, total int) {
			if total != 60 {
				t.Errorf("progress of %d companies, want 60", total)
			}
			progress = append(progress, done)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{25, 50, 60}, progress); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if got.AlreadyLoaded || got.Elapsed <= 0 {
		t.Errorf("first load: %+v", got)
	}

	want := demo.Summary{Elapsed: got.Elapsed}
	err = pool.QueryRow(t.Context(), `
		select (select count(*) from companies), (select count(*) from securities), (select count(*) from filings),
			(select count(*) from facts), (select count(*) from series), (select count(*) from metrics)`,
	).Scan(&want.Companies, &want.Securities, &want.Filings, &want.Facts, &want.Series, &want.Points)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows in the database and summary (-want +got):\n%s", diff)
	}

	before := digests(t, pool)
	again := load(t, pool, 60)
	want.AlreadyLoaded, want.Elapsed = true, again.Elapsed
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("summary of the second load (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, digests(t, pool)); diff != "" {
		t.Errorf("the second load changed something (-before +after):\n%s", diff)
	}
}

func TestLoadOptions(t *testing.T) {
	t.Parallel()
	pool := open(t)
	for _, n := range []int{-1, 0, demo.MaxCompanies + 1} {
		if _, err := demo.Load(t.Context(), pool, demo.Options{Companies: n}); err == nil {
			t.Errorf("%d companies: no error", n)
		}
	}
}

func TestLoadIntoOtherData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		there   func(t *testing.T, pool *pgxpool.Pool)
		options demo.Options
		want    string
	}{
		{
			"a company", insert(`insert into companies (cik, name, search_text) values (320193, 'Apple', 'apple')`),
			demo.Options{Companies: 3},
			"it holds 1 companies",
		},
		{
			"a price without a company", insert(`insert into securities (symbol) values ('LB')`),
			demo.Options{Companies: 3},
			"it holds 1 securities",
		},
		{
			"a concept", insert(`insert into concepts (taxonomy, concept) values ('us-gaap', 'Assets')`),
			demo.Options{Companies: 3},
			"it holds 1 concepts",
		},
		{
			"fewer companies", func(t *testing.T, pool *pgxpool.Pool) { t.Helper(); load(t, pool, 3) },
			demo.Options{Companies: 4},
			"it holds 3 companies (3 of them demo data), 3 securities, ",
		},
		{
			"one company more", func(t *testing.T, pool *pgxpool.Pool) {
				t.Helper()
				load(t, pool, 3)
				insert(`insert into companies (cik, name, search_text) values (320193, 'Apple', 'apple')`)(t, pool)
			},
			demo.Options{Companies: 3},
			"it holds 4 companies (3 of them demo data), ",
		},
		{
			"shorter prices", func(t *testing.T, pool *pgxpool.Pool) { t.Helper(); load(t, pool, 22) },
			demo.Options{Companies: 22, FullPrices: true},
			"it holds 22 companies (22 of them demo data), ",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pool := open(t)
			test.there(t, pool)
			before := digests(t, pool)
			_, err := demo.Load(t.Context(), pool, test.options)
			if !errors.Is(err, demo.ErrOtherData) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want ErrOtherData with %q", err, test.want)
			}
			if diff := cmp.Diff(before, digests(t, pool)); diff != "" {
				t.Errorf("the refused load changed something (-before +after):\n%s", diff)
			}
		})
	}
}

func insert(sql string) func(*testing.T, *pgxpool.Pool) {
	return func(t *testing.T, pool *pgxpool.Pool) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInterruptedLoadLeavesNothing(t *testing.T) {
	t.Parallel()
	const terminate = `
		select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid() and state like '%in transaction%'`
	for _, test := range []struct {
		name      string
		interrupt func(t *testing.T, cancel context.CancelFunc, pool *pgxpool.Pool)
	}{
		{"cancelled", func(_ *testing.T, cancel context.CancelFunc, _ *pgxpool.Pool) { cancel() }},
		{"connection lost", func(t *testing.T, _ context.CancelFunc, pool *pgxpool.Pool) {
			t.Helper()
			insert(terminate)(t, pool)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pool := open(t)
			empty := digests(t, pool)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := demo.Load(ctx, pool, demo.Options{Companies: 60, Progress: func(done, _ int) {
				if done == 50 {
					test.interrupt(t, cancel, pool)
				}
			}})
			if err == nil {
				t.Fatal("an interrupted load succeeded")
			}
			if diff := cmp.Diff(empty, digests(t, pool)); diff != "" {
				t.Errorf("an interrupted load left something (-empty +now):\n%s", diff)
			}

			undisturbed := open(t)
			load(t, undisturbed, 60)
			load(t, pool, 60)
			if diff := cmp.Diff(digests(t, undisturbed), digests(t, pool)); diff != "" {
				t.Errorf("the load after it differs from an undisturbed one (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConcurrentLoads(t *testing.T) {
	t.Parallel()
	pool := open(t)
	type result struct {
		demo.Summary
		err error
	}
	results := make(chan result)
	for range 2 {
		go func() {
			s, err := demo.Load(t.Context(), pool, demo.Options{Companies: 30})
			results <- result{s, err}
		}()
	}
	a, b := <-results, <-results
	if a.err != nil || b.err != nil {
		t.Fatalf("errors: %v, %v", a.err, b.err)
	}
	if a.AlreadyLoaded == b.AlreadyLoaded {
		t.Errorf("already loaded: %v and %v, want one of each", a.AlreadyLoaded, b.AlreadyLoaded)
	}
}

// TestInsertAfterLoad proves that the sequences stand beyond the ids that were written.
func TestInsertAfterLoad(t *testing.T) {
	t.Parallel()
	pool := open(t)
	load(t, pool, 1)
	for _, sql := range []string{
		`insert into companies (name, search_text) values ('New', 'new')`,
		`insert into securities (symbol) values ('NEW')`,
		`insert into concepts (taxonomy, concept) values ('us-gaap', 'Goodwill')`,
		`insert into definitions (concept_id, period, name, unit) values (1, 1, 'us-gaap:Goodwill', 'USD')`,
		`insert into facts (company_id, accession, value, concept_id, period_end, filed_on, form, unit)
			values (1, 1, 1, 1, '2026-01-01', '2026-01-01', '10-K', 'USD')`,
		`insert into series (definition_id, points, first_on, last_on, last_value) values (1, 1, '2026-01-01', '2026-01-01', 1)`,
	} {
		insert(sql)(t, pool)
	}
}

// TestLoadSettles proves that the tables are vacuumed and analyzed once Load returns.
func TestLoadSettles(t *testing.T) {
	t.Parallel()
	pool := open(t)
	s := load(t, pool, 25)
	settled, err := queryStrings(t.Context(), pool, `
		select relname::text from pg_stat_user_tables
		where schemaname = 'public' and vacuum_count = 1 and analyze_count = 1 order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"companies", "company_forms", "concept_units", "concepts", "definitions", "facts", "filing_companies", "filings",
		"metrics", "metrics_month", "metrics_stale", "point_versions", "securities", "series",
	}
	points := `select reltuples from pg_class where oid = 'metrics'::regclass`
	if storetest.FlavourOf(t) == storetest.TimescaleDB {
		// The roll-up is a view there; points are in chunks.
		want = slices.DeleteFunc(want, func(name string) bool { return name == "metrics_month" })
		points = `select sum(reltuples) from pg_class where oid in (select show_chunks('metrics'))`
	}
	if diff := cmp.Diff(want, settled); diff != "" {
		t.Errorf("vacuumed and analyzed tables (-want +got):\n%s", diff)
	}
	var rows float64
	err = pool.QueryRow(t.Context(), points).Scan(&rows)
	if err != nil {
		t.Fatal(err)
	}
	if int64(rows) != s.Points {
		t.Errorf("the planner knows of %v points, want %d", rows, s.Points)
	}
}
