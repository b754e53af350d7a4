package telemetry

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// part is a part of answering a request.
type part struct {
	name       string
	start, end time.Time
}

// Part notes how long a part of answering took, where the request is traced.
func (q *Request) Part(name string, start, end time.Time) {
	if q.Traced() {
		q.parts = append(q.parts, part{name, start, end})
	}
}

// endSpan ends the span of a request that is traced. ctx is the one of Trace.
func (t *Telemetry) endSpan(ctx context.Context, q *Request, e *Ending) {
	if !q.Traced() {
		return
	}
	for _, p := range q.parts {
		_, span := t.traces.tracer.Start(ctx, p.name, trace.WithTimestamp(p.start))
		span.End(trace.WithTimestamp(p.end))
	}
	q.span.SetName(methodLabel(q.Method) + " " + q.Endpoint)
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", methodLabel(q.Method)), attribute.String("http.route", q.Endpoint),
		attribute.Int("http.response.status_code", e.Status), attribute.Int64("http.response.body.size", e.Bytes),
		attribute.String("corpintel.request.id", q.ID), attribute.Bool("corpintel.client.left", e.Left),
	}
	if q.GraphQL {
		attributes = append(attributes, q.operationAttributes()...)
	}
	q.span.SetAttributes(attributes...)
	if e.Status >= http.StatusInternalServerError {
		q.span.SetAttributes(attribute.String("error.type", statusLabel(e.Status)))
		q.span.SetStatus(codes.Error, "")
	}
	q.span.End(trace.WithTimestamp(e.At))
}

func (q *Request) operationAttributes() []attribute.KeyValue {
	q.mu.Lock()
	statements, trips := q.statements, q.trips
	q.mu.Unlock()
	attributes := []attribute.KeyValue{
		attribute.String("corpintel.outcome", q.Outcome.String()), attribute.Int("corpintel.cost", q.Cost),
		attribute.Int("corpintel.statements", statements), attribute.Int("corpintel.round_trips", trips),
	}
	for key, value := range map[string]string{
		"graphql.operation.name": q.Operation, "graphql.document.id": q.Document, "corpintel.client": q.Client,
		"corpintel.role": q.Role, "corpintel.cache": q.Cache,
		"corpintel.error.codes": strings.Join(q.codes[:min(q.errors, maxCodes)], ","),
	} {
		if value != "" {
			attributes = append(attributes, attribute.String(key, value))
		}
	}
	return attributes
}

// tellWait is how long a round trip waits for a connection where that is a span.
const tellWait = time.Millisecond

// trip makes the spans of a round trip that was made: one for a statement, and one around several. Nothing but the name is told
// of a statement.
func (t *traces) trip(ctx context.Context, trip Trip, n int, statement func(i int) Statement) {
	sent := trip.Start.Add(trip.Waited)
	if trip.Waited >= tellWait {
		_, wait := t.tracer.Start(ctx, "wait for a connection", trace.WithTimestamp(trip.Start))
		wait.End(trace.WithTimestamp(sent))
	}
	attributes := []attribute.KeyValue{attribute.String("db.system.name", "postgresql")}
	if trip.Again {
		attributes = append(attributes, attribute.Bool("corpintel.again", true))
	}
	name := "round trip"
	if n == 1 {
		only := statement(0)
		name, attributes = only.Name, append(attributes, ofStatement(only)...)
	} else {
		attributes = append(attributes, attribute.Int("db.operation.batch.size", n))
	}
	ctx, span := t.start(ctx, name, sent, attributes)
	if trip.Failed {
		span.SetAttributes(attribute.String("error.type", trip.Fault))
		span.SetStatus(codes.Error, "")
	}
	for i, at := 0, sent; n > 1 && i < n; i++ {
		s := statement(i)
		if s.Took == 0 {
			break // it did not end, nor did those behind it
		}
		_, one := t.start(ctx, s.Name, at, append(ofStatement(s), attributes[0]))
		at = at.Add(s.Took)
		one.End(trace.WithTimestamp(at))
	}
	span.End(trace.WithTimestamp(sent.Add(trip.Took)))
}

// start starts a span of a question to another server.
func (t *traces) start(ctx context.Context, name string, at time.Time, attributes []attribute.KeyValue) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, name, trace.WithTimestamp(at), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...)) //nolint:spancheck // the caller ends it
}

func ofStatement(s Statement) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("db.query.summary", s.Name), attribute.Int("db.response.returned_rows", s.Rows)}
}

// RedisHook returns what makes a span of each command to Redis that is sent for a request that is traced. Keys and values are not
// told. It costs other requests a look at the context.
func (t *Telemetry) RedisHook() redis.Hook { return redisHook{t} }

type redisHook struct{ telemetry *Telemetry }

// DialHook makes a span of connecting.
func (h redisHook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !From(ctx).Traced() {
			return next(ctx, network, address)
		}
		ctx, span := h.start(ctx, "connect")
		conn, err := next(ctx, network, address)
		end(span, err)
		return conn, err
	}
}

// ProcessHook makes a span of a command.
func (h redisHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		if !From(ctx).Traced() {
			return next(ctx, command)
		}
		name := strings.ToUpper(command.FullName())
		ctx, span := h.start(ctx, name, attribute.String("db.operation.name", name))
		err := next(ctx, command)
		end(span, err)
		return err
	}
}

// ProcessPipelineHook makes one span of commands that are sent together.
func (h redisHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		if !From(ctx).Traced() {
			return next(ctx, commands)
		}
		ctx, span := h.start(ctx, "PIPELINE", attribute.String("db.operation.name", "PIPELINE"),
			attribute.Int("db.operation.batch.size", len(commands)))
		err := next(ctx, commands)
		end(span, err)
		return err
	}
}

func (h redisHook) start(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	attributes = append(attributes, attribute.String("db.system.name", "redis"))
	return h.telemetry.traces.start(ctx, name, time.Now(), attributes)
}

// end ends a span of Redis. What the error says may have a key or an address in it.
func end(span trace.Span, err error) {
	switch {
	case err == nil:
	case errors.Is(err, redis.Nil):
		span.SetAttributes(attribute.Int("db.response.returned_rows", 0))
	default:
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
