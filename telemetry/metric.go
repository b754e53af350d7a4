package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric says what a metric is, as docs/metrics.md lists it.
type Metric struct {
	Name   string
	Type   string // counter, gauge or histogram
	Labels []string
	Help   string
}

// metrics makes metrics and registers them.
type metrics struct {
	registry *prometheus.Registry
	all      []Metric
}

func (m *metrics) note(name, kind, help string, labels []string) {
	m.all = append(m.all, Metric{name, kind, labels, help})
}

func (m *metrics) counter(name, help string) prometheus.Counter {
	return m.counters(name, help).WithLabelValues()
}

func (m *metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	m.note(name, "counter", help, labels)
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(vec)
	return vec
}

func (m *metrics) gauge(name, help string) prometheus.Gauge {
	m.note(name, "gauge", help, nil)
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	m.registry.MustRegister(gauge)
	return gauge
}

func (m *metrics) histogram(name, help string, buckets []float64) prometheus.Observer {
	return m.histograms(name, help, buckets).WithLabelValues()
}

func (m *metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return m.histogramsOf(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// natives returns histograms that have native buckets too, for scrapers that take them.
func (m *metrics) natives(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return m.histogramsOf(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}, labels)
}

func (m *metrics) histogramsOf(o prometheus.HistogramOpts, labels []string) *prometheus.HistogramVec {
	m.note(o.Name, "histogram", o.Help, labels)
	vec := prometheus.NewHistogramVec(o, labels)
	m.registry.MustRegister(vec)
	return vec
}

// The buckets, of which there are few where there are many histograms. Those of requests have the bounds of the service levels
// among them: 50, 100, 200 and 500 ms.
var (
	requestSeconds   = []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .35, .5, 1, 2, 5}
	operationSeconds = []float64{.001, .005, .01, .025, .05, .1, .2, .5, 1, 5}
	statementSeconds = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5}
	waitSeconds      = []float64{.00001, .0001, .001, .005, .01, .05, .1, .5, 1, 5}
	lagSeconds       = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 60}
	answerBytes      = []float64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20}
	costs            = []float64{1, 10, 100, 1000, 10_000, 100_000, 500_000}
	batchKeys        = []float64{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}
	statementCounts  = []float64{0, 1, 2, 3, 4, 5, 7, 10, 20, 50}
)
