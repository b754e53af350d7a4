package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
)

// halfCentury is 10 companies with daily prices from 1970 to 2019.
const halfCentury = `
insert into companies (id, cik, name, search_text, sector, ticker)
select 900 + i, 900000 + i, 'Bench ' || i, 'bench ' || i, 'Bench', 'B' || i from generate_series(0, 9) i;
insert into securities (id, company_id, symbol, is_primary) select 900 + i, 900 + i, 'B' || i, true from generate_series(0, 9) i;
insert into series (id, company_id, security_id, definition_id, points, first_on, last_on)
select 900 + i, 900 + i, 900 + i, 6, 13045, '1970-01-01', '2019-12-31' from generate_series(0, 9) i;
insert into metrics (series_id, date, value)
select 900 + i, d::date, (1000 + hashint8(900 + i + 37 * extract(epoch from d)::bigint) & 65535) / 64.0
from generate_series(0, 9) i, generate_series(timestamp '1970-01-01', '2019-12-31', '1 day') d where extract(isodow from d) < 6;
select rebuild_metrics_month();`

// vacuumed makes a database look as it does after a while: statistics, and pages that indexes can answer from alone.
func vacuumed(b *testing.B, s *server) {
	b.Helper()
	if _, err := s.store.Pool().Exec(b.Context(), "vacuum analyze"); err != nil {
		b.Fatal(err)
	}
}

const monthlyOperation = `{ companies(first: 10, filter: { sector: "Bench" }) { nodes { name ticker
	series(metric: "price:close", from: "2015-01-01", to: "2019-12-31") { buckets(by: MONTH) { start end count min max avg sum first last } } } } }`

// monthlyStatement is what somebody would write who needed this answer only.
const monthlyStatement = `
select c.name, c.ticker, m.*
from companies c
join securities y on y.company_id = c.id and y.is_primary
join series s on s.security_id = y.id and s.definition_id = 6
cross join lateral (
  select array_agg(m.bucket), array_agg(m.n), array_agg(m.min), array_agg(m.max), array_agg(m.sum), array_agg(m.first), array_agg(m.last)
  from (select * from metrics_month m where m.series_id = s.id and m.bucket >= '2015-01-01' and m.bucket < '2020-01-01' order by m.bucket) m
) m
where c.sector = 'Bench'
order by c.name
limit 10`

func monthlyByHand(ctx context.Context, pool *pgxpool.Pool) ([]byte, error) {
	rows, err := pool.Query(ctx, monthlyStatement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := append(make([]byte, 0, 1<<17), `{"data":{"companies":{"nodes":[`...)
	for n := 0; rows.Next(); n++ {
		var (
			name, ticker                  string
			months                        []edgar.Date
			counts                        []int
			mins, maxs, sums, first, last []float64
		)
		if err := rows.Scan(&name, &ticker, &months, &counts, &mins, &maxs, &sums, &first, &last); err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(append(out, `{"name":`...), name)
		out = strconv.AppendQuote(append(out, `,"ticker":`...), ticker)
		out = append(out, `,"series":{"buckets":[`...)
		for i, month := range months {
			if i > 0 {
				out = append(out, ',')
			}
			next := month.Time().AddDate(0, 1, 0)
			out = month.Append(append(out, `{"start":"`...))
			out = edgar.DateOf(next).Append(append(out, `","end":"`...))
			out = strconv.AppendInt(append(out, `","count":`...), int64(counts[i]), 10)
			for _, field := range []struct {
				key   string
				value float64
			}{
				{`,"min":`, mins[i]},
				{`,"max":`, maxs[i]},
				{`,"avg":`, sums[i] / float64(counts[i])},
				{`,"sum":`, sums[i]},
				{`,"first":`, first[i]},
				{`,"last":`, last[i]},
			} {
				out = scalar.AppendFloat(append(out, field.key...), field.value)
			}
			out = append(out, '}')
		}
		out = append(out, `]}}`...)
	}
	return append(out, `]}}}`...), rows.Err()
}

const pointsOperation = `{ company(ticker: "B3") { series(metric: "price:close", from: "1981-09-04") { points { date value } } } }`

const pointsStatement = `
select m.dates, m.values
from companies c
join securities y on y.company_id = c.id and y.is_primary
join series s on s.security_id = y.id and s.definition_id = 6
cross join lateral (
  select array_agg(m.date) as dates, array_agg(m.value) as values
  from (select m.date, m.value from metrics m where m.series_id = s.id and m.date >= '1981-09-04' order by m.date) m
) m
where c.ticker = 'B3'`

func pointsByHand(ctx context.Context, pool *pgxpool.Pool) ([]byte, error) {
	var (
		dates  []edgar.Date
		values []float64
	)
	if err := pool.QueryRow(ctx, pointsStatement).Scan(&dates, &values); err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, 1<<19), `{"data":{"company":{"series":{"points":[`...)
	for i := range dates {
		if i > 0 {
			out = append(out, ',')
		}
		out = dates[i].Append(append(out, `{"date":"`...))
		out = append(scalar.AppendFloat(append(out, `","value":`...), values[i]), '}')
	}
	return append(out, `]}}}}`...), nil
}

// BenchmarkAgainstByHand answers by turns, each over HTTP, an operation and a handler that was written for it: "times" is how
// many times as long the operation takes.
func BenchmarkAgainstByHand(b *testing.B) {
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
}
