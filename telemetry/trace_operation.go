package telemetry

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/ravilushqa/otelgqlgen"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// newOperationTracer makes spans of operations, and of those fields that have a resolver: others are read from memory.
func newOperationTracer(provider trace.TracerProvider) otelgqlgen.Tracer {
	return otelgqlgen.Middleware(
		otelgqlgen.WithTracerProvider(provider),
		otelgqlgen.WithoutVariables(),
		otelgqlgen.WithCreateSpanFromFields(func(field *graphql.FieldContext) bool { return field.IsResolver }),
		otelgqlgen.WithSpanKindSelector(func(string) trace.SpanKind { return trace.SpanKindInternal }),
		otelgqlgen.WithInterceptResponseResultHandlerFunc(func(response *graphql.Response, span trace.Span) *graphql.Response {
			if response != nil {
				tellFaults(span, response.Errors)
			}
			return response
		}),
		otelgqlgen.WithInterceptFieldsResultHandlerFunc(
			func(result any, err error, faults gqlerror.List, span trace.Span) (any, error) {
				tellFaults(span, faults)
				if err != nil {
					span.SetStatus(codes.Error, "")
				}
				return result, err
			}),
	)
}

// tellFaults adds the codes of errors to a span: messages can have what a client has sent.
func tellFaults(span trace.Span, faults gqlerror.List) {
	if len(faults) == 0 {
		return
	}
	told := make([]string, 0, maxCodes)
	for _, fault := range faults[:min(len(faults), maxCodes)] {
		code, _ := fault.Extensions["code"].(string)
		told = append(told, code)
	}
	span.SetStatus(codes.Error, "")
	span.SetAttributes(attribute.String("error.type", strings.Join(told, ",")))
}

// Dispatch executes an operation by next. Where the request that ctx is of is traced, it makes spans of the operation and of its
// fields.
func (q *Request) Dispatch(ctx context.Context, op *graphql.OperationContext, next graphql.ResponseHandler) *graphql.Response {
	if !q.Traced() {
		return next(ctx)
	}
	tracer, around := q.telemetry.traces.operations, op.ResolverMiddleware
	op.ResolverMiddleware = func(ctx context.Context, resolve graphql.Resolver) (any, error) {
		return tracer.InterceptField(ctx, func(ctx context.Context) (any, error) { return around(ctx, resolve) })
	}
	// The tracer is shown the name alone, and not the text.
	shown := &graphql.OperationContext{OperationName: op.Operation.Name}
	return tracer.InterceptResponse(graphql.WithOperationContext(ctx, shown), next)
}
