package telemetry

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Where the answer of an operation came from.
const (
	Made   = "miss"   // it was executed
	Memory = "memory" // it was kept by this server
	Redis  = "redis"  // it was kept by another one
)

// maxCodes is of how many errors of an answer the codes are logged; maxListed is of how many statements.
const (
	maxCodes  = 4
	maxListed = 32
)

// Request is the record of an HTTP request. Its fields belong to the goroutine that answers the request; its methods may be
// called by those that work for it, also after its end. All methods do nothing at a nil Request.
type Request struct {
	ID        string
	Method    string
	Endpoint  string // template of the path
	Operation string // name, empty without one
	Document  string // id of the registered document, empty for a free text
	Client    string // empty for who asks without a key
	Role      string
	Cache     string // Made, Memory or Redis; empty for what is no operation, and for those that were refused
	Cost      int    // that was estimated
	// GraphQL is set for operations, Outcome and Registered then say what kind of.
	GraphQL    bool
	Registered bool
	Outcome    Outcome
	Variables  map[string]any

	telemetry *Telemetry
	path      string
	start     time.Time
	trace     trace.TraceID // that it belongs to, sampled or not
	span      trace.Span    // nil unless it is sampled
	parts     []part        // of a request that is sampled
	codes     [maxCodes]string
	errors    int
	left      bool // the client was gone when the answer was ready

	mu         sync.Mutex // of what is below
	statements int
	trips      int
	database   time.Duration
	list       []Statement
}

type requestKey struct{}

// NewContext returns a context of the request that q is the record of.
func NewContext(ctx context.Context, q *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, q)
}

// From returns the record of the request that ctx is of, nil outside of requests.
func From(ctx context.Context) *Request {
	q, _ := ctx.Value(requestKey{}).(*Request)
	return q
}

// Begin begins the record of a request, which is zero before. It is ended by End.
func (t *Telemetry) Begin(q *Request, id, method, path string, start time.Time) {
	q.telemetry, q.ID, q.Method, q.path, q.start = t, id, method, path, start
	t.http.inFlight.Inc()
}

// Start returns when the request began.
func (q *Request) Start() time.Time { return q.start }

// Ask notes that it is an operation that is asked for.
func (q *Request) Ask() {
	if q != nil {
		q.GraphQL = true
	}
}

// By notes who asks.
func (q *Request) By(client, role string) {
	if q != nil {
		q.Client, q.Role = client, role
	}
}

// Resolve counts what was called for: outcome is registered, text, or why it was neither.
func (q *Request) Resolve(outcome string) {
	if q == nil {
		return
	}
	client := q.Client
	if client == "" {
		client = anonymous
	}
	q.telemetry.operations.documents.get(documentKey{client, outcome}).Inc()
}

// Leave notes that the client was gone when the answer was ready: what it says is nobody's fault, and is told to nobody.
func (q *Request) Leave() {
	if q != nil {
		q.left = true
	}
}

// Fail counts an error of the answer by its code.
func (q *Request) Fail(code string) {
	if q == nil {
		return
	}
	if !q.left {
		q.telemetry.operations.errors.get(code).Inc()
	}
	if q.errors < maxCodes {
		q.codes[q.errors] = code
	}
	q.errors++
}

// Exceed counts a request that is beyond a limit.
func (q *Request) Exceed(limit string) {
	if q != nil {
		q.telemetry.operations.guard.get(limit).Inc()
	}
}

// Spent counts an operation that was refused as its client's budget was spent.
func (q *Request) Spent() {
	if q != nil {
		q.telemetry.operations.limited.get(q.Role).Inc()
	}
}

// Executed notes that the operation was executed, or its answer was kept, and whether the answer has errors.
func (q *Request) Executed(cache string) {
	if q == nil {
		return
	}
	q.Cache, q.Outcome = cache, OK
	if q.errors > 0 {
		q.Outcome = Failed
	}
}

// DatabaseTime returns how long round trips took so far, with the waiting for connections. Those that went on at the same time all
// count.
func (q *Request) DatabaseTime() time.Duration {
	if q == nil {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.database
}

func (q *Request) add(trip Trip, statements int) {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if trip.sent() {
		q.trips++
		q.statements += statements
	}
	q.database += trip.Waited + trip.Took
}

// addStatement lists a statement, where slow operations are logged; left is how many are to come, it among them.
func (q *Request) addStatement(s Statement, left int) {
	if q == nil || q.telemetry.slow == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == maxListed {
		return
	}
	if q.list == nil {
		q.list = make([]Statement, 0, min(max(left, 4), maxListed))
	}
	q.list = append(q.list, s)
}

// Ending is how a request ended.
type Ending struct {
	Pattern string // that the path matched, such as GET /graphql/d/{documentId}; empty for none
	Status  int
	Bytes   int64 // of the body
	At      time.Time
	Left    bool // the client did not wait for the answer

	took time.Duration
}

// clientLeft is the status that requests are counted and logged with whose clients hung up: no client is told it.
const clientLeft = 499

// End counts and logs the request.
func (t *Telemetry) End(ctx context.Context, q *Request, e Ending) {
	e.took = e.At.Sub(q.start)
	if q.left {
		e.Status, q.Outcome = clientLeft, Left
	}
	if q.Method == http.MethodHead {
		e.Bytes = 0 // net/http takes a body, and sends none
	}
	q.Endpoint = endpointOf(e.Pattern)
	t.http.inFlight.Dec()
	t.http.ended(q.Method, q.Endpoint, &e)
	if q.GraphQL {
		t.operations.ended(q, e.took)
	}
	t.log(ctx, q, &e)
	t.endSpan(ctx, q, &e)
}

// loggedPath returns the path for the log: its template, or the beginning of one that there is nothing at.
func (q *Request) loggedPath() string {
	if q.Endpoint != other {
		return q.Endpoint
	}
	return strings.ToValidUTF8(q.path[:min(len(q.path), 200)], "")
}
