package resolvers_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

// halfCentury is 10 companies with daily prices from 1970 to 2019.
const halfCentury = `
insert into companies (id, cik, name, search_text, sector, ticker)
select 900 + i, 900000 + i, 'Bench ' || i, 'bench ' || i, 'Bench', 'B' || i from generate_series(0, 9) i;
insert into securities (id, company_id, symbol, is_primary) select 900 + i, 900 + i, 'B' || i, true from generate_series(0, 9) i;
insert into series (id, company_id, security_id, definition_id, points, first_on, last_on, last_value)
select 900 + i, 900 + i, 900 + i, 6, 13045, '1970-01-01', '2019-12-31', 0 from generate_series(0, 9) i;
insert into metrics (series_id, date, value)
select 900 + i, d::date, (1000 + hashint8(900 + i + 37 * extract(epoch from d)::bigint) & 65535) / 64.0
from generate_series(0, 9) i, generate_series(timestamp '1970-01-01', '2019-12-31', '1 day') d where extract(isodow from d) < 6;
select rebuild_metrics_month();`

// gcPercent is that of the program.
const gcPercent = 400

// vacuumed makes a database look as it does after a while: statistics, and pages that indexes can answer from alone.
func vacuumed(b *testing.B, s *server) {
	b.Helper()
	if _, err := s.store.Pool().Exec(b.Context(), "vacuum analyze"); err != nil {
		b.Fatal(err)
	}
}

const monthlyOperation = `{ companies(first: 10, filter: { sector: "Bench" }) { nodes { name ticker
	series(metric: "price:close", from: "2015-01-01", to: "2019-12-31") { buckets(by: MONTH) { start end count min max avg sum first last } } } } }`

// monthlyStatement is what somebody would write who needed this answer only, and knew the unit and the period of the metric: $1
// is the first day.
const monthlyStatement = `
select c.name, c.ticker, m.*
from companies c
join securities y on y.company_id = c.id and y.is_primary
join definitions d on d.name = 'price:close' and d.unit = 'USD' and d.period = 2
join series s on s.security_id = y.id and s.definition_id = d.id
cross join lateral (
  select array_agg(m.bucket), array_agg(m.n), array_agg(m.min), array_agg(m.max), array_agg(m.sum), array_agg(m.first), array_agg(m.last)
  from (select * from metrics_month m where m.series_id = s.id and m.bucket >= $1 and m.bucket < '2020-01-01' order by m.bucket) m
) m
where c.sector = 'Bench'
order by c.name
limit 10`

func monthlyByHand(ctx context.Context, pool *pgxpool.Pool) ([]byte, error) {
	return monthlySince(ctx, pool, edgar.NewDate(2015, time.January, 1))
}

func halfCenturyByHand(ctx context.Context, pool *pgxpool.Pool) ([]byte, error) {
	return monthlySince(ctx, pool, edgar.NewDate(1970, time.January, 1))
}

func monthlySince(ctx context.Context, pool *pgxpool.Pool, first edgar.Date) ([]byte, error) {
	rows, err := pool.Query(ctx, monthlyStatement, first)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := append(make([]byte, 0, 1<<17), `{"data":{"companies":{"nodes":[`...)
	for n := 0; rows.Next(); n++ {
		raw := rows.RawValues()
		if n > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(append(out, `{"name":`...), string(raw[0]))
		out = strconv.AppendQuote(append(out, `,"ticker":`...), string(raw[1]))
		out = append(out, `,"series":{"buckets":[`...)
		starts, counts := wireArray(raw[2], 4), wireArray(raw[3], 8)
		mins, maxs, sums, firsts, lasts := wireArray(raw[4], 8), wireArray(raw[5], 8), wireArray(raw[6], 8), wireArray(raw[7], 8), wireArray(raw[8], 8)
		for i := range starts.n {
			if i > 0 {
				out = append(out, ',')
			}
			start := wireDate(starts.at(i))
			count := binary.BigEndian.Uint64(counts.at(i))
			sum := float(sums.at(i))
			out = start.Append(append(out, `{"start":"`...))
			out = store.BucketMonth.Next(start).Append(append(out, `","end":"`...))
			out = strconv.AppendUint(append(out, `","count":`...), count, 10)
			out = scalar.AppendFloat(append(out, `,"min":`...), float(mins.at(i)))
			out = scalar.AppendFloat(append(out, `,"max":`...), float(maxs.at(i)))
			out = scalar.AppendFloat(append(out, `,"avg":`...), sum/float64(count))
			out = scalar.AppendFloat(append(out, `,"sum":`...), sum)
			out = scalar.AppendFloat(append(out, `,"first":`...), float(firsts.at(i)))
			out = scalar.AppendFloat(append(out, `,"last":`...), float(lasts.at(i)))
			out = append(out, '}')
		}
		out = append(out, `]}}`...)
	}
	return append(out, `]}}}`...), rows.Err()
}

// elements are those of an array in PostgreSQL's binary form, each behind its length.
type elements struct {
	b        []byte
	n, width int
}

func wireArray(b []byte, width int) elements {
	const header = 20
	if len(b) <= header {
		return elements{}
	}
	return elements{b[header:], (len(b) - header) / (4 + width), width}
}

func (e elements) at(i int) []byte {
	start := i*(4+e.width) + 4
	return e.b[start : start+e.width]
}

// wireDate counts from 2000-01-01.
func wireDate(b []byte) edgar.Date {
	const epoch edgar.Date = 10957
	return epoch + edgar.Date(int32(binary.BigEndian.Uint32(b))) //nolint:gosec // two's complement on the wire
}

