package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ravilushqa/otelgqlgen"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// TraceOptions say what is traced, and where traces go. Endpoint is required. What else the variables OTEL_EXPORTER_OTLP_ say
// (headers, certificates, compression, time limit), OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES is read from the environment
// of the process by OpenTelemetry.
type TraceOptions struct {
	Endpoint string           // URL of the collector, with the path for traces where it is asked by HTTP
	GRPC     bool             // OTLP over gRPC; else over HTTP, as protobuf
	Sampling float64          // share of requests, from 0 to 1
	Now      func() time.Time // default: time.Now
}

// scope names who makes the spans.
const scope = "github.com/corpintel/corpintel"

// traces makes spans.
type traces struct {
	tracer     trace.Tracer
	operations otelgqlgen.Tracer
	sampler    sampler
}

// OpenTraces begins to trace, before the first request. It does not connect: that the collector is away is no error. The
// function that it returns sends what is left, until its context ends.
func (t *Telemetry) OpenTraces(ctx context.Context, o TraceOptions) (end func(context.Context), err error) {
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "corpintel")),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) && !errors.Is(err, resource.ErrSchemaURLConflict) {
		return nil, fmt.Errorf("traces: %w", err)
	}
	client := otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(o.Endpoint))
	if o.GRPC {
		client = otlptracegrpc.NewClient(otlptracegrpc.WithEndpointURL(o.Endpoint))
	}
	collector, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	out := newExporter(collector, t.spans, t.logger, o.Now)
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = maxAttribute
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSpanProcessor(out.processor()),
		sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithRawSpanLimits(limits)) // no span is begun of what is not sampled
	t.traces = &traces{
		tracer: provider.Tracer(scope), operations: newOperationTracer(provider),
		sampler: sampler{share: o.Sampling, now: out.now},
	}
	return func(ctx context.Context) { out.end(ctx, provider) }, nil
}

// maxAttribute is the most bytes of a text in a span.
const maxAttribute = 512

// Trace begins the trace of a request, or goes on with the one that its headers name (W3C Trace Context): trusted says that they
// are from who may decide whether it is sampled. The context that it returns is for what is done for the request. Without traces it does nothing.
func (t *Telemetry) Trace(ctx context.Context, q *Request, header http.Header, trusted bool) context.Context {
	if t.traces == nil {
		return ctx
	}
	if len(header["Traceparent"]) == 1 {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	}
	parent := trace.SpanContextFromContext(ctx)
	q.trace = parent.TraceID()
	if !t.traces.sampler.takes(parent, trusted) {
		return ctx
	}
	ctx, q.span = t.traces.tracer.Start(ctx, methodLabel(q.Method), //nolint:spancheck // End ends it
		trace.WithTimestamp(q.start), trace.WithSpanKind(trace.SpanKindServer))
	q.trace = q.span.SpanContext().TraceID()
	return ctx
}

// Traced reports whether the request is sampled.
func (q *Request) Traced() bool { return q != nil && q.span != nil }

// TraceID returns the id of the request's trace, 32 hexadecimal digits; empty where it belongs to none. A trace that was not sampled
// has one too, if the request named it.
func (q *Request) TraceID() string {
	if q == nil || !q.trace.IsValid() {
		return ""
	}
	return q.trace.String()
}

// TraceParent returns what tells others of the request's span, as the header traceparent has it; empty where it is not sampled.
func (q *Request) TraceParent() string {
	if !q.Traced() {
		return ""
	}
	c := q.span.SpanContext()
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
}
