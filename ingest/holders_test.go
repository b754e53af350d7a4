package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// TestLinkedPrices tells whose prices are, and from when to when symbols are held.
func TestLinkedPrices(t *testing.T) {
	t.Parallel()
	type event func(testing.TB, *pgxpool.Pool)
	filed := func(cik int, day string) []filing {
		return []filing{
			{accession: edgar.AccessionNumber(1_00_000001 + cik), form: "10-K", filed: "2000-01-10"},
			{accession: edgar.AccessionNumber(2_00_000001 + cik), form: "8-K", filed: day},
		}
	}
	// seen imports submissions of a company, with symbols on the day of its newest filing.
	seen := func(cik int, day string, symbols ...string) event {
		return func(t testing.TB, pool *pgxpool.Pool) {
			t.Helper()
			mustRun(t, pool, write(t, fmt.Sprintf("CIK%010d.json", cik),
				submissions(t, cik, fmt.Sprintf("Company %d", cik), nil, symbols, filed(cik, day))))
		}
	}
	// paged imports the same filings as an older page, which does not tell that they are all.
	paged := func(cik int, day string) event {
		return func(t testing.TB, pool *pgxpool.Pool) {
			t.Helper()
			mustRun(t, pool, write(t, fmt.Sprintf("CIK%010d-submissions-001.json", cik), marshal(t, columnsOf(filed(cik, day)))))
		}
	}
	// traded imports a ticker file of a day that tells the exchange too.
	traded := func(cik int, day edgar.Date, symbol string) event {
		return func(t testing.TB, pool *pgxpool.Pool) {
			t.Helper()
			path := write(t, "company_tickers_exchange.json", marshal(t, map[string]any{
				"fields": []string{"cik", "name", "ticker", "exchange"}, "data": [][]any{{cik, "Listed", symbol, "NYSE"}},
			}))
			if _, err := ingest.Run(t.Context(), pool, []string{path}, ingest.Options{TickersAsOf: day}); err != nil {
				t.Fatal(err)
			}
		}
	}
	listed := func(cik int, symbol string) event {
		return func(t testing.TB, pool *pgxpool.Pool) {
			t.Helper()
			mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{cik, symbol})))
		}
	}
	priced := func(days ...string) event {
		return func(t testing.TB, pool *pgxpool.Pool) {
			t.Helper()
			rows := make([]string, len(days))
			for i, day := range days {
				rows[i] = day + " AA 5"
			}
			mustRunPrices(t, pool, "", closes(t, rows...))
		}
	}
	mapped := func(lines string) event {
		return func(t testing.TB, pool *pgxpool.Pool) {
			t.Helper()
			if _, _, err := runPrices(t, pool, "symbol,cik,from,to\n"+lines); err != nil { // unknown companies are named
				t.Fatal(err)
			}
		}
	}
	const (
		oldCIK = 1_000
		newCIK = 1_995_807 // assigned in 2023
	)
	for _, c := range []struct {
		name   string
		events []event
		links  []string // day and CIK
		held   []string // symbol, CIK, from and to
	}{
		{
			"nobody is known",
			[]event{priced("2020-01-02")},
			[]string{"2020-01-02 -"},
			[]string{"- AA - -"},
		},
		{
			"past days are assumed",
			[]event{priced("1999-01-04", "2026-01-02"), listed(oldCIK, "AA")},
			[]string{"1999-01-04 1000", "2026-01-02 1000"},
			[]string{"1000 AA - -"},
		},
		{
			"not before the first filing",
			[]event{priced("2000-01-09", "2000-01-10"), seen(oldCIK, "2020-01-02", "AA")},
			[]string{"2000-01-09 -", "2000-01-10 1000"},
			[]string{"- AA - -", "1000 AA - -"},
		},
		{
			"not before the first filing, where the list of all brings nothing else that is new",
			[]event{
				priced("2000-01-09", "2000-01-10"), traded(oldCIK, edgar.NewDate(2019, 1, 2), "AA"), traded(oldCIK, edgar.NewDate(2025, 1, 2), "AA"),
				paged(oldCIK, "2020-01-02"), seen(oldCIK, "2020-01-02", "AA"),
			},
			[]string{"2000-01-09 -", "2000-01-10 1000"},
			[]string{"- AA - -", "1000 AA - -"},
		},
		{
			"between two times that the map gives to others, since the first filing",
			[]event{
				mapped("AA,1001,1990-01-01,1991-12-31\nAA,1001,2020-01-01,\n"), listed(1_001, "BB"),
				traded(oldCIK, edgar.NewDate(2021, 1, 2), "AA"), traded(oldCIK, edgar.NewDate(2025, 1, 2), "AA"),
				paged(oldCIK, "2021-06-01"), seen(oldCIK, "2021-06-01", "AA"),
			},
			[]string{},
			[]string{"1000 AA 2000-01-10 2019-12-31", "1001 AA 2020-01-01 -", "1001 BB - -"},
		},
		{
			"not before its CIK was assigned",
			[]event{priced("2021-05-14", "2024-07-01"), listed(newCIK, "AA")},
			[]string{"2021-05-14 -", "2024-07-01 1995807"},
			[]string{"- AA - -", "1995807 AA - -"},
		},
		{
			"a former holder and a new one; whose the days between were is not known",
			[]event{
				priced("2010-01-04", "2012-01-02", "2012-01-03", "2015-01-01", "2015-01-02", "2026-01-02"),
				seen(oldCIK, "2012-01-02", "AA"), seen(oldCIK, "2013-01-02", "CC"), seen(1_001, "2015-01-02", "AA"),
			},
			[]string{"2010-01-04 1000", "2012-01-02 1000", "2012-01-03 -", "2015-01-01 -", "2015-01-02 1001", "2026-01-02 1001"},
			[]string{"- AA - -", "1000 AA - 2012-01-02", "1000 CC - -", "1001 AA 2015-01-02 -"},
		},
		{
			"two at a time: the days of the one that is listed with it now",
			[]event{priced("2010-01-04", "2020-01-02"), seen(oldCIK, "2020-01-02", "AA"), seen(1_001, "2020-01-02", "AA")},
			[]string{"2010-01-04 1000", "2020-01-02 1000"},
			[]string{"1000 AA - -", "1001 AA 2020-01-03 2020-01-02"},
		},
		{
			"the map decides",
			[]event{
				priced("2013-01-01", "2013-01-02", "2021-08-02", "2021-08-03", "2024-07-01"), listed(newCIK, "AA"), listed(701_985, "BB"),
				mapped("AA,701985,2013-01-02,2021-08-02\n"),
			},
			[]string{"2013-01-01 -", "2013-01-02 701985", "2021-08-02 701985", "2021-08-03 -", "2024-07-01 1995807"},
			[]string{"- AA - -", "701985 AA 2013-01-02 2021-08-02", "701985 BB - -", "1995807 AA 2025-12-01 -"},
		},
		{
			"the map gives a symbol back",
			[]event{
				priced("2005-01-03", "2011-01-03", "2015-01-02", "2026-01-02"), listed(oldCIK, "AA"), listed(1_001, "BB"),
				mapped("AA,1001,2010-01-01,2012-12-31\n"),
			},
			[]string{"2005-01-03 1000", "2011-01-03 1001", "2015-01-02 1000", "2026-01-02 1000"},
			[]string{"1000 AA 2025-12-01 -", "1001 AA 2010-01-01 2012-12-31", "1001 BB - -"},
		},
		{
			"the map says nobody that is known",
			[]event{
				priced("2010-01-04", "2020-01-02"), listed(oldCIK, "AA"), mapped("AA,1001,,2015-12-31\n"),
			},
			[]string{"2010-01-04 -", "2020-01-02 1000"},
			[]string{"- AA - -", "1000 AA - -"},
		},
		{
			"whom the map names becomes known",
			[]event{
				priced("2010-01-04", "2020-01-02"), listed(oldCIK, "AA"), mapped("AA,1001,,2015-12-31\n"), listed(1_001, "BB"),
			},
			[]string{"2010-01-04 1001", "2020-01-02 1000"},
			[]string{"1000 AA 2025-12-01 -", "1001 AA - 2015-12-31", "1001 BB - -"},
		},
	} {
		for _, order := range []string{"as it is told", "backwards"} {
			t.Run(c.name+", "+order, func(t *testing.T) {
				t.Parallel()
				events := slices.Clone(c.events)
				if order == "backwards" {
					slices.Reverse(events)
				}
				pool := newDatabase(t)
				for _, do := range events {
					do(t, pool)
				}
				wantLines(t, pool, c.links, `
					select concat_ws(' ', m.date, coalesce(c.cik::text, '-'))
					from metrics m join series p on p.id = m.series_id left join companies c on c.id = p.company_id
					order by m.date`)
				wantLines(t, pool, c.held, `
					select concat_ws(' ', coalesce(c.cik::text, '-'), symbol, coalesce(valid_from::text, '-'), coalesce(valid_to::text, '-'))
					from securities left join companies c on c.id = company_id
					order by c.cik_key nulls first, symbol`)
				checkPrices(t, pool)
			})
		}
	}
}

