package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web/compress"
	"github.com/corpintel/corpintel/web/cost"
	"github.com/corpintel/corpintel/web/document"
	"github.com/corpintel/corpintel/web/guard"
)

// graphQL answers operations that come in one GET or POST request and leave in one answer, as the GraphQL-over-HTTP
// specification has it. It takes the place of gqlgen's handler and transports, which read what is no JSON in more than one
// way, repeat a malformed body in the answer, and encode a finished answer a second time.
type graphQL struct {
	executor  *executor.Executor
	documents *document.Store
	limits    Limits
	origins   origins
	attach    func(context.Context) context.Context
	timeout   time.Duration
	responder *responder
}

// newGraphQL returns the handler of /graphql.
func newGraphQL(o Options) http.Handler {
	schema := withoutDefer()
	documents := document.NewStore(schema, o.Limits.Limits, o.Limits.DocumentBytes)
	exec := executor.New(graph.NewExecutableSchema(graph.Config{Resolvers: o.Resolvers, Schema: schema}))
	exec.SetErrorPresenter(gqlerr.Present(o.Logger))
	exec.SetRecoverFunc(gqlerr.Recover(o.Logger))
	exec.SetQueryCache(documents)
	exec.Use(extension.Introspection{})
	exec.Use(costLimit{cost.NewModel(schema, store.MaxPage), o.Limits.Cost})
	for _, extension := range o.Extensions {
		exec.Use(extension)
	}
	exec.AroundResponses(gqlerr.Trim)
	compressor, err := compress.New()
	if err != nil {
		panic(err) // its options are constants
	}
	return &graphQL{
		executor: exec, documents: documents, limits: o.Limits, origins: newOrigins(o.Access.Origins), attach: o.Attach,
		timeout: o.RequestTimeout, responder: newResponder(compressor, len(o.Access.Origins) > 0),
	}
}

// withoutDefer returns the schema without the directive @defer, which the parser adds: an answer here is one body, in which
// deferred fields would be missing.
func withoutDefer() *ast.Schema {
	schema := *graph.NewExecutableSchema(graph.Config{}).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	delete(schema.Directives, "defer")
	return &schema
}

// ServeHTTP answers a request.
func (g *graphQL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.responder.begin(w)
	g.origins.allow(w, r)
	if r.Method == http.MethodOptions {
		g.origins.preflight(w, r)
		return
	}
	start := graphql.Now()
	var params graphql.RawParams
	if refused := g.read(w, r, &params); refused != nil {
		refuse(w, refused)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.timeout)
	defer cancel()
	if g.attach != nil {
		ctx = g.attach(ctx)
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	g.execute(graphql.StartOperationTrace(ctx), w, r, &params)
}

// read reads and checks a request up to what the document says.
func (g *graphQL) read(w http.ResponseWriter, r *http.Request, params *graphql.RawParams) *refusal {
	var refused *refusal
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if !g.origins.mayGet(r) {
			return &refusal{
				status: http.StatusForbidden, code: gqlerr.Forbidden,
				reason: "a page of another site cannot ask by GET without one of the headers " + preflightHeaders,
			}
		}
		refused = readQuery(r, params)
	case http.MethodPost:
		refused = readBody(w, r, params, g.limits.BodyBytes)
	default:
		w.Header().Set("Allow", allowedMethods)
		return &refusal{status: http.StatusMethodNotAllowed, code: gqlerr.BadRequest, reason: "the method must be GET or POST"}
	}
	switch {
	case refused != nil:
		return refused
	case params.Query == "":
		return badRequest("the request has no query")
	case len(params.OperationName) > guard.MaxNameBytes:
		return badRequest("operationName is longer than a name can be")
	}
	return nil
}

