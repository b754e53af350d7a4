package telemetry_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/corpintel/corpintel/telemetry"
)

// scrape returns the metrics by name, as a scraper reads them.
func scrape(t *testing.T, m *telemetry.Telemetry) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// flat returns the samples of a counter or gauge, or the counts of a histogram, by their labels' values.
func flat(f *dto.MetricFamily) map[string]float64 {
	out := map[string]float64{}
	for _, m := range f.GetMetric() {
		var values []string
		for _, l := range m.GetLabel() {
			values = append(values, l.GetValue())
		}
		n := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		out[strings.Join(values, " ")] = n
	}
	return out
}

// ask counts a request of an operation.
func ask(t *testing.T, m *telemetry.Telemetry, change func(*telemetry.Request)) {
	t.Helper()
	q, start := new(telemetry.Request), time.Now()
	m.Begin(q, "id", http.MethodPost, "/graphql", start)
	q.Ask()
	change(q)
	m.End(telemetry.NewContext(t.Context(), q), q, telemetry.Ending{
		Pattern: "/graphql", Status: http.StatusOK, Bytes: 100, At: start.Add(10 * time.Millisecond),
	})
}

func named(name string) func(*telemetry.Request) {
	return func(q *telemetry.Request) {
		q.Operation = name
		q.Executed(telemetry.Made)
	}
}

// TestFlood sends more of everything than is told apart.
func TestFlood(t *testing.T) {
	t.Parallel()
	m := telemetry.New(telemetry.Options{})
	const n = 20_000
	for i := range n {
		name := fmt.Sprintf("Flood%d", i)
		ask(t, m, named(name))
		ask(t, m, func(q *telemetry.Request) {
			q.Registered = true
			named("Registered" + name)(q)
		})
		ask(t, m, func(q *telemetry.Request) {
			q.Operation = "Refused" + name
			q.By("client"+name, "role"+name)
			q.Resolve("text")
			q.Fail("CODE" + name)
			q.Exceed("limit" + name)
			q.Spent()
		})
		m.Batch("loader"+name, 1)
		q := new(telemetry.Request)
		m.Begin(q, "id", "METHOD"+name, "/"+name, time.Now())
		m.End(t.Context(), q, telemetry.Ending{Pattern: "GET /" + name, Status: i, At: time.Now()})
		m.Trip(t.Context(), telemetry.Trip{}, 1, func(int) telemetry.Statement { return telemetry.Statement{Name: name} })
	}
	families := scrape(t, m)
	for name, most := range map[string]int{
		"corpintel_graphql_operations_total":           (100 + 1000 + 1) * 4,
		"corpintel_graphql_operation_duration_seconds": 100 + 1000 + 1,
		"corpintel_graphql_errors_total":               65,
		"corpintel_guard_refusals_total":               33,
		"corpintel_rate_limit_refusals_total":          17,
		"corpintel_documents_total":                    5001,
		"corpintel_loader_batch_keys":                  65,
		"http_requests_total":                          201*1 + 61 + 201,
		"http_request_duration_seconds":                202,
		"corpintel_http_response_bytes":                202,
		"corpintel_db_statement_duration_seconds":      501,
		"corpintel_db_statement_rows_total":            501,
	} {
		got := len(families[name].GetMetric())
		if got > most || got < min(most, 17)-1 {
			t.Errorf("%s has %d series, want at most %d and about that", name, got, most)
		}
	}
	operations := flat(families["corpintel_graphql_operations_total"])
	if operations["Flood99 ok"] != 1 || operations["Flood100 ok"] != 0 {
		t.Error("want those known that came first")
	}
	if got, want := operations["other ok"], float64(n-100+n-1000); got != want {
		t.Errorf("%v operations without a name of their own, want %v", got, want)
	}
	if got := operations["other refused"]; got != n {
		t.Errorf("%v operations refused, want %d, all without a name", got, n)
	}
}

