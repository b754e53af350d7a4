package web

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/telemetry"
)

// traceresponse tells a client whose request is traced which span of which trace it is (W3C Trace Context, level 2).
const traceresponse = "Traceresponse"

// traced begins the trace of a request, where there are traces. Whether a trace is sampled is decided here, but where a trusted proxy
// says so: a stranger's flag would have every request of theirs recorded.
func traced(
	ctx context.Context, t *telemetry.Telemetry, record *telemetry.Request, w http.ResponseWriter, r *http.Request, proxies []netip.Prefix,
) context.Context {
	trusted := len(r.Header["Traceparent"]) > 0 && isTrusted(parseAddress(r.RemoteAddr), proxies)
	ctx = t.Trace(ctx, record, r.Header, trusted)
	if record.Traced() {
		w.Header().Set(traceresponse, record.TraceParent())
	}
	return ctx
}

// dispatchTraced executes an operation, within spans where the request is traced: the others are executed the short way.
func (e *exchange) dispatchTraced(ctx context.Context, operation *graphql.OperationContext) *graphql.Response {
	if !e.record.Traced() {
		return e.dispatch(ctx, operation)
	}
	return e.record.Dispatch(ctx, operation, func(ctx context.Context) *graphql.Response { return e.dispatch(ctx, operation) })
}