// execute runs the operation of a request and answers.
func (g *graphQL) execute(ctx context.Context, w http.ResponseWriter, r *http.Request, params *graphql.RawParams) {
	document, err := g.documents.Load(params.Query)
	if err == nil && params.OperationName == "" && len(document.Operations) > 1 {
		err = unnamed(len(document.Operations))
	}
	if err != nil {
		g.refuseDocument(ctx, w, r, params, err)
		return
	}
	operation, faults := g.executor.CreateOperationContext(ctx, params)
	if faults != nil {
		legible(faults)
		g.answerFaults(graphql.WithOperationContext(ctx, operation), w, r, faults)
		return
	}
	if r.Method != http.MethodPost && operation.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, &refusal{
			status: http.StatusMethodNotAllowed, code: gqlerr.BadRequest,
			reason: "GET is for queries only, use POST",
		})
		return
	}
	next, ctx := g.executor.DispatchOperation(ctx, operation)
	response := next(ctx)
	if response == nil {
		// The context ended before the first resolver was called.
		w.Header().Set("Retry-After", retryAfter)
		refuse(w, &refusal{status: http.StatusServiceUnavailable, code: gqlerr.Timeout, reason: "the request took too long"})
		return
	}
	status := http.StatusOK
	if isUnavailable(response) {
		w.Header().Set("Retry-After", retryAfter)
		status = http.StatusServiceUnavailable
	}
	g.responder.answer(w, r, negotiate(r.Header), status, response, true)
}

// unnamed is the fault of a request that does not say which of its operations is meant.
func unnamed(operations int) gqlerror.List {
	fault := gqlerror.Errorf("the document has %d operations, and operationName does not say which is meant", operations)
	fault.Extensions = map[string]any{"code": string(gqlerr.ValidationFailed)}
	return gqlerror.List{fault}
}

// refuseDocument answers a request whose document is beyond a limit or has faults.
func (g *graphQL) refuseDocument(
	ctx context.Context, w http.ResponseWriter, r *http.Request, params *graphql.RawParams, err error,
) {
	if excess, ok := errors.AsType[*guard.ExcessError](err); ok {
		refuse(w, &refusal{
			status: http.StatusBadRequest, code: gqlerr.LimitExceeded, reason: excess.Error(),
			limit: excess.Limit, maximum: int64(excess.Maximum),
		})
		return
	}
	faults, ok := errors.AsType[gqlerror.List](err)
	if !ok {
		panic(err) // there are no other errors
	}
	operation := &graphql.OperationContext{RawQuery: params.Query, OperationName: params.OperationName, Headers: r.Header}
	g.answerFaults(graphql.WithOperationContext(ctx, operation), w, r, faults)
}

// answerFaults answers a request that is not executed: 400, but 200 where the client takes application/json, which
// knows no other status for a request that is a GraphQL request. Too dear an operation is refused with 400 always.
func (g *graphQL) answerFaults(ctx context.Context, w http.ResponseWriter, r *http.Request, faults gqlerror.List) {
	format, status := negotiate(r.Header), http.StatusBadRequest
	if format == jsonFormat && faults[0].Extensions["code"] != string(gqlerr.TooComplex) {
		status = http.StatusOK
	}
	g.responder.answer(w, r, format, status, g.executor.DispatchError(ctx, faults), false)
}

// costLimit refuses operations that cost more than limit.
type costLimit struct {
	model *cost.Model
	limit int
}

var _ graphql.OperationContextMutator = costLimit{}

func (costLimit) ExtensionName() string { return "CostLimit" }

func (costLimit) Validate(graphql.ExecutableSchema) error { return nil }

func (l costLimit) MutateOperationContext(_ context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	estimate := l.model.Estimate(operation.Operation, operation.Variables)
	if estimate <= l.limit {
		return nil
	}
	refused := gqlerror.Errorf(
		"the operation could cost %d, more than %d is not given: ask for smaller pages or fewer levels of them", estimate, l.limit)
	refused.Extensions = map[string]any{
		"code": string(gqlerr.TooComplex), "estimate": estimate, "limit": l.limit,
		"dearest": l.model.Dearest(operation.Operation, operation.Variables),
	}
	return refused
}
