package web

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/ratelimit"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web/answers"
	"github.com/corpintel/corpintel/web/compress"
	"github.com/corpintel/corpintel/web/cost"
	"github.com/corpintel/corpintel/web/document"
	"github.com/corpintel/corpintel/web/guard"
	"github.com/corpintel/corpintel/web/shed"
)

// graphQL answers operations that come in one GET or POST request and leave in one answer, as the GraphQL-over-HTTP
// specification has it. It takes the place of gqlgen's handler and transports, which read what is no JSON in more than one
// way, repeat a malformed body in the answer, and encode a finished answer a second time.
type graphQL struct {
	executor      *executor.Executor
	executable    graphql.ExecutableSchema
	present       graphql.ErrorPresenterFunc
	recover       graphql.RecoverFunc
	intercepted   bool // by extensions of the executor
	schema        *ast.Schema
	documents     *document.Store
	costs         *cost.Model
	limits        Limits
	origins       origins
	authenticator *authenticator
	resolver      *resolver
	limiter       *ratelimit.Limiter
	work          *shed.Limiter
	profiles      *telemetry.Profiles
	usage         *clients.Usage
	attach        func(context.Context) context.Context
	companies     func(context.Context) []*store.Company
	answers       *answers.Cache
	planner       *planner
	now           func() time.Time
	timeout       time.Duration
	responder     *responder
}

// newGraphQL returns the handler of /graphql and /graphql/d/{documentId}.
func newGraphQL(o Options) *graphQL {
	schema, documents := newSchema(), o.Documents
	if documents == nil {
		documents = NewDocuments(o.Limits)
	}
	intercepted, newExecutable := intercepts(o.Extensions), graph.NewSchema
	if intercepted {
		newExecutable = graph.NewExecutableSchema
	}
	executable := newExecutable(graph.Config{Resolvers: o.Resolvers, Schema: schema})
	present, recovered := gqlerr.Present(o.Logger), gqlerr.Recover(o.Logger)
	exec := executor.New(executable)
	exec.SetErrorPresenter(present)
	exec.SetRecoverFunc(recovered)
	exec.SetQueryCache(documents)
	exec.Use(extension.Introspection{})
	for _, extension := range o.Extensions {
		exec.Use(extension)
	}
	exec.AroundResponses(gqlerr.Trim)
	compressor, err := compress.New()
	if err != nil {
		panic(err) // its options are constants
	}
	return &graphQL{
		executor: exec, executable: executable, present: present, recover: recovered, intercepted: intercepted,
		schema: schema, documents: documents, costs: cost.NewModel(schema, store.MaxPage), limits: o.Limits,
		origins: newOrigins(o.Access.Origins), authenticator: newAuthenticator(o), resolver: newResolver(o), limiter: o.Limiter, work: o.Work, profiles: o.Profiles,
		usage: o.Usage, attach: o.Attach, companies: o.Companies, answers: o.Answers, planner: newPlanner(o), now: o.Now,
		timeout:   o.RequestTimeout,
		responder: newResponder(compressor, len(o.Access.Origins) > 0, o.Clients != nil),
	}
}

// Schema returns the schema that operations are executed by. It must not be changed.
func Schema() *ast.Schema { return newSchema() }

// newSchema returns the schema that operations are executed by. Its types are the same ones each time.
func newSchema() *ast.Schema {
	return document.WithoutDefer(graph.NewExecutableSchema(graph.Config{}).Schema())
}

// ServeHTTP answers a request.
func (g *graphQL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.responder.begin(w)
	g.origins.allow(w, r)
	if r.Method == http.MethodOptions {
		g.origins.preflight(w, r)
		return
	}
	start, record := graphql.Now(), telemetry.From(r.Context())
	record.Ask()
	client, refused := g.authenticator.client(r)
	if refused != nil {
		refuse(w, r, refused)
		return
	}
	record.By(client.Viewer.Client, string(client.Viewer.Role))
	q := request{documentID: r.PathValue(documentIDInPath)}
	if refused := g.read(w, r, &q); refused != nil {
		refuse(w, r, refused)
		return
	}
	limited := newDeadline(auth.NewContext(r.Context(), &client.Viewer), start.Add(g.timeout))
	defer limited.end()
	ctx, recorder := context.Context(limited), recorderFor(r, client)
	if recorder != nil {
		ctx = explain.NewContext(ctx, recorder)
	}
	q.Headers = r.Header
	q.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	e := exchange{graphQL: g, w: w, r: r, client: client, request: &q, record: record, explain: recorder}
	e.timing = e.newTiming()
	e.run(ctx) //nolint:contextcheck // the deadline is made of the request's context
}

// documentIDInPath is the part of a path that names a document.
const documentIDInPath = "documentId"

// read reads and checks a request up to what the document says.
func (g *graphQL) read(w http.ResponseWriter, r *http.Request, q *request) *refusal {
	var refused *refusal
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		if !g.origins.mayGet(r) {
			return crossSite()
		}
		refused = readQuery(r, q)
	case r.Method == http.MethodPost && q.documentID == "":
		refused = readBody(w, r, q, g.limits.BodyBytes)
	case q.documentID != "":
		w.Header().Set("Allow", methodsOf(r).all)
		return &refusal{status: http.StatusMethodNotAllowed, code: gqlerr.BadRequest, reason: "the method must be GET"}
	default:
		w.Header().Set("Allow", methodsOf(r).all)
		return &refusal{status: http.StatusMethodNotAllowed, code: gqlerr.BadRequest, reason: "the method must be GET or POST"}
	}
	if refused == nil && len(q.OperationName) > guard.MaxNameBytes {
		return badRequest("operationName is longer than a name can be")
	}
	return refused
}
