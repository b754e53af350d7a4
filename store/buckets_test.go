package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// slowBucket is what a bucket is by its definition.
type slowBucket struct {
	Start, End                      edgar.Date
	Count                           int
	Min, Max, Avg, Sum, First, Last float64
}

// slowBuckets computes buckets day by day with package time.
func slowBuckets(points map[edgar.Date]float64, from, to edgar.Date, by store.BucketUnit, fill store.BucketFill) []slowBucket {
	var days []edgar.Date
	for d := range points {
		if d >= from && d <= to {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	var out []slowBucket
	for i := 0; i < len(days); {
		start, end := slowBounds(days[i].Time(), by)
		for fill != store.FillNone && len(out) > 0 && out[len(out)-1].End != edgar.DateOf(start) {
			out = append(out, slowFill(out[len(out)-1], by, fill))
		}
		b := slowBucket{Start: edgar.DateOf(start), End: edgar.DateOf(end), Min: math.Inf(1), Max: math.Inf(-1), First: points[days[i]]}
		for ; i < len(days) && days[i].Time().Before(end); i++ {
			v := points[days[i]]
			b.Count++
			b.Sum += v
			b.Min, b.Max, b.Last = math.Min(b.Min, v), math.Max(b.Max, v), v
		}
		b.Avg = b.Sum / float64(b.Count)
		out = append(out, b)
	}
	return out
}

// slowFill is the empty bucket after another one.
func slowFill(before slowBucket, by store.BucketUnit, fill store.BucketFill) slowBucket {
	_, end := slowBounds(before.End.Time(), by)
	v := math.NaN()
	if fill == store.FillPrevious {
		v = before.Last
	}
	return slowBucket{before.End, edgar.DateOf(end), 0, v, v, v, math.NaN(), v, v}
}

func slowBounds(day time.Time, by store.BucketUnit) (start, end time.Time) {
	switch by {
	case store.BucketDay:
		return day, day.AddDate(0, 0, 1)
	case store.BucketWeek:
		for day.Weekday() != time.Monday {
			day = day.AddDate(0, 0, -1)
		}
		return day, day.AddDate(0, 0, 7)
	case store.BucketMonth:
		start = day.AddDate(0, 0, 1-day.Day())
		return start, start.AddDate(0, 1, 0)
	case store.BucketQuarter:
		for start = day.AddDate(0, 0, 1-day.Day()); start.Month() != 1 && start.Month() != 4 && start.Month() != 7 && start.Month() != 10; {
			start = start.AddDate(0, -1, 0)
		}
		return start, start.AddDate(0, 3, 0)
	default:
		start = day.AddDate(0, 0, 1-day.YearDay())
		return start, start.AddDate(1, 0, 0)
	}
}

func rowsOf(all store.Buckets) []slowBucket {
	var out []slowBucket
	for i := range all {
		b := &all[i]
		out = append(out, slowBucket{b.Start, b.End, b.Count, b.Min, b.Max, b.Avg(), b.Sum, b.First, b.Last})
	}
	return out
}

// same says whether buckets are the same: sums and means as far as the order of additions does not count, all other numbers
// exactly.
func same(a, b []slowBucket, points map[edgar.Date]float64) bool {
	largest := 0.0
	for _, v := range points {
		largest = max(largest, math.Abs(v))
	}
	equal := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
	near := func(a, b float64) bool {
		return equal(a, b) || math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b), largest)
	}
	return slices.EqualFunc(a, b, func(a, b slowBucket) bool {
		return a.Start == b.Start && a.End == b.End && a.Count == b.Count && equal(a.Min, b.Min) && equal(a.Max, b.Max) &&
			equal(a.First, b.First) && equal(a.Last, b.Last) && near(a.Sum, b.Sum) && near(a.Avg, b.Avg)
	})
}

func key(company int64, ask *store.SeriesAsk, monthly bool) store.BucketsKey {
	return store.BucketsKey{Company: company, BucketsAsk: store.BucketsAsk{Ask: ask, Monthly: monthly, Bounded: true, Numbers: store.AllBucketNumbers}}
}

// market is random series of daily prices, and one of quarters, which has no roll-up.
type market struct {
	t      *testing.T
	random *rand.Rand
	store  *store.Store
	series []map[edgar.Date]float64
	ends   [2]edgar.Date
}

const marketSchema = `
insert into companies (id, cik, name, search_text) values (1, 1, 'Random', 'random');
insert into concepts (id, taxonomy, concept) select i, 'price', 'c' || i from generate_series(1, 8) i;
insert into definitions (id, concept_id, period, name, unit) select i, i, case i when 8 then 3 else 2 end, 'price:c' || i, 'USD' from generate_series(1, 8) i;
insert into series (id, company_id, definition_id, points, first_on, last_on, last_value) select i, 1, i, 100000, '1960-01-01', '2030-01-01', 0 from generate_series(1, 8) i;`

