package telemetry

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of what is told apart. There are fewer of each in the program: they hold should a handler be added that is careless.
const (
	maxRoutes   = 200
	maxStatuses = 60
)

// route is a method and the template of a path.
type route struct{ method, endpoint string }

// routeMetrics are those of one route.
type routeMetrics struct {
	statuses *lookup[int, prometheus.Counter]
	seconds  prometheus.Observer
	bytes    prometheus.Observer
}

type httpMetrics struct {
	inFlight prometheus.Gauge
	routes   *lookup[route, *routeMetrics]
}

func (h *httpMetrics) init(m *metrics) {
	requests := m.counters("http_requests_total", "Requests that were answered.", "method", "endpoint", "status")
	seconds := m.natives("http_request_duration_seconds", "Time from a request's header to the end of its answer.",
		requestSeconds, "method", "endpoint")
	sizes := m.histograms("corpintel_http_response_bytes", "Size of answers' bodies as they were sent.", answerBytes, "endpoint")
	h.inFlight = m.gauge("corpintel_http_requests_in_flight", "Requests that are being answered.")
	h.routes = newLookup(maxRoutes, route{other, other}, func(r route) *routeMetrics {
		return &routeMetrics{
			seconds: seconds.WithLabelValues(r.method, r.endpoint), bytes: sizes.WithLabelValues(r.endpoint),
			statuses: newLookup(maxStatuses, 0, func(status int) prometheus.Counter {
				return requests.WithLabelValues(r.method, r.endpoint, statusLabel(status))
			}),
		}
	})
}

func (h *httpMetrics) ended(method, endpoint string, e *Ending) {
	r := h.routes.get(route{methodLabel(method), endpoint})
	r.statuses.get(e.Status).Inc()
	r.seconds.Observe(e.took.Seconds())
	r.bytes.Observe(float64(e.Bytes))
}

func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost:
		return method
	default:
		return other
	}
}

func statusLabel(status int) string {
	if status < 100 || status > 599 {
		return other
	}
	return strconv.Itoa(status)
}

// endpointOf returns the template of a path from the pattern that it matched, such as GET /graphql/d/{documentId}.
func endpointOf(pattern string) string {
	if at := strings.IndexByte(pattern, '/'); at >= 0 {
		return pattern[at:]
	}
	return other
}
