package telemetry

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// maxNames is how many operations nobody registered are told apart by their names: those that were first executed without
	// errors.
	maxNames = 100
	// maxRegistered is how many of registered documents are.
	maxRegistered = 1000
	// maxClients bounds the pairs of clients and what became of their documents.
	maxClients = 5000
)

// Outcome is what has become of an operation.
type Outcome uint8

// The outcomes.
const (
	Refused Outcome = iota // it was not executed
	OK                     // it was answered without errors
	Failed                 // it was executed, and the answer has errors
	Left                   // its client hung up before the answer was ready

	outcomes = 4
)

func (o Outcome) String() string { return [outcomes]string{"refused", "ok", "errors", "left"}[o] }

// operation is what is counted of one name.
type operation struct {
	outcomes [outcomes]prometheus.Counter
	seconds  prometheus.Observer
}

type documentKey struct{ client, outcome string }

type operationMetrics struct {
	free, registered *lookup[string, *operation]
	errors           *lookup[string, prometheus.Counter]
	guard            *lookup[string, prometheus.Counter]
	limited          *lookup[string, prometheus.Counter]
	documents        *lookup[documentKey, prometheus.Counter]
	cost             prometheus.Observer
	statements       prometheus.Observer
	trips            prometheus.Observer
}

func (o *operationMetrics) init(m *metrics) {
	count := m.counters("corpintel_graphql_operations_total",
		"Operations by name and outcome: ok, errors, refused, which is not executed, or left, whose client hung up.", "operation", "outcome")
	seconds := m.histograms("corpintel_graphql_operation_duration_seconds", "Time that operations took which were answered, kept answers too.",
		operationSeconds, "operation")
	create := func(name string) *operation {
		made := &operation{seconds: seconds.WithLabelValues(name)}
		for i := range made.outcomes {
			made.outcomes[i] = count.WithLabelValues(name, Outcome(i).String())
		}
		return made
	}
	o.free, o.registered = newLookup(maxNames, other, create), newLookup(maxRegistered, other, create)
	o.free.get(other)
	o.errors = oneLabel(64, m.counters("corpintel_graphql_errors_total", "Errors in answers by extensions.code, refusals among them.", "code"))
	o.guard = oneLabel(32, m.counters("corpintel_guard_refusals_total", "Requests beyond a limit, by its name.", "limit"))
	o.limited = oneLabel(16, m.counters("corpintel_rate_limit_refusals_total", "Operations refused as the client's budget was spent.", "role"))
	documents := m.counters("corpintel_documents_total",
		"What requests of a client called for: a registered document, a free text, or why it was none that is run.", "client", "outcome")
	o.documents = newLookup(maxClients, documentKey{other, other}, func(k documentKey) prometheus.Counter {
		return documents.WithLabelValues(k.client, k.outcome)
	})
	o.cost = m.histogram("corpintel_graphql_cost", "Cost that was estimated for operations before they were executed.", costs)
	o.statements = m.histogram("corpintel_request_statements", "SQL statements of an operation that was executed.", statementCounts)
	o.trips = m.histogram("corpintel_request_round_trips", "Round trips to the database of an operation that was executed.", statementCounts)
}

func oneLabel(most int, counters *prometheus.CounterVec) *lookup[string, prometheus.Counter] {
	return newLookup(most, other, func(value string) prometheus.Counter { return counters.WithLabelValues(value) })
}

// of returns what is counted of a name. Only one that is registered, or that was executed without errors, may become known.
func (o *operationMetrics) of(name string, registered, mayBecomeKnown bool) *operation {
	names := o.free
	if registered {
		names = o.registered
	}
	if known, ok := names.find(name); ok {
		return known
	}
	if name == "" || !mayBecomeKnown || names.full() {
		return o.free.get(other)
	}
	return names.get(strings.Clone(name)) // it may be a part of a request
}

func (o *operationMetrics) ended(q *Request, took time.Duration) {
	known := o.of(q.Operation, q.Registered, q.Registered && q.Outcome != Refused || q.Outcome == OK)
	known.outcomes[q.Outcome].Inc()
	if q.Outcome == Refused || q.Outcome == Left {
		return
	}
	known.seconds.Observe(took.Seconds())
	if q.Cache != Made {
		return
	}
	q.mu.Lock()
	statements, trips := q.statements, q.trips
	q.mu.Unlock()
	o.cost.Observe(float64(q.Cost))
	o.statements.Observe(float64(statements))
	o.trips.Observe(float64(trips))
}
