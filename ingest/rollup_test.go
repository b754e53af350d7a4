package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store/storetest"
)

// rollupFaults are the months that are not stale and in which the roll-up contradicts the points.
const rollupFaults = `
with counted as (
  select series_id, date_trunc('month', date::timestamp)::date as bucket, count(*) as n, sum(value) as sum,
    min(value) as min, max(value) as max,
    (array_agg(value order by date))[1] as first, (array_agg(value order by date desc))[1] as last
  from metrics
  where fact_id is null
  group by series_id, bucket
)
select row(c.*, r.*)::text
from counted c
full join metrics_month r on (r.series_id, r.bucket) = (c.series_id, c.bucket)
where ((c.n, c.min, c.max, c.first, c.last) is distinct from (r.n, r.min, r.max, r.first, r.last)
    or abs(c.sum - r.sum) > 1e-12 * abs(c.sum))
  and not exists (
    select from metrics_stale t
    where t.series_id = coalesce(c.series_id, r.series_id) and t.month = coalesce(c.bucket, r.bucket)
  )`

// checkRollup checks that the roll-up is right wherever it says that it is.
func checkRollup(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	if lines := queryLines(t, pool, rollupFaults); len(lines) > 0 {
		t.Errorf("months that are rolled up wrongly: %v", lines)
	}
}

// noneStale checks that all of the roll-up can be read.
func noneStale(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	if lines := queryLines(t, pool, `select row(series_id, month)::text from metrics_stale`); len(lines) > 0 {
		t.Errorf("stale months after an import: %v", lines)
	}
}

// onTimescale skips a test that plain PostgreSQL has nothing to show for.
func onTimescale(t testing.TB) {
	t.Helper()
	if storetest.FlavourOf(t) != storetest.TimescaleDB {
		t.Skip("TimescaleDB only: run with CORPINTEL_TEST_FLAVOUR=timescaledb")
	}
}

// TestRollupOfRandomPrices imports prices around borders of months, years and 1970, corrects them, adds to them, and moves
// them between holders.
func TestRollupOfRandomPrices(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // the same in each run
			pool := newDatabase(t)
			mustRun(t, pool, randomSnapshots(t, random)...)
			for range 6 {
				mustRunPrices(t, pool, randomHolders(random), closes(t, monthlyPrices(random)...))
				checkPrices(t, pool)
				noneStale(t, pool)
			}
		})
	}
}

// monthlyPrices are closes around the borders of some months; those of one symbol come from one snapshot.
func monthlyPrices(random *rand.Rand) (rows []string) {
	borders := []edgar.Date{
		edgar.NewDate(1968, time.March, 1), edgar.NewDate(1970, time.January, 1), edgar.NewDate(1999, time.December, 31),
		edgar.NewDate(2000, time.February, 29), edgar.NewDate(2019, time.March, 1), edgar.NewDate(2024, time.January, 1),
	}
	for _, border := range borders {
		for day := border - 4; day < border+4; day++ {
			if random.IntN(2) == 0 {
				continue
			}
			for _, symbol := range []string{"AA", "BB"} {
				rows = append(rows, fmt.Sprintf("%s %s %d.%d", day, symbol, 1+random.IntN(90), random.IntN(99)))
			}
		}
	}
	// Later snapshots win, so that values are corrected.
	newest := edgar.NewDate(2025, time.January, 1) + edgar.Date(random.Int32N(300))
	return append(rows, fmt.Sprintf("%s AA 7", newest), fmt.Sprintf("%s BB 8", newest))
}

// randomHolders is a symbol map that moves prices between companies in the middle of months.
func randomHolders(random *rand.Rand) string {
	days := []string{"1968-03-02", "1970-01-01", "2000-02-28", "2019-03-03"}
	return fmt.Sprintf("symbol,cik,from,to\nAA,%d,,%s\nAA,%d,2024-01-02,\n", 1+random.IntN(3), days[random.IntN(4)], 1+random.IntN(3))
}

// TestSameFileLeavesRollupAlone proves that what repeats the points costs the roll-up nothing.
func TestSameFileLeavesRollupAlone(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	file := closes(t, "2020-01-02 AA 5", "2020-02-03 AA 6")
	mustRunPrices(t, pool, "", file)
	const written = `select (n_tup_ins + n_tup_upd + n_tup_del)::text from pg_stat_xact_user_tables where relname = 'metrics_month'
		union all select row(xmin, m.*)::text from metrics_month m`
	if storetest.FlavourOf(t) == storetest.TimescaleDB {
		t.Skip("rows of a continuous aggregate have no xmin")
	}
	before := queryLines(t, pool, written)
	forget(t, pool)
	mustRunPrices(t, pool, "", file)
	wantLines(t, pool, before, written)
}

