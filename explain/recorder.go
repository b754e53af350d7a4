// Package explain notes how one operation is executed: which loaders its fields wanted, what these asked the database for, and
// how long that took.
//
// A Recorder is found through the context of the operation that it is for, and only operations that are to be explained have
// one: the others pay for a look at the context and for comparisons with nil. It learns of statements as the store.Observer
// that Observer is, and of fields from the loaders, whose batches are told which field of the operation wants what.
//
// A field stands for all objects that have it: its path has response names, and no indexes of lists. It is not for counting what
// all operations do together, which is what package telemetry is for.
package explain

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/store"
)

// Recorder notes what happens for one operation. It is safe for concurrent use: the fields of the root are executed at the same
// time.
type Recorder struct {
	mu         sync.Mutex
	statements []Query
	trips      int
	waited     time.Duration
	root       node
}

// Query is a statement that was sent, as it can be sent again.
type Query struct {
	Name string
	SQL  string
	Args []any

	rows   int
	took   time.Duration
	trip   int
	failed bool
}

// NewRecorder returns a Recorder that has noted nothing.
func NewRecorder() *Recorder { return new(Recorder) }

type (
	recorderKey struct{}
	runKey      struct{}
)

// NewContext returns a context of an operation that r is for.
func NewContext(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// From returns the Recorder of the operation that ctx is of, nil when it is not explained.
func From(ctx context.Context) *Recorder {
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	return r
}

// Observer tells the Recorder of an operation, if it has one, of the round trips that are made for it.
type Observer struct{}

// Observe implements store.Observer.
func (Observer) Observe(ctx context.Context, trip store.RoundTrip) {
	if r := From(ctx); r != nil {
		r.observe(ctx, trip)
	}
}

func (r *Recorder) observe(ctx context.Context, trip store.RoundTrip) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waited += trip.Waited
	first := len(r.statements)
	for i := range trip.Len() {
		s := trip.Statement(i)
		r.statements = append(r.statements, Query{
			Name: s.Name, SQL: s.SQL, Args: s.Args, rows: s.Rows, took: s.Took, trip: r.trips, failed: trip.Err != nil,
		})
	}
	r.trips++
	if run, ok := ctx.Value(runKey{}).(*Run); ok {
		run.attempts = append(run.attempts, first)
		return
	}
	// Nobody's batch: it is the resolver's own.
	field := r.at(graphql.GetFieldContext(ctx))
	for i, s := range r.statements[first:] {
		field.loads = append(field.loads, Loader{Name: s.Name, Keys: 1, Rows: s.rows, Statements: []int{first + i}})
	}
}

// Kept notes that the resolver that ctx is of was given a row from memory, or that there is none, in place of a statement.
func (r *Recorder) Kept(ctx context.Context, statement string, rows int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	field := r.at(graphql.GetFieldContext(ctx))
	field.loads = append(field.loads, Loader{Name: statement, Keys: 1, Rows: rows, CacheHits: 1, Statements: []int{}})
}

// Watch makes an operation tell how long the fields of its root take, with the writing of their answers.
func (r *Recorder) Watch(op *graphql.OperationContext) {
	around := op.ResolverMiddleware
	op.ResolverMiddleware = func(ctx context.Context, resolve graphql.Resolver) (any, error) {
		at := graphql.GetFieldContext(ctx)
		if at == nil || at.Object != "Query" {
			return around(ctx, resolve)
		}
		start := time.Now()
		defer func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.at(at).took += time.Since(start)
		}()
		return around(ctx, resolve)
	}
}

// Queries returns the statements that were sent so far, in the order of Report.Statements.
func (r *Recorder) Queries() []Query {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.statements)
}
