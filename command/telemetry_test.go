package command_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/corpintel/corpintel/store/storetest"
)

// scrape returns what a server has counted: name, then labels' values; of histograms the number of observations.
func (r *running) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	status, body := r.get(t, r.health+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			counts[strings.Join(append([]string{name}, labelsOf(m)...), " ")] =
				m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return counts
}

func labelsOf(m *dto.Metric) []string {
	var values []string
	for _, l := range m.GetLabel() {
		values = append(values, l.GetValue())
	}
	return values
}

// countedEverywhere are settings of a server that executes every operation, so that counts are exact.
func countedEverywhere(database string, more ...string) []string {
	return openTo(database, append(more, "CORPINTEL_ANSWER_CACHE=off", "CORPINTEL_ENTITY_CACHE=off", "CORPINTEL_WARM_UP=0")...)
}

// TestMetrics compares what is scraped with what was done.
func TestMetrics(t *testing.T) {
	t.Parallel()
	server := serve(t, countedEverywhere(storetest.New(t)))
	for range 3 {
		if status, body := server.query(t, `query Named { companies(first: 1) { nodes { name } } }`); status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
	}
	server.query(t, `{ company(cik: 1) { name } }`)
	server.query(t, `query Unparsed { `)
	server.query(t, `query Aliased {`+strings.Repeat(" a: __typename", 201)+`}`)
	server.get(t, server.base+"/graphql?query="+`query+Got+{__typename}`)
	server.get(t, server.base+"/wp-admin/1")
	server.get(t, server.base+"/wp-admin/2")

	got := server.scrape(t)
	want := map[string]float64{
		"http_requests_total /graphql POST 200":                5,
		"http_requests_total /graphql POST 400":                1,
		"http_requests_total /graphql GET 200":                 1,
		"http_requests_total other GET 404":                    2,
		"http_request_duration_seconds /graphql POST":          6,
		"corpintel_http_response_bytes /graphql":               7,
		"corpintel_http_requests_in_flight":                    0,
		"corpintel_graphql_operations_total Named ok":          3,
		"corpintel_graphql_operations_total Got ok":            1,
		"corpintel_graphql_operations_total other ok":          1,
		"corpintel_graphql_operations_total other refused":     2,
		"corpintel_graphql_operation_duration_seconds Named":   3,
		"corpintel_graphql_errors_total GRAPHQL_PARSE_FAILED":  1,
		"corpintel_graphql_errors_total LIMIT_EXCEEDED":        1,
		"corpintel_guard_refusals_total aliases":               1,
		"corpintel_documents_total anonymous text":             7,
		"corpintel_graphql_cost":                               5,
		"corpintel_request_statements":                         5,
		"corpintel_request_round_trips":                        5,
		"corpintel_db_statement_duration_seconds CompanyByCIK": 1,
		"corpintel_db_round_trips_total failed":                0,
		"corpintel_db_retries_total":                           0,
		"db_connection_pool_size":                              10,
		"db_connections_checked_out":                           0,
		"corpintel_outbox_fresh":                               1,
		"loader_unprimed_total":                                0,
		"corpintel_cache_hits_total documents":                 2,
		"corpintel_cache_misses_total documents":               5,
	}
	for name, n := range want {
		if value, ok := got[name]; !ok || value != n {
			t.Errorf("%s is %v (there: %t), want %v", name, value, ok, n)
		}
	}
	if t.Failed() {
		for name, n := range got {
			if !strings.HasPrefix(name, "go_") {
				t.Log(name, n)
			}
		}
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if got[name] == 0 {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestScrapeUnderLoad scrapes while all connections are wanted.
func TestScrapeUnderLoad(t *testing.T) {
	t.Parallel()
	server := serve(t, countedEverywhere(storetest.New(t), "CORPINTEL_POOL_SIZE=2"))
	const askers, each = 64, 10
	var asking sync.WaitGroup
	var done atomic.Int64
	for range askers {
		asking.Go(func() {
			for range each {
				if status, body := server.query(t, `query Load { companies(first: 1) { nodes { name } } }`); status != http.StatusOK {
					t.Errorf("status %d: %s", status, body)
				}
				done.Add(1)
			}
		})
	}
	scrapes := 0
	for done.Load() < askers*each && !t.Failed() {
		server.scrape(t)
		scrapes++
	}
	asking.Wait()
	if got := server.scrape(t)["corpintel_graphql_operations_total Load ok"]; got != askers*each {
		t.Errorf("%v operations are counted, want %d", got, askers*each)
	}
	t.Log("scrapes while operations were executed:", scrapes)
}

// TestRequestLog looks at the lines of a server that logs JSON, and of one that logs text.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	server := serve(t, countedEverywhere(database, "CORPINTEL_LOG_FORMAT=json", "CORPINTEL_SLOW_OPERATION=1ns", "CORPINTEL_LOG_VARIABLES=true"))
	server.query(t, `query Told { companies(first: 1) { nodes { name } } }`)
	awaitTrue(t, "nothing is logged", func() bool { return strings.Contains(server.stderr.String(), "slow operation") })
	wantContains(t, server.stderr.String(), `"msg":"request"`, `"path":"/graphql"`, `"operation":"Told"`, `"roundTrips":1`, `"requestId":"`,
		`"sql":[{"name":"Compan`)
	quiet := serve(t, countedEverywhere(database))
	quiet.query(t, `query Told { companies(first: 1) { nodes { name } } }`)
	if text := quiet.stderr.String(); strings.Contains(text, "msg=request") {
		t.Errorf("a request is logged, though the log is for a terminal:\n%s", text)
	}
}

// TestServerTiming asks how long the parts of a request took, as who may know and as who may not.
func TestServerTiming(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + storetest.New(t)
	server := serve(t, onFreePorts(database, "CORPINTEL_AUTH=required"))
	for role, want := range map[string][]string{
		"admin": {"read", "parse", "validate", "execute", "render", "db"}, "analyst": nil,
	} {
		key := createClient(t, []string{database}, "--name=of-"+role, "--role="+role)
		var timing string
		awaitTrue(t, "the key is not known", func() bool {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.base+"/graphql",
				strings.NewReader(`{"query":"{ companies(first: 1) { nodes { name } } }"}`))
			if err != nil {
				t.Fatal(err)
			}
			request.Header = http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {key}, "Corpintel-Timing": {"1"}}
			response, err := server.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			timing = response.Header.Get("Server-Timing")
			return response.StatusCode == http.StatusOK
		})
		var parts []string
		for part := range strings.SplitSeq(timing, ", ") {
			if name, _, ok := strings.Cut(part, ";dur="); ok {
				parts = append(parts, name)
			}
		}
		if diff := cmp.Diff(want, parts); diff != "" {
			t.Errorf("%s: Server-Timing %q (-want +got):\n%s", role, timing, diff)
		}
	}
}