// TestCompressedChunks imports into chunks that are compressed: new points, corrections, new series and moves.
func TestCompressedChunks(t *testing.T) {
	t.Parallel()
	onTimescale(t)
	random := rand.New(rand.NewPCG(0, 5)) //nolint:gosec // the same in each run
	pool, other := newDatabase(t), newDatabase(t)
	snapshots := randomSnapshots(t, random)
	mustRun(t, pool, snapshots...)
	mustRun(t, other, snapshots...)
	for n := range 4 {
		holders, file := randomHolders(random), closes(t, monthlyPrices(random)...)
		mustRunPrices(t, pool, holders, file)
		mustRunPrices(t, other, holders, file)
		checkPrices(t, pool)
		noneStale(t, pool)
		compressed := queryLines(t, pool, `select compress_chunk(c, if_not_compressed => true)::text from show_chunks('metrics') c`)
		if len(compressed) == 0 {
			t.Errorf("no chunks after import %d", n+1)
		}
		checkRollup(t, pool)
		wantLines(t, pool, queryLines(t, other, pricePoints), pricePoints)
	}
}

// TestReadersBeforeTheRefresh lets an import end as one that is killed before its refresh: what it wrote is marked.
func TestReadersBeforeTheRefresh(t *testing.T) {
	t.Parallel()
	onTimescale(t)
	random := rand.New(rand.NewPCG(1, 5)) //nolint:gosec // the same in each run
	pool := newDatabase(t)
	mustRunPrices(t, pool, "", closes(t, monthlyPrices(random)...))
	noneStale(t, pool)
	execute := func(sql string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	execute(`alter procedure refresh_metrics_month rename to later`)
	execute(`create procedure refresh_metrics_month() language sql as ''`)
	for range 3 {
		mustRunPrices(t, pool, "", closes(t, monthlyPrices(random)...))
		checkRollup(t, pool)
	}
	if stale := queryLines(t, pool, `select month::text from metrics_stale`); len(stale) == 0 {
		t.Error("no month is stale though nothing was refreshed")
	}
	// Somebody else's refresh makes no difference as long as the marks are there.
	execute(`call refresh_continuous_aggregate('metrics_month', null, null)`)
	checkRollup(t, pool)
	execute(`call later()`)
	checkRollup(t, pool)
	noneStale(t, pool)
}

// TestWriteThatEndsOnTheFirst corrects the last month of a write on its first day alone, which TimescaleDB would not refresh.
func TestWriteThatEndsOnTheFirst(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRunPrices(t, pool, "", closes(t, "2019-02-27 AA 1", "2019-03-01 AA 2", "2019-03-04 AA 3", "2019-03-29 BB 4"))
	mustRunPrices(t, pool, "", closes(t, "2019-02-27 AA 5", "2019-03-01 AA 6", "2019-04-02 AA 7"))
	mustRunPrices(t, pool, "", closes(t, "2019-02-27 BB 8", "2019-03-01 BB 9", "2020-04-02 BB 7"))
	checkPrices(t, pool)
	noneStale(t, pool)
	wantLines(t, pool, []string{"1 5 5", "2 6 3", "1 7 7"}, `
		select concat_ws(' ', n, first, last)
		from metrics_month r join series s on s.id = r.series_id join securities y on y.id = s.security_id
		where y.symbol = 'AA' order by bucket`)
}

// TestForgetPrices forgets what lies before a day in the middle of a month: that month stays whole.
func TestForgetPrices(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	mustRunPrices(t, pool, "", closes(t,
		"1999-12-31 AA 1", "2019-02-27 AA 2", "2019-03-01 AA 3", "2019-03-04 AA 4", "2018-03-29 BB 5", "2019-03-31 CC 6"))
	told(t, pool)
	wantLines(t, pool, []string{"3"}, `select forget_prices('2019-03-20')::text`)
	wantLines(t, pool, []string{"0"}, `select forget_prices('2019-03-20')::text`)
	if diff := cmp.Diff([]string{"everything "}, told(t, pool)); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
	checkPrices(t, pool)
	if _, err := pool.Exec(t.Context(), `call refresh_metrics_month()`); err != nil {
		t.Fatal(err)
	}
	checkPrices(t, pool)
	noneStale(t, pool)
	wantLines(t, pool, []string{"AA 2019-03-01 2 3 4", "CC 2019-03-01 1 6 6"}, `
		select concat_ws(' ', y.symbol, bucket, n, first, last)
		from metrics_month r join series s on s.id = r.series_id join securities y on y.id = s.security_id order by 1`)
	wantLines(t, pool, []string{"AA", "CC"}, `select symbol::text from securities order by 1`)
}

// TestSchedulerRefreshes runs the job that comes by where nobody has refreshed.
func TestSchedulerRefreshes(t *testing.T) {
	t.Parallel()
	onTimescale(t)
	pool := newDatabase(t)
	mustRunPrices(t, pool, "", closes(t, "2020-01-02 AA 5", "2020-02-03 AA 6"))
	id := queryLines(t, pool, `select job_id::text from timescaledb_information.jobs where proc_name = 'refresh_metrics_month'`)
	for _, sql := range []string{
		`insert into metrics_stale (series_id, month) select series_id, bucket from metrics_month`,
		`call run_job(` + id[0] + `)`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	noneStale(t, pool)
	jobs := queryLines(t, pool, `select proc_name::text from timescaledb_information.jobs where job_id >= 1000 order by 1`)
	if want := []string{"policy_compression", "refresh_metrics_month"}; !slices.Equal(jobs, want) {
		t.Errorf("jobs %v, want %v: nothing is dropped unless an operator says so", jobs, want)
	}
}