// TestLaterMap replaces what an earlier map said of a symbol, and only of it.
func TestLaterMap(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{1, "XX"}, listing{2, "YY"})))
	mustRunPrices(t, pool, "symbol,cik,from,to\nAA,1,,\nBB,1,,\n", closes(t, "2020-01-02 AA 5", "2020-01-02 BB 6"))
	wantLines(t, pool, []string{"1 AA", "1 BB", "1 XX", "2 YY"}, heldNow)
	mustRunPrices(t, pool, "symbol,cik,from,to\nAA,2,,\n")
	wantLines(t, pool, []string{"1 BB", "1 XX", "2 AA", "2 YY"}, heldNow)
	wantLines(t, pool, []string{"AA 2 price:close USD 2020-01-02 5 2020-01-02", "BB 1 price:close USD 2020-01-02 6 2020-01-02"}, pricePoints)
	checkPrices(t, pool)
}

// TestWholeSeriesMove: a series that is wholly another's moves as it is, and of two for one heir the longer one.
func TestWholeSeriesMove(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{1, "XX"}, listing{2, "YY"}, listing{3, "ZZ"})))
	mustRunPrices(t, pool, "", closes(t, "2010-01-04 AA 5", "2020-01-02 AA 6", "2020-01-03 AA 7"))
	longest := `select id::text from series order by points desc limit 1`
	for _, holders := range []string{"AA,3,,\n", "AA,1,2015-01-01,\nAA,2,,2014-12-31\n", "AA,3,,\n"} {
		want := queryLines(t, pool, longest)
		mustRunPrices(t, pool, "symbol,cik,from,to\n"+holders)
		if strings.Count(holders, "\n") > 1 {
			continue
		}
		wantLines(t, pool, want, longest)
		wantLines(t, pool, []string{
			"AA 3 price:close USD 2010-01-04 5 2020-01-03", "AA 3 price:close USD 2020-01-02 6 2020-01-03",
			"AA 3 price:close USD 2020-01-03 7 2020-01-03",
		}, pricePoints)
		checkPrices(t, pool)
	}
}