// TestOnlySuccessIsKnown sends names that must not take the places of others.
func TestOnlySuccessIsKnown(t *testing.T) {
	t.Parallel()
	m := telemetry.New(telemetry.Options{})
	fail := func(q *telemetry.Request) {
		q.Operation = "Bad"
		q.Fail("INTERNAL")
		q.Executed(telemetry.Made)
	}
	ask(t, m, fail)
	ask(t, m, named("Good"))
	ask(t, m, func(q *telemetry.Request) { q.Operation = "Good" })
	ask(t, m, func(q *telemetry.Request) { q.Operation = "Bad" })
	want := map[string]float64{
		"other errors": 1, "other refused": 1, "other ok": 0, "Good ok": 1, "Good refused": 1, "Good errors": 0,
		"other left": 0, "Good left": 0,
	}
	if diff := cmp.Diff(want, flat(scrape(t, m)["corpintel_graphql_operations_total"])); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

// TestConcurrent counts exactly while labels are new to all.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	m := telemetry.New(telemetry.Options{})
	const goroutines, each = 8, 500
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for i := range each {
				ask(t, m, named(fmt.Sprintf("N%d", i%150)))
			}
		})
	}
	for range 5 {
		scrape(t, m)
	}
	all.Wait()
	families := scrape(t, m)
	sum := 0.0
	for _, n := range flat(families["corpintel_graphql_operations_total"]) {
		sum += n
	}
	if sum != goroutines*each {
		t.Errorf("%v operations, want %d", sum, goroutines*each)
	}
	if got := flat(families["http_requests_total"])["/graphql POST 200"]; got != goroutines*each {
		t.Errorf("%v requests, want %d", got, goroutines*each)
	}
	if got := flat(families["corpintel_http_requests_in_flight"])[""]; got != 0 {
		t.Errorf("%v requests in flight, want none", got)
	}
}

// TestAllocations bounds what counting a request costs, once its labels are known.
func TestAllocations(t *testing.T) {
	m := telemetry.New(telemetry.Options{})
	ctx, start := t.Context(), time.Now()
	q := new(telemetry.Request)
	count := func() {
		*q = telemetry.Request{}
		m.Begin(q, "id", http.MethodPost, "/graphql", start)
		q.Ask()
		q.By("client", "analyst")
		q.Resolve("text")
		q.Operation = "Known"
		q.Executed(telemetry.Memory)
		m.End(ctx, q, telemetry.Ending{Pattern: "/graphql", Status: 200, Bytes: 100, At: start.Add(10 * time.Millisecond)})
	}
	count()
	if n := testing.AllocsPerRun(1000, count); n > 1 {
		t.Errorf("%v allocations for a request, want 1 for the native histogram at most", n)
	}
	trip := func() {
		m.Trip(ctx, telemetry.Trip{Took: time.Millisecond}, 1, func(int) telemetry.Statement {
			return telemetry.Statement{Name: "S", Rows: 1, Took: time.Millisecond}
		})
		m.Batch("Companies", 50)
	}
	trip()
	if n := testing.AllocsPerRun(1000, trip); n != 0 {
		t.Errorf("%v allocations for a round trip, want none", n)
	}
}

// TestDocumented compares the metrics with the table that people read.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []telemetry.Metric
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| ([^|]*) \\|").FindAllStringSubmatch(string(text), -1) {
		var labels []string
		for _, label := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[3], -1) {
			labels = append(labels, label[1])
		}
		documented = append(documented, telemetry.Metric{Name: row[1], Type: row[2], Labels: labels})
	}
	counted := slices.Clone(telemetry.New(telemetry.Options{}).Metrics())
	for i := range counted {
		if counted[i].Help == "" {
			t.Errorf("%s has no help", counted[i].Name)
		}
		counted[i].Help = ""
	}
	byName := func(a, b telemetry.Metric) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(counted, byName)
	slices.SortFunc(documented, byName)
	if diff := cmp.Diff(counted, documented); diff != "" {
		t.Errorf("docs/metrics.md (-program +table):\n%s", diff)
	}
}