func newMarket(t *testing.T, seed uint64) *market {
	t.Helper()
	m := &market{t: t, random: rand.New(rand.NewPCG(seed, 1)), store: openNew(t, marketSchema)} //nolint:gosec // the same in each run
	m.ends = [2]edgar.Date{edgar.NewDate(1966, 11, 3), edgar.NewDate(1973, 2, 20)}
	if seed%2 == 0 {
		m.ends = [2]edgar.Date{edgar.NewDate(1999, 1, 1), edgar.NewDate(2004, 12, 31)}
	}
	for i := range 8 {
		points := map[edgar.Date]float64{}
		density := []float64{1, 0.7, 0.1, 0.02, 0.7, 0, 0, 0.05}[i]
		for d := m.ends[0]; d <= m.ends[1]; d++ {
			if m.random.Float64() < density {
				points[d] = m.value()
			}
		}
		switch i {
		case 4: // a gap of more than a year
			for d := m.ends[0] + 300; d < m.ends[0]+900; d++ {
				delete(points, d)
			}
		case 5: // one point, on a leap day
			points[edgar.NewDate(1968, 2, 29)] = m.value()
			points[edgar.NewDate(2000, 2, 29)] = m.value()
		}
		m.series = append(m.series, points)
		m.load(i, points)
	}
	rollUp(t, m.store)
	return m
}

// rollUp makes the roll-up agree with the points, on both kinds of database.
func rollUp(t *testing.T, s *store.Store) {
	t.Helper()
	execute(t, s, "delete from metrics_stale")
	execute(t, s, "select rebuild_metrics_month()")
	execute(t, s, "call refresh_metrics_month()")
	if n := mustNumber(t, s, "select count(*)::int from metrics_stale"); n != 0 {
		t.Fatalf("%d months are stale after a refresh", n)
	}
}

func (m *market) value() float64 {
	return math.Round((m.random.Float64()-0.3)*1e8) / 1e4
}

// load copies the points of a series.
func (m *market) load(i int, points map[edgar.Date]float64) {
	m.t.Helper()
	var fact *int
	if i == 7 {
		fact = new(int)
	}
	rows := make([][]any, 0, len(points))
	for d, v := range points {
		rows = append(rows, []any{i + 1, d, v, fact})
	}
	columns := []string{"series_id", "date", "value", "fact_id"}
	if _, err := m.store.Pool().CopyFrom(m.t.Context(), pgx.Identifier{"metrics"}, columns, pgx.CopyFromRows(rows)); err != nil {
		m.t.Fatal(err)
	}
}

// correct changes, adds and deletes prices, and marks their months, so that the roll-up is stale.
func (m *market) correct(changes int) {
	m.t.Helper()
	const mark = `insert into metrics_stale (series_id, month) values ($1, date_trunc('month', $2::date::timestamp)::date) on conflict do nothing`
	batch := &pgx.Batch{}
	for range changes {
		i := m.random.IntN(7)
		d := m.ends[0] + edgar.Date(m.random.Int32N(int32(m.ends[1]-m.ends[0])))
		if v := m.value(); m.random.IntN(4) > 0 {
			m.series[i][d] = v
			batch.Queue(`insert into metrics (series_id, date, value) values ($1, $2, $3)
				on conflict (series_id, date) do update set value = excluded.value`, i+1, d, v)
		} else {
			delete(m.series[i], d)
			batch.Queue("delete from metrics where series_id = $1 and date = $2", i+1, d)
		}
		batch.Queue(mark, i+1, d)
	}
	if err := m.store.Pool().SendBatch(m.t.Context(), batch).Close(); err != nil {
		m.t.Fatal(err)
	}
}

// day returns a day about the range of the series, often the first or last one of a month.
func (m *market) day() edgar.Date {
	d := m.ends[0] - 50 + edgar.Date(m.random.Int32N(int32(m.ends[1]-m.ends[0])+100))
	switch m.random.IntN(4) {
	case 0:
		return store.BucketMonth.Start(d)
	case 1:
		return store.BucketMonth.Start(d) - 1
	}
	return d
}

func (m *market) ask(i int) *store.SeriesAsk {
	a := &store.SeriesAsk{MetricAsk: store.MetricAsk{Name: fmt.Sprint("price:c", i+1)}, From: edgar.MinDate, To: edgar.MaxDate}
	if m.random.IntN(4) > 0 {
		a.From = m.day()
	}
	if m.random.IntN(4) > 0 {
		a.To = m.day()
	}
	if m.random.IntN(5) == 0 { // within a month, or about the border of two
		a.To = a.From + edgar.Date(m.random.Int32N(40))
	}
	if a.To < a.From {
		a.From, a.To = a.To, a.From
	}
	if a.From == edgar.MaxDate || a.To == edgar.MaxDate && a.From < 0 && m.random.IntN(2) == 0 {
		a.From = edgar.MinDate
	}
	return a
}

