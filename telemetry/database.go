package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Trip is one round trip to the database: what was sent together, and came back.
type Trip struct {
	Start  time.Time
	Waited time.Duration // for a connection
	Took   time.Duration // from then to the last row; 0 without a connection
	Again  bool          // it was tried before, and PostgreSQL was away
	Failed bool
	// Cancelled says that it failed as nobody waits for it any more.
	Cancelled bool
	Fault     string // kind of failure, such as PostgreSQL's code; empty where it has none
}

// sent reports whether it was made: there was a connection.
func (t Trip) sent() bool { return !t.Failed || t.Took > 0 }

// Statement is one of those of a trip.
type Statement struct {
	Name string // a constant of the program
	Rows int
	Took time.Duration // 0 if it failed before its end
}

// maxStatements is how many statements are told apart by their names, which are constants of the program.
const maxStatements = 500

type statementMetrics struct {
	seconds prometheus.Observer
	rows    prometheus.Counter
}

type databaseMetrics struct {
	wait       prometheus.Observer
	retries    prometheus.Counter
	ok, failed prometheus.Counter
	none, left prometheus.Counter
	statements *lookup[string, statementMetrics]
}

func (d *databaseMetrics) init(m *metrics) {
	d.wait = m.histogram("corpintel_db_connection_wait_seconds", "Time that reads waited for a connection.", waitSeconds)
	d.retries = m.counter("corpintel_db_retries_total", "Round trips that were tried again as PostgreSQL was away.")
	trips := m.counters("corpintel_db_round_trips_total",
		"Round trips of reads by outcome: ok, failed, no_connection, where none was to be had, or cancelled, as nobody waited.", "outcome")
	d.ok, d.failed, d.none = trips.WithLabelValues("ok"), trips.WithLabelValues("failed"), trips.WithLabelValues("no_connection")
	d.left = trips.WithLabelValues("cancelled")
	seconds := m.histograms("corpintel_db_statement_duration_seconds",
		"Time from the statement before, or the sending, to the last row.", statementSeconds, "statement")
	rows := m.counters("corpintel_db_statement_rows_total", "Rows that came.", "statement")
	d.statements = newLookup(maxStatements, other, func(name string) statementMetrics {
		return statementMetrics{seconds.WithLabelValues(name), rows.WithLabelValues(name)}
	})
}

// Trip counts a round trip with its statements: statement returns the one at i of n. It also adds them to the record of the
// request that ctx is of.
func (t *Telemetry) Trip(ctx context.Context, trip Trip, n int, statement func(i int) Statement) {
	d := &t.database
	d.wait.Observe(trip.Waited.Seconds())
	if trip.Again {
		d.retries.Inc()
	}
	switch {
	case !trip.Failed:
		d.ok.Inc()
	case trip.Cancelled:
		d.left.Inc()
	case !trip.sent():
		d.none.Inc()
	default:
		d.failed.Inc()
	}
	request := From(ctx)
	request.add(trip, n)
	for i := range n {
		s := statement(i)
		if !trip.Failed {
			known := d.statements.get(s.Name)
			known.seconds.Observe(s.Took.Seconds())
			known.rows.Add(float64(s.Rows))
		}
		request.addStatement(s, n-i)
	}
	if request.Traced() {
		t.traces.trip(ctx, trip, n, statement)
	}
}