// TestProfile takes a profile of one of two operations that a server is busy with.
func TestProfile(t *testing.T) {
	t.Parallel()
	server := serve(t, countedEverywhere(storetest.New(t)))
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for i := range 4 {
		asking.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					server.query(t, fmt.Sprintf(`query Busy%d { companies(first: 1) { nodes { name } } }`, (i+n)%2))
				}
			}
		})
	}
	defer asking.Wait()
	defer close(stop)
	var taken *profile.Profile
	awaitTrue(t, "no sample has the operation", func() bool {
		out := filepath.Join(t.TempDir(), "out.pprof")
		mustRun(t, nil, "profile", "--seconds=1", "--operation=Busy1", "--admin="+server.health, "--out="+out)
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if taken, err = profile.ParseData(text); err != nil {
			t.Fatal(err)
		}
		return len(taken.Sample) > 0
	})
	for _, s := range taken.Sample {
		if !slices.Equal(s.Label["operation"], []string{"Busy1"}) {
			t.Errorf("a sample of %v is left", s.Label)
		}
	}
	for path, want := range map[string]int{
		"": http.StatusOK, "heap": http.StatusOK, "goroutine?debug=1": http.StatusOK, "nothing": http.StatusNotFound,
		"heap?debug=x": http.StatusBadRequest, "profile?seconds=0": http.StatusBadRequest, "profile?seconds=301": http.StatusBadRequest,
		"cmdline": http.StatusNotFound, // it could have a password
	} {
		if status, body := server.get(t, server.health+"/debug/pprof/"+path); status != want {
			t.Errorf("%s: status %d, want %d: %.100s", path, status, want, bytes.TrimSpace([]byte(body)))
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if status, _ := server.get(t, server.base+path); status != http.StatusNotFound {
			t.Errorf("%s is served to everybody: status %d", path, status)
		}
	}
}

// TestProfileHint checks what is said of a profile without samples.
func TestProfileHint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ran  []string // operations of which there is a sample
		args []string
		want string
	}{
		"caught":          {[]string{"Quotes", "Other"}, []string{"--operation=Quotes"}, "1 of 2 samples are written to -\n"},
		"all":             {[]string{"Quotes", "Other"}, nil, "2 of 2 samples are written to -\n"},
		"another name":    {[]string{"Quotes"}, []string{"--operation=quotes"}, `0 of 1 samples are written to -: no operation of the name "quotes" was caught`},
		"idle":            {nil, nil, "0 of 0 samples are written to -: the server's processor had nothing to do"},
		"idle, of a name": {nil, []string{"--operation=Quotes"}, "0 of 0 samples are written to -: the server's processor had nothing to do"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}}
			for _, operation := range test.ran {
				taken.Sample = append(taken.Sample, &profile.Sample{Value: []int64{1}, Label: map[string][]string{"operation": {operation}}})
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = taken.Write(w) }))
			defer server.Close()
			code, _, stderr := run(t, nil, append([]string{"profile", "--seconds=1", "--out=-", "--admin=" + server.URL}, test.args...)...)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			wantContains(t, stderr, test.want)
		})
	}
}

func TestProfileFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no server": {[]string{"--admin=http://127.0.0.1:1", "--seconds=1"}, "connection refused"},
		"no URL":    {[]string{"--admin=localhost"}, "want a URL, such as http://127.0.0.1:8081"},
		"password":  {[]string{"--admin=http://user:s3cret@127.0.0.1:1", "--seconds=1"}, "watching http://user:xxxxx@127.0.0.1:1 for 1 s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := run(t, nil, append([]string{"profile"}, test.args...)...)
			if code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			wantContains(t, stderr, test.want)
		})
	}
}

// TestProfileFile checks that a file which cannot be written is noticed before anything else, and that a profile that fails leaves no
// new file and does not touch an old one.
func TestProfileFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	kept, none := filepath.Join(folder, "kept"), filepath.Join(folder, "none")
	if err := os.WriteFile(kept, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{folder: "--out: ", filepath.Join(none, "x"): "--out: ", kept: "refused", none: "refused"} {
		code, _, stderr := run(t, nil, "profile", "--admin=http://127.0.0.1:1", "--seconds=1", "--out="+out)
		if code != 1 || strings.Contains(stderr, "watching") != (want == "refused") {
			t.Errorf("%s: exit code %d: %s", out, code, stderr)
		}
		wantContains(t, stderr, want)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "before" {
		t.Errorf("the file that was there: %q, %v", text, err)
	}
	if _, err := os.Stat(none); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
}