// check asks for random ranges of all series by month and by point, and compares all buckets with those of the definition.
func (m *market) check(what string) {
	m.t.Helper()
	var keys []store.BucketsKey
	for range 6 {
		for i := range m.series {
			ask := m.ask(i)
			keys = append(keys, key(1, ask, true), key(1, ask, false))
		}
	}
	batch := m.store.Batch()
	found := batch.SeriesBuckets(keys)
	if err := batch.Run(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	for _, k := range keys {
		s := found[k].Found
		if s == nil {
			m.t.Fatalf("%s: %s is not found", what, k.Ask.Name)
		}
		i := int(k.Ask.Name[len("price:c")] - '1')
		m.checkSeries(fmt.Sprintf("%s, %s, %s to %s, monthly %t", what, k.Ask.Name, k.Ask.From, k.Ask.To, k.Monthly), s, m.series[i], k)
	}
}

func (m *market) checkSeries(what string, s *store.Series, points map[edgar.Date]float64, k store.BucketsKey) {
	m.t.Helper()
	if got, want := bounds(s.From, s.To), slowRange(points, k.Ask); got != want {
		m.t.Errorf("%s: the points are from %s, want %s", what, got, want)
	}
	for _, by := range store.BucketUnits() {
		if by.Monthly() != k.Monthly {
			continue
		}
		for _, fill := range []store.BucketFill{store.FillNone, store.FillNull, store.FillPrevious} {
			b, err := s.InBuckets(by, fill)
			if err != nil {
				m.t.Fatal(err)
			}
			want := slowBuckets(points, k.Ask.From, k.Ask.To, by, fill)
			if got := rowsOf(b); !same(want, got, points) {
				m.t.Fatalf("%s, by %s, fill %s: want -, got +:\n%s", what, by, fill, cmp.Diff(want, got))
			}
			if n := s.BucketCount(by, fill); n < len(b) || fill != store.FillNone && n != len(b) {
				m.t.Errorf("%s, by %s, fill %s: counted as %d, there are %d", what, by, fill, n, len(b))
			}
		}
	}
}

func bounds(from, to *edgar.Date) string {
	if from == nil || to == nil {
		return "nowhere"
	}
	return from.String() + " to " + to.String()
}

func slowRange(points map[edgar.Date]float64, ask *store.SeriesAsk) string {
	days := slowBuckets(points, ask.From, ask.To, store.BucketDay, store.FillNone)
	if len(days) == 0 {
		return "nowhere"
	}
	return bounds(&days[0].Start, &days[len(days)-1].Start)
}

// TestBuckets compares buckets with their definition: from the roll-up, from one of which months are stale, from one that
// was made again, and without one.
func TestBuckets(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			m := newMarket(t, seed)
			m.check("rolled up")
			m.correct(60)
			m.check("stale in places")
			rollUp(t, m.store)
			m.check("rolled up again")
			execute(t, m.store, `insert into metrics_stale (series_id, month)
				select distinct series_id, date_trunc('month', date::timestamp)::date from metrics where fact_id is null`)
			m.check("without roll-up")
		})
	}
}

// TestBucketsReadTheRollup changes points behind the back of the roll-up: it is read for the whole months of the range, the
// points for the rest and where it is stale.
func TestBucketsReadTheRollup(t *testing.T) {
	t.Parallel()
	s := openNew(t, marketSchema+`
		insert into metrics (series_id, date, value) select 1, date '2000-01-01' + d, 1 from generate_series(0, 365) d;
		insert into metrics (series_id, date, value, fact_id) select 8, date '2000-01-01' + d, 1, 1 from generate_series(0, 365) d`)
	rollUp(t, s)
	execute(t, s, "update metrics set value = 10; insert into metrics_stale (series_id, month) values (1, '2000-07-01')")
	for name, test := range map[string]struct {
		metric   string
		from, to edgar.Date
		want     []float64
	}{
		"whole months":  {"price:c1", edgar.NewDate(2000, 2, 1), edgar.NewDate(2000, 4, 30), []float64{29, 31, 30}},
		"clipped":       {"price:c1", edgar.NewDate(2000, 2, 2), edgar.NewDate(2000, 4, 29), []float64{280, 31, 290}},
		"within months": {"price:c1", edgar.NewDate(2000, 2, 2), edgar.NewDate(2000, 3, 30), []float64{280, 300}},
		"one day":       {"price:c1", edgar.NewDate(2000, 2, 29), edgar.NewDate(2000, 2, 29), []float64{10}},
		"a stale month": {"price:c1", edgar.NewDate(2000, 6, 1), edgar.NewDate(2000, 8, 31), []float64{30, 310, 31}},
		"fundamentals":  {"price:c8", edgar.NewDate(2000, 2, 1), edgar.NewDate(2000, 3, 31), []float64{290, 310}},
	} {
		ask := &store.SeriesAsk{MetricAsk: store.MetricAsk{Name: test.metric}, From: test.from, To: test.to}
		k := key(1, ask, true)
		batch := s.Batch()
		found := batch.SeriesBuckets([]store.BucketsKey{k})
		if err := batch.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, err := found[k].Found.InBuckets(store.BucketMonth, store.FillNone)
		if err != nil {
			t.Fatal(err)
		}
		var sums []float64
		for i := range b {
			sums = append(sums, b[i].Sum)
		}
		if diff := cmp.Diff(test.want, sums); diff != "" {
			t.Errorf("%s: sums by month: want -, got +:\n%s", name, diff)
		}
	}
}
