package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Work is how a limit on what is done at the same time stands, and what it has counted since it was made.
type Work struct {
	Places int // that there are
	Taken  int // of them
	Queued int // who wait for one

	Waited   int64         // who waited for a place, and got it
	WaitTime time.Duration // theirs, together

	Full int64 // turned away as too many waited
	Late int64 // turned away as no place became free in time
	Left int64 // gone while they waited
}

// workMetrics are those of a Work.
type workMetrics struct {
	places, taken, queued, waited, waitTime, shed *prometheus.Desc
}

func (m *workMetrics) init(describe func(name, kind, help string, labels ...string) *prometheus.Desc) {
	m.places = describe("corpintel_work_places", "gauge", "Most operations that are executed at the same time.")
	m.taken = describe("corpintel_work_in_progress", "gauge", "Operations that are executed now.")
	m.queued = describe("corpintel_work_queued", "gauge", "Operations that wait to be executed.")
	m.waited = describe("corpintel_work_waited_total", "counter", "Operations that waited to be executed, and were.")
	m.waitTime = describe("corpintel_work_wait_seconds_total", "counter", "How long those waited, together.")
	m.shed = describe("corpintel_work_shed_total", "counter",
		"Operations that were not executed: full, too many waited; late, they would have waited for too long; left, their clients did not wait.", "reason")
}

func (m *workMetrics) describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.places, m.taken, m.queued, m.waited, m.waitTime, m.shed} {
		to <- d
	}
}

func (m *workMetrics) collect(to chan<- prometheus.Metric, w Work) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	send(m.places, prometheus.GaugeValue, float64(w.Places))
	send(m.taken, prometheus.GaugeValue, float64(w.Taken))
	send(m.queued, prometheus.GaugeValue, float64(w.Queued))
	send(m.waited, prometheus.CounterValue, float64(w.Waited))
	send(m.waitTime, prometheus.CounterValue, w.WaitTime.Seconds())
	send(m.shed, prometheus.CounterValue, float64(w.Full), "full")
	send(m.shed, prometheus.CounterValue, float64(w.Late), "late")
	send(m.shed, prometheus.CounterValue, float64(w.Left), "left")
}