// TestMappedTicker: a symbol that only the map gives to a company is its ticker at once.
func TestMappedTicker(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRun(t, pool, write(t, "master.idx", index(indexRow{1, "One", "10-K", "2020-01-10", 1_20_000001})))
	for _, order := range []string{"the first time", "again"} {
		mustRunPrices(t, pool, "symbol,cik,from,to\nAA,1,,\n")
		if diff := diff.Diff([]string{"AA"}, queryLines(t, pool, `select coalesce(ticker, '-') from companies`)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", order, diff)
		}
	}
}

const heldNow = `select concat_ws(' ', cik, symbol) from securities join companies c on c.id = company_id where valid_to is null order by 1`

// TestPricesCommute imports random snapshots, prices, a map and a reference file in random orders.
func TestPricesCommute(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // the same in each run
			var steps []step
			for _, f := range randomSnapshots(t, random) {
				steps = append(steps, step{"edgar", f, func(pool *pgxpool.Pool, paths []string) { mustRun(t, pool, paths...) }})
			}
			for range 4 {
				f := closes(t, randomPrices(random)...)
				steps = append(steps, step{"prices", f, func(pool *pgxpool.Pool, paths []string) { mustRunPrices(t, pool, "", paths...) }})
			}
			symbolMap := "symbol,cik,from,to\nAA,2,2025-11-28,2025-12-01\nAA,3,2025-12-02,2025-12-02\nBB,1,2025-12-03,\nCC,9,,2025-11-30\n"
			steps = append(steps, step{"map", "", func(pool *pgxpool.Pool, _ []string) {
				if _, _, err := runPrices(t, pool, symbolMap); err != nil {
					t.Error(err)
				}
			}})
			list := write(t, "list.csv", csvLines("symbol,sector,industry", "AA,Energy,Oil", "BB,Utilities,Water", "CC,Financials,Banks"))
			steps = append(steps, step{"reference", list, func(pool *pgxpool.Pool, paths []string) {
				if _, _, err := runReference(t, pool, tickersAsOf, paths...); err != nil {
					t.Error(err)
				}
			}})
			var want map[string][]string
			for range 4 {
				pool := newDatabase(t)
				importSteps(pool, steps)
				checkPrices(t, pool)
				got := priceContent(t, pool)
				if want == nil {
					want = got
				}
				if d := diff.Diff(want, got); d != "" {
					t.Fatalf("another order (-first +this)\n%s", d)
				}
				random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
			}
			if len(want["prices"]) == 0 {
				t.Error("no prices")
			}
		})
	}
}

// randomPrices makes closes of few days around those of the snapshots, each once.
func randomPrices(random *rand.Rand) (rows []string) {
	for _, n := range random.Perm(40)[:1+random.IntN(30)] {
		day := tickersAsOf + edgar.Date(n/4) - 5 //nolint:gosec // few
		rows = append(rows, fmt.Sprintf("%s %s %d", day, []string{"AA", "BB", "CC", "DD"}[n%4], 1+random.IntN(3)))
	}
	return rows
}

// priceContent is content with prices and everything about securities.
func priceContent(t testing.TB, pool *pgxpool.Pool) map[string][]string {
	t.Helper()
	all := content(t, pool)
	all["prices"] = queryLines(t, pool, pricePoints)
	all["unlinked"] = queryLines(t, pool, `
		select row(symbol, valid_from, valid_to, first_seen, position)::text collate "C" as line from securities where company_id is null order by line`)
	all["priced series"] = queryLines(t, pool, `
		select row(y.symbol, c.cik, d.name, points, first_on, last_on, last_value, default_unit)::text collate "C" as line
		from series p join securities y on y.id = p.security_id join definitions d on d.id = definition_id left join companies c on c.id = p.company_id
		order by line`)
	all["market caps"] = queryLines(t, pool, `select row(cik, market_cap)::text collate "C" as line from companies order by line`)
	return all
}
