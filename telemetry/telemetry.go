package telemetry

import (
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options are what a Telemetry depends on. The zero value counts, and logs nothing.
type Options struct {
	Logger *slog.Logger // default: none

	Requests  bool          // log a line for each request, not only for those that failed
	Slow      time.Duration // log an operation that takes so long with its statements; 0: none
	Variables bool          // log the variables of those, at most 4 KiB of them
}

// Telemetry counts and logs. It is safe for concurrent use.
type Telemetry struct {
	metrics

	logger    *slog.Logger
	requests  bool
	slow      time.Duration
	variables bool

	http       httpMetrics
	operations operationMetrics
	database   databaseMetrics
	loaders    *lookup[string, prometheus.Observer]
	lag        prometheus.Observer
	spans      spanCounters
	traces     *traces // nil: nothing is traced
	scraped    *scraped
}

// New returns a Telemetry that has counted nothing.
func New(o Options) *Telemetry {
	t := &Telemetry{logger: o.Logger, requests: o.Requests, slow: o.Slow, variables: o.Variables}
	if t.logger == nil {
		t.logger = slog.New(slog.DiscardHandler)
	}
	t.registry = prometheus.NewRegistry()
	t.http.init(&t.metrics)
	t.operations.init(&t.metrics)
	t.database.init(&t.metrics)
	batches := t.histograms("corpintel_loader_batch_keys", "Keys that a loader was asked for together.", batchKeys, "loader")
	t.loaders = newLookup(64, other, func(name string) prometheus.Observer { return batches.WithLabelValues(name) })
	t.lag = t.histogram("corpintel_outbox_lag_seconds",
		"Time from the oldest change of a batch being written to this server knowing of it.", lagSeconds)
	t.spans.init(&t.metrics)
	t.scraped = newScraped(&t.metrics)
	t.registry.MustRegister(t.scraped)
	t.addBuild()
	// What is left after garbage is collected tells how full memory is; the heap itself grows up to its limit by design.
	liveHeap := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}
	t.registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(liveHeap)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

// addBuild tells which program this is.
func (t *Telemetry) addBuild() {
	labels := prometheus.Labels{"version": "unknown", "revision": "unknown", "goversion": "unknown"}
	if build, ok := debug.ReadBuildInfo(); ok {
		labels["version"], labels["goversion"] = build.Main.Version, build.GoVersion
		for _, s := range build.Settings {
			if s.Key == "vcs.revision" {
				labels["revision"] = s.Value
			}
		}
	}
	const name, help = "corpintel_build_info", "Always 1; the labels say which program runs."
	t.note(name, "gauge", help, []string{"version", "revision", "goversion"})
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
	info.Set(1)
	t.registry.MustRegister(info)
}

// maxScrapes is how many scrapes are answered at the same time; more are refused with 503.
const maxScrapes = 4

// Handler returns the handler of GET /metrics, in the format that the scraper takes.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(t.logger.Handler(), slog.LevelWarn), MaxRequestsInFlight: maxScrapes,
	})
}

// Metrics returns what is counted, but for the metrics of the Go runtime (go_) and the process (process_).
func (t *Telemetry) Metrics() []Metric { return t.all }

// Batch counts the keys of a batch of a loader.
func (t *Telemetry) Batch(loader string, keys int) { t.loaders.get(loader).Observe(float64(keys)) }

// OutboxLag counts how long it took until changes that others made were known.
func (t *Telemetry) OutboxLag(d time.Duration) { t.lag.Observe(d.Seconds()) }
