package web

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web/answers"
	"github.com/corpintel/corpintel/web/document"
	"github.com/corpintel/corpintel/web/guard"
)

// exchange is one request on its way to its answer.
type exchange struct {
	*graphQL

	w        http.ResponseWriter
	r        *http.Request
	client   *clients.Client
	request  *request
	document *clients.Document // that the request means, if it is registered
	record   *telemetry.Request
	timing   *timing           // nil unless it is asked for
	cost     spending          // of the operation, once that is known
	key      *answers.Key      // under which the answer can be kept; nil when it cannot
	mark     answers.Mark      // of the data before the answer is made
	admitted bool              // the operation has a place
	explain  *explain.Recorder // nil when nobody wants to know how the operation is executed
}

// run finds the document of the request, and answers from memory or by executing it.
func (e *exchange) run(ctx context.Context) {
	var err error
	e.document, err = e.resolver.resolve(ctx, e.client, e.request)
	e.noteResolved(err)
	if err != nil {
		e.answerError(ctx, nil, err)
		return
	}
	defer e.labelled(ctx)()
	e.announceEnd()
	answered, end := e.replay(ctx)
	defer end()
	if answered {
		return
	}
	if e.attach != nil {
		ctx = e.attach(ctx)
	}
	e.execute(graphql.StartOperationTrace(ctx))
}

// execute executes the operation and answers.
func (e *exchange) execute(ctx context.Context) {
	operation, err := e.prepare(ctx)
	if err != nil {
		if refused := e.payForRefusal(ctx, err); refused != nil {
			err = refused
		}
		e.answerError(ctx, operation, err)
		return
	}
	if e.r.Method != http.MethodPost && operation.Operation.Operation != ast.Query {
		e.w.Header().Set("Allow", http.MethodPost)
		refuse(e.w, e.r, &refusal{
			status: http.StatusMethodNotAllowed, code: gqlerr.BadRequest,
			reason: "GET is for queries only, use POST",
		})
		return
	}
	if err := e.admit(ctx, operation); err != nil {
		e.answerError(ctx, operation, err)
		return
	}
	response := e.dispatchAdmitted(ctx, operation)
	e.timing.mark(executing)
	if response == nil {
		// The context ended before the first resolver was called.
		refuse(e.w, e.r, tookTooLong())
		return
	}
	answer := answer{
		format: negotiate(e.r.Header), status: http.StatusOK, response: response, executed: true,
		caching: e.caching(ctx, operation, response),
	}
	if e.key != nil {
		answer.keep = func(body []byte) { e.keep(ctx, operation, response, e.w.Header(), body) }
	}
	if isUnavailable(response) {
		e.w.Header().Set("Retry-After", wholeSeconds(retryAfter))
		answer.status = http.StatusServiceUnavailable
	}
	e.tell(ctx, operation, response, &answer)
	answer.timing = e.timing
	e.responder.answer(e.w, e.r, &answer)
	e.record.Executed(telemetry.Made)
}

// tell adds to the extensions what the request asks for by its headers.
func (e *exchange) tell(ctx context.Context, operation *graphql.OperationContext, response *graphql.Response, answer *answer) {
	if e.explain != nil {
		response.Extensions = with(response.Extensions, "explain", e.explained(ctx, operation, response))
	}
	if wants(e.r, costHeader) {
		response.Extensions = with(response.Extensions, "cost", e.cost.told())
	}
	if !wants(e.r, cacheHeader) {
		return
	}
	if len(response.Extensions) == 0 {
		answer.told = missTold
	} else {
		response.Extensions = with(response.Extensions, "cache", json.RawMessage(missTold))
	}
}

// with adds a member to extensions.
func with(extensions map[string]any, name string, value any) map[string]any {
	extensions = maps.Clone(extensions)
	if extensions == nil {
		extensions = make(map[string]any, 1)
	}
	extensions[name] = value
	return extensions
}

// prepare checks the document and what it may cost, and pays for it. Errors: *refusal, *guard.ExcessError, gqlerror.List.
func (e *exchange) prepare(ctx context.Context) (*graphql.OperationContext, error) {
	load := e.documents.Load
	if e.document != nil {
		load = e.documents.LoadRegistered
	}
	text, err := load(e.request.Query)
	e.timing.mark("parse")
	if err != nil {
		return nil, err
	}
	if e.request.OperationName == "" && len(text.Operations) > 1 {
		return nil, unnamed(len(text.Operations))
	}
	operation, faults := e.executor.CreateOperationContext(ctx, &e.request.RawParams)
	if faults != nil {
		legible(faults)
		return operation, faults
	}
	if !e.client.Viewer.Role.Permissions().Introspection && introspects(operation.Operation.SelectionSet) {
		return operation, &refusal{
			status: http.StatusForbidden, code: gqlerr.Forbidden,
			reason: "introspection is not allowed for the role " + string(e.client.Viewer.Role),
		}
	}
	err = e.pay(ctx, operation)
	e.timing.mark("validate")
	return operation, err
}