// TestScraped reads what functions tell, and only what they count.
func TestScraped(t *testing.T) {
	t.Parallel()
	m := telemetry.New(telemetry.Options{})
	m.Read(telemetry.Sources{
		Connections: func() telemetry.Connections { return telemetry.Connections{Size: 10, Open: 9, Used: 3} },
		Fresh:       func() bool { return true }, Unprimed: func() int64 { return 7 },
		Work: func() telemetry.Work {
			return telemetry.Work{Places: 20, Taken: 19, Queued: 18, Waited: 17, WaitTime: 1500 * time.Millisecond, Full: 16, Late: 15, Left: 14}
		},
	})
	m.Cache("c", func() telemetry.CacheStats {
		return telemetry.CacheStats{Hits: 5, Misses: 4, Bytes: 100, Stale: telemetry.NotCounted, Evictions: telemetry.NotCounted}
	})
	families, got := scrape(t, m), map[string]float64{}
	for _, name := range []string{
		"db_connection_pool_size", "corpintel_db_connections_open", "db_connections_checked_out", "corpintel_outbox_fresh",
		"loader_unprimed_total", "corpintel_cache_hits_total", "corpintel_cache_misses_total", "corpintel_cache_bytes",
		"corpintel_work_places", "corpintel_work_in_progress", "corpintel_work_queued", "corpintel_work_waited_total",
		"corpintel_work_wait_seconds_total", "corpintel_work_shed_total",
	} {
		for labels, n := range flat(families[name]) {
			got[name+labels] = n
		}
	}
	want := map[string]float64{
		"db_connection_pool_size": 10, "corpintel_db_connections_open": 9, "db_connections_checked_out": 3, "corpintel_outbox_fresh": 1,
		"loader_unprimed_total": 7, "corpintel_cache_hits_totalc": 5, "corpintel_cache_misses_totalc": 4, "corpintel_cache_bytesc": 100,
		"corpintel_work_places": 20, "corpintel_work_in_progress": 19, "corpintel_work_queued": 18, "corpintel_work_waited_total": 17,
		"corpintel_work_wait_seconds_total": 1.5, "corpintel_work_shed_totalfull": 16, "corpintel_work_shed_totallate": 15,
		"corpintel_work_shed_totalleft": 14,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scraped (-want +got):\n%s", diff)
	}
	if families["corpintel_cache_stale_total"] != nil {
		t.Error("what a cache does not count is told all the same")
	}
}

// TestLog logs what is asked for, and nothing that is secret.
func TestLog(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for name, test := range map[string]struct {
		options telemetry.Options
		want    []string
		without []string
	}{
		"quiet":     {telemetry.Options{}, nil, []string{"request"}},
		"each":      {telemetry.Options{Requests: true}, []string{"level=INFO msg=request", "path=/graphql", "operation=Named", "client=desk", "statements=1", "roundTrips=1", "cache=miss", "cost=12"}, []string{secret, "slow"}},
		"slow":      {telemetry.Options{Slow: 10 * time.Millisecond}, []string{"level=WARN msg=\"slow operation\"", "CompaniesPage", "3ms"}, []string{secret, "msg=request"}},
		"fast":      {telemetry.Options{Slow: 11 * time.Millisecond}, nil, []string{"slow"}},
		"variables": {telemetry.Options{Slow: 1, Variables: true}, []string{secret}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text strings.Builder
			test.options.Logger = slog.New(slog.NewTextHandler(&text, nil))
			m := telemetry.New(test.options)
			ask(t, m, func(q *telemetry.Request) {
				q.By("desk", "analyst")
				q.Variables, q.Cost = map[string]any{"v": secret}, 12
				m.Trip(telemetry.NewContext(t.Context(), q), telemetry.Trip{Took: 3 * time.Millisecond}, 1, func(int) telemetry.Statement {
					return telemetry.Statement{Name: "CompaniesPage", Rows: 20, Took: 3 * time.Millisecond}
				})
				named("Named")(q)
			})
			for _, part := range test.want {
				if !strings.Contains(text.String(), part) {
					t.Errorf("want %q in %s", part, &text)
				}
			}
			for _, part := range test.without {
				if strings.Contains(text.String(), part) {
					t.Errorf("do not want %q in %s", part, &text)
				}
			}
		})
	}
}
