package command_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store/storetest"
)

// prometheusVariable names the program of a Prometheus that tests may start; scripts/test-metrics.sh sets it.
const prometheusVariable = "CORPINTEL_TEST_PROMETHEUS"

// scrapeConfig has Prometheus scrape a server, and evaluate rules.
const scrapeConfig = `
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
rule_files: ["%s"]
scrape_configs: [{job_name: corpintel, static_configs: [{targets: ["%s"]}]}]
`

const recordingRules = `
groups:
  - name: corpintel
    rules:
      - {record: "corpintel:http_requests:sum", expr: 'sum by (status) (http_requests_total{endpoint="/graphql"})'}
`

// prometheus starts a Prometheus that scrapes a server and evaluates rules, and returns its URL.
func prometheus(t *testing.T, server *running, rules string, flags ...string) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := fmt.Sprintf(scrapeConfig, rules, strings.TrimPrefix(server.health, "http://"))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	flags = append(flags, "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	run := exec.CommandContext(ctx, os.Getenv(prometheusVariable), flags...) //nolint:gosec // the tester's own
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.WaitDelay = 10 * time.Second
	log := newTranscript()
	run.Stdout, run.Stderr = log, log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = run.Wait() // it was told to end
		if t.Failed() {
			t.Log(log)
		}
	})
	return "http://" + address
}

// instant returns the values of a query, by their labels status, slo and resource.
func instant(t *testing.T, server *running, base, query string) map[string]float64 {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.client.Do(request)
	if err != nil {
		return nil // it starts
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil // it starts
	}
	values := map[string]float64{}
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s is %q", query, text)
		}
		values[r.Metric["status"]+r.Metric["slo"]+r.Metric["resource"]] = value
	}
	return values
}

// TestPrometheus reads back what a real Prometheus has scraped: a recording rule, and a native histogram.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	if os.Getenv(prometheusVariable) == "" {
		t.Skip("NOT RUN against a real Prometheus: make test-metrics does")
	}
	server := serve(t, countedEverywhere(storetest.New(t)))
	for range 5 {
		server.query(t, `query Read { companies(first: 1) { nodes { name } } }`)
	}
	server.query(t, `query Aliased {`+strings.Repeat(" a: __typename", 201)+`}`)
	rules := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(rules, []byte(recordingRules), 0o600); err != nil {
		t.Fatal(err)
	}
	base := prometheus(t, server, rules, "--enable-feature=native-histograms")
	awaitTrue(t, "the recording rule does not have what was done", func() bool {
		got := instant(t, server, base, "corpintel:http_requests:sum")
		return got["200"] == 5 && got["400"] == 1
	})
	awaitTrue(t, "there is no native histogram", func() bool {
		got := instant(t, server, base, `histogram_count(http_request_duration_seconds{endpoint="/graphql",method="POST"})`)
		return got[""] == 6
	})
}

// TestServiceLevels reads back from a real Prometheus what the rules of deploy/ make of a server of which a part of the requests fails.
func TestServiceLevels(t *testing.T) {
	t.Parallel()
	if os.Getenv(prometheusVariable) == "" {
		t.Skip("NOT RUN against a real Prometheus: make test-metrics does")
	}
	rules, err := filepath.Abs("../deploy/prometheus/rules")
	if err != nil {
		t.Fatal(err)
	}
	database := storetest.NewCluster(t)
	server := serve(t, openTo(database.URL()))
	base := prometheus(t, server, filepath.Join(rules, "*.yml"))
	asked := 0
	ask := func() (int, string) { // what is not kept
		asked++
		return server.query(t, fmt.Sprintf("query Companies { a%d: companies(first: 1) { nodes { name } } }", asked))
	}
	awaitTrue(t, "the levels are not recorded", func() bool {
		ask()
		events := instant(t, server, base, "corpintel:slo_events:rate5m")
		return events["availability"] > 0 && events["errors"] > 0 && events["latency_p99"] > 0 && events["database_p95"] > 0 && events["cache"] > 0
	})
	if budgets := instant(t, server, base, "corpintel:slo_budget:ratio"); len(budgets) != 7 || budgets["availability"] != 0.001 {
		t.Errorf("budgets %v", budgets)
	}
	awaitTrue(t, "a server that is well is not", func() bool {
		bad := instant(t, server, base, "corpintel:slo_bad:ratio_rate1h")
		return len(bad) == 7 && bad["availability"] == 0 && bad["errors"] == 0
	})
	awaitTrue(t, "there is no saturation", func() bool {
		full := instant(t, server, base, "corpintel:saturation:ratio")
		return len(full) == 5 && full["memory"] > 0 && full["memory"] < 1 && full["files"] > 0 && full["files"] < 1
	})
	database.Stop(embedded.Immediate)
	if status, body := ask(); status != http.StatusServiceUnavailable {
		t.Fatalf("without a database: %d %s", status, body)
	}
	awaitTrue(t, "the failure is not seen", func() bool {
		ask()
		bad := instant(t, server, base, "corpintel:slo_bad:ratio_rate5m")
		return bad["availability"] > 0 && bad["availability"] < 1 && bad["errors"] > 0
	})
}