// unnamed is the fault of a request that does not say which of its operations is meant.
func unnamed(operations int) gqlerror.List {
	fault := gqlerror.Errorf("the document has %d operations, and operationName does not say which is meant", operations)
	fault.Extensions = map[string]any{"code": string(gqlerr.ValidationFailed)}
	return gqlerror.List{fault}
}

// introspects reports whether an operation asks for the schema.
func introspects(selections ast.SelectionSet) bool {
	for _, s := range selections {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__schema" || s.Name == "__type" {
				return true
			}
		case *ast.InlineFragment:
			if introspects(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if introspects(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// count counts the use of a registered document.
func (e *exchange) count() {
	if e.document != nil {
		e.usage.Note(e.document)
	}
}

// announceEnd tells of a registered document on which day it ends, if it does (RFC 8594).
func (e *exchange) announceEnd() {
	if e.document != nil && e.document.RetireOn != nil {
		e.w.Header().Set("Sunset", e.document.RetireOn.UTC().Format(http.TimeFormat))
	}
}

// answerError answers a request that is not executed; operation may be nil.
func (e *exchange) answerError(ctx context.Context, operation *graphql.OperationContext, err error) {
	if refused, ok := errors.AsType[*refusal](err); ok {
		refuse(e.w, e.r, refused)
		return
	}
	if excess, ok := errors.AsType[*guard.ExcessError](err); ok {
		refuse(e.w, e.r, &refusal{
			status: http.StatusBadRequest, code: gqlerr.LimitExceeded, reason: excess.Error(),
			extensions: map[string]any{"limit": excess.Limit, "maximum": excess.Maximum},
		})
		return
	}
	faults, ok := errors.AsType[gqlerror.List](err)
	if !ok {
		panic(err) // there are no other errors
	}
	if operation == nil {
		operation = &graphql.OperationContext{
			RawQuery: e.request.Query, OperationName: e.request.OperationName, Headers: e.r.Header,
		}
	}
	if !e.client.Viewer.Role.Permissions().Suggestions {
		faults = withoutSuggestions(faults)
	}
	e.answerFaults(graphql.WithOperationContext(ctx, operation), faults)
}

// answerFaults answers a request that is not executed: 400, but 200 where the client takes application/json, which
// knows no other status for a request that is a GraphQL request. Too dear an operation is refused with 400 always.
func (e *exchange) answerFaults(ctx context.Context, faults gqlerror.List) {
	format, status := negotiate(e.r.Header), http.StatusBadRequest
	if format == jsonFormat && faults[0].Extensions["code"] != string(gqlerr.TooComplex) {
		status = http.StatusOK
	}
	e.responder.answer(e.w, e.r, &answer{format: format, status: status, response: e.executor.DispatchError(ctx, faults)})
}

// withoutSuggestions takes names of the schema that were not asked for out of messages.
func withoutSuggestions(faults gqlerror.List) gqlerror.List {
	for _, fault := range faults {
		fault.Message, _, _ = strings.Cut(fault.Message, document.Suggestion)
	}
	return faults
}

// refusal is why a request is not a GraphQL request, or none that is answered.
type refusal struct {
	status     int
	code       gqlerr.Code
	reason     string
	extensions map[string]any // beside the code
	retryAfter time.Duration  // 0 where trying again does not help
}

// Error returns the reason.
func (f *refusal) Error() string { return f.reason }

func badRequest(reason string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: gqlerr.BadRequest, reason: reason}
}

func unsupported(reason string) *refusal {
	return &refusal{status: http.StatusUnsupportedMediaType, code: gqlerr.BadRequest, reason: reason}
}

// crossSite is what a page is told that asks by GET and may not.
func crossSite() *refusal {
	return &refusal{
		status: http.StatusForbidden, code: gqlerr.Forbidden,
		reason: "a page of another site cannot ask by GET without one of the headers " + preflightHeaders,
	}
}

// unavailable is what a request is told that the database is needed for, and away.
func unavailable() *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: gqlerr.Unavailable, retryAfter: retryAfter,
		reason: "the database is not available, try again later",
	}
}
