package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// maxSpans is how many wait to be sent at most; more are dropped.
	maxSpans = 2048
	// sendEvery is how long a span waits for others.
	sendEvery = time.Second
	// sendLimit bounds the sending of some, with all attempts.
	sendLimit = 10 * time.Second
	// tellEvery is the least time between two lines of the log about a collector that is away.
	tellEvery = time.Minute
)

// spanCounters count what became of spans.
type spanCounters struct{ sent, failed, dropped prometheus.Counter }

func (c *spanCounters) init(m *metrics) {
	all := m.counters("corpintel_trace_spans_total",
		"Spans of traces: sent, failed (the collector did not take them), or dropped, as too many waited.", "outcome")
	c.sent, c.failed, c.dropped = all.WithLabelValues("sent"), all.WithLabelValues("failed"), all.WithLabelValues("dropped")
}

// exporter sends spans to the collector, counts them, and keeps back what is not to leave.
type exporter struct {
	collector sdktrace.SpanExporter
	counters  spanCounters
	logger    *slog.Logger
	now       func() time.Time

	waiting atomic.Int64 // spans that ended, and were neither sent nor given up
	told    atomic.Int64 // when it was logged that the collector is away
	ending  chan struct{}
}

func newExporter(collector sdktrace.SpanExporter, counters spanCounters, logger *slog.Logger, now func() time.Time) *exporter {
	if now == nil {
		now = time.Now
	}
	return &exporter{collector: collector, counters: counters, logger: logger, now: now, ending: make(chan struct{})}
}

// processor returns what is told of spans that end. It never blocks.
func (x *exporter) processor() sdktrace.SpanProcessor {
	batches := sdktrace.NewBatchSpanProcessor(x, sdktrace.WithMaxQueueSize(maxSpans),
		sdktrace.WithMaxExportBatchSize(maxSpans/4), sdktrace.WithBatchTimeout(sendEvery), sdktrace.WithExportTimeout(sendLimit))
	return &boundedProcessor{batches, x}
}

// boundedProcessor drops spans where too many wait. OpenTelemetry's own does so too, and does not tell how many.
type boundedProcessor struct {
	sdktrace.SpanProcessor

	exporter *exporter
}

// OnEnd takes a span that has ended.
func (p *boundedProcessor) OnEnd(span sdktrace.ReadOnlySpan) {
	if p.exporter.waiting.Add(1) > maxSpans {
		p.exporter.waiting.Add(-1)
		p.exporter.counters.dropped.Inc()
		return
	}
	p.SpanProcessor.OnEnd(span)
}

// ExportSpans sends spans. That it cannot is counted, and logged once in a while: nobody else is to be told.
func (x *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	defer x.waiting.Add(-int64(len(spans)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := make(chan struct{})
	defer close(sent)
	go func() {
		select {
		case <-x.ending:
			cancel()
		case <-sent:
		}
	}()
	shown := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		shown[i] = discreet{span}
	}
	if err := x.collector.ExportSpans(ctx, shown); err != nil {
		x.counters.failed.Add(float64(len(spans)))
		x.complain(ctx, err)
		return nil
	}
	x.counters.sent.Add(float64(len(spans)))
	return nil
}

func (x *exporter) complain(ctx context.Context, err error) {
	now, told := x.now().UnixNano(), x.told.Load()
	if told != 0 && now-told < int64(tellEvery) || !x.told.CompareAndSwap(told, now) {
		return
	}
	x.logger.WarnContext(ctx, "traces cannot be sent, and are lost", slog.Any("error", err))
}

// Shutdown closes the connection to the collector.
func (x *exporter) Shutdown(ctx context.Context) error { return x.collector.Shutdown(ctx) }

// end sends what is left until ctx ends, and gives up the rest.
func (x *exporter) end(ctx context.Context, provider *sdktrace.TracerProvider) {
	defer close(x.ending)
	if err := provider.Shutdown(ctx); err != nil {
		x.logger.WarnContext(ctx, "the last traces were not sent", slog.Any("error", err), slog.Int64("spans", x.waiting.Load()))
	}
}

// discreet is a span without what clients have written into an operation, which otelgqlgen adds to it.
type discreet struct{ sdktrace.ReadOnlySpan }

// Attributes returns those that may be seen.
func (d discreet) Attributes() []attribute.KeyValue {
	given := d.ReadOnlySpan.Attributes()
	kept := make([]attribute.KeyValue, 0, len(given))
	for _, a := range given {
		if !strings.HasPrefix(string(a.Key), "gql.resolver.args") && !strings.HasPrefix(string(a.Key), "gql.request.") {
			kept = append(kept, a)
		}
	}
	return kept
}