func float(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

const pointsOperation = `{ company(ticker: "B3") { series(metric: "price:close", from: "1981-09-04") { points { date value } } } }`

const pointsStatement = `
select m.dates, m.values
from companies c
join securities y on y.company_id = c.id and y.is_primary
join definitions d on d.name = 'price:close' and d.unit = 'USD' and d.period = 2
join series s on s.security_id = y.id and s.definition_id = d.id
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (select m.date, m.value from metrics m where m.series_id = s.id and m.date >= '1981-09-04' order by m.date) m
) m
where c.ticker = 'B3'`

func pointsByHand(ctx context.Context, pool *pgxpool.Pool) ([]byte, error) {
	rows, err := pool.Query(ctx, pointsStatement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := append(make([]byte, 0, 1<<19), `{"data":{"company":{"series":{"points":[`...)
	if rows.Next() {
		raw := rows.RawValues()
		dates, values := wireArray(raw[0], 4), wireArray(raw[1], 8)
		for i := range dates.n {
			if i > 0 {
				out = append(out, ',')
			}
			out = wireDate(dates.at(i)).Append(append(out, `{"date":"`...))
			out = append(scalar.AppendFloat(append(out, `","value":`...), float(values.at(i))), '}')
		}
	}
	return append(out, `]}}}}`...), rows.Err()
}

// BenchmarkAgainstByHand answers by turns, each over HTTP, an operation and a handler that was written for it: "times" is how
// many times as long the operation takes.
func BenchmarkAgainstByHand(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	s := newServer(b, "testdata/seed.sql")
	if _, err := s.store.Pool().Exec(b.Context(), halfCentury); err != nil {
		b.Fatal(err)
	}
	vacuumed(b, s)
	for _, workload := range []struct {
		name, operation string
		byHand          func(context.Context, *pgxpool.Pool) ([]byte, error)
	}{
		{"months of 10 companies", monthlyOperation, monthlyByHand},
		{"10,000 points", pointsOperation, pointsByHand},
	} {
		b.Run(workload.name, func(b *testing.B) {
			hand := byHand(b, s, workload.byHand)
			if diff := cmp.Diff(string(s.post(b, workload.operation, nil)), string(hand.post(b, workload.operation, nil))); diff != "" {
				b.Fatalf("answers of the server -, by hand +:\n%.2000s", diff)
			}
			compare(b, func() { s.post(b, workload.operation, nil) }, func() { hand.post(b, workload.operation, nil) })
		})
	}
}

// byHand serves a handler that decodes a request and answers it with what answer returns.
func byHand(b *testing.B, s *server, answer func(context.Context, *pgxpool.Pool) ([]byte, error)) *server {
	b.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Query string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body, err := answer(r.Context(), s.store.Pool())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
	b.Cleanup(h.Close)
	return &server{url: h.URL}
}

// compare runs two functions by turns and reports how many times as long the first one takes, by their medians: on a busy
// machine a mean tells of its neighbours.
func compare(b *testing.B, one, other func()) {
	b.Helper()
	var ones, others []time.Duration
	for b.Loop() {
		start := time.Now()
		one()
		half := time.Now()
		other()
		ones, others = append(ones, half.Sub(start)), append(others, time.Since(half))
	}
	slices.Sort(ones)
	slices.Sort(others)
	mine, theirs := ones[len(ones)/2], others[len(others)/2]
	b.ReportMetric(float64(mine)/float64(theirs), "times")
	b.ReportMetric(float64(mine.Microseconds()), "µs/first")
}

// BenchmarkHistory answers by turns over 50 years and over 5: "times" is how many times as long the 50 take.
func BenchmarkHistory(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	s := newServer(b, "testdata/seed.sql")
	if _, err := s.store.Pool().Exec(b.Context(), halfCentury); err != nil {
		b.Fatal(err)
	}
	vacuumed(b, s)
	const long, short = `from: "1970-01-01", to: "2019-12-31"`, `from: "2015-01-01", to: "2019-12-31"`
	for _, operation := range []struct{ name, text string }{
		{"years of a company", `{ company(ticker: "B3") { series(metric: "price:close", RANGE) { buckets(by: YEAR) { start end count min max avg sum first last } } } }`},
		{"months of a company", `{ company(ticker: "B3") { series(metric: "price:close", RANGE) { buckets(by: MONTH) { start end count min max avg sum first last } } } }`},
		{"years of 10 companies", `{ companies(filter: { sector: "Bench" }) { nodes { series(metric: "price:close", RANGE) { buckets(by: YEAR) { start end count min max avg sum first last } } } } }`},
		{"months of 10 companies", `{ companies(filter: { sector: "Bench" }) { nodes { series(metric: "price:close", RANGE) { buckets(by: MONTH) { start end count min max avg sum first last } } } } }`},
	} {
		b.Run(operation.name, func(b *testing.B) {
			all, part := strings.Replace(operation.text, "RANGE", long, 1), strings.Replace(operation.text, "RANGE", short, 1)
			if body := s.post(b, all, nil); !bytes.Contains(body, []byte(`"start":"1970-01-01"`)) {
				b.Fatalf("%.300s", body)
			}
			compare(b, func() { s.post(b, all, nil) }, func() { s.post(b, part, nil) })
		})
	}
	b.Run("months of 10 companies by hand", func(b *testing.B) { // ten times as many buckets are written: what that costs
		all, part := byHand(b, s, halfCenturyByHand), byHand(b, s, monthlyByHand)
		compare(b, func() { all.post(b, monthlyOperation, nil) }, func() { part.post(b, monthlyOperation, nil) })
	})
}
