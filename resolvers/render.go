package resolvers

import (
	"context"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/plan"
	"github.com/corpintel/corpintel/loaders"
)

// Renderer is an extension of the executor that writes the answer of a field of the root itself, from the rows that the
// lookahead has brought: the generated executor needs several allocations for each value and a goroutine for each object of a
// list.
//
// It takes over where the resolver of the root has returned. Whatever is not a plain value then, be it a field that no writer is
// there for, a null where there must be none, or a row that was not looked ahead for, makes it step back: the
// executor goes on with the same result and asks the same loaders, so that nothing is read again. Of faults it reports
// those of fields that may be null (render_fault.go), and leaves the others to the executor.
type Renderer struct {
	plans   *plan.Cache[writer]
	buffers sync.Pool // of *[]byte
}

var (
	_ graphql.HandlerExtension        = (*Renderer)(nil)
	_ graphql.OperationContextMutator = (*Renderer)(nil)
)

// NewRenderer returns a Renderer. The executor that does not use it answers the same, slower.
func NewRenderer() *Renderer {
	return &Renderer{
		plans:   plan.NewCache(graph.NewExecutableSchema(graph.Config{}).Schema(), writers()),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

// ExtensionName returns the name under which the executor knows the extension.
func (*Renderer) ExtensionName() string { return "Renderer" }

// Validate accepts every schema: fields that are not known are left to the executor.
func (*Renderer) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext puts the Renderer around the resolvers of the operation. It is no FieldInterceptor, which would cost
// every field that is left to the executor an allocation.
func (r *Renderer) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	around := op.ResolverMiddleware
	op.ResolverMiddleware = func(ctx context.Context, resolve graphql.Resolver) (any, error) {
		result, err := around(ctx, resolve)
		if err != nil || result == nil {
			return result, err
		}
		if at := graphql.GetFieldContext(ctx); at.Object == "Query" {
			if answer, ok := r.render(ctx, op, at, result); ok {
				return answer, nil
			}
		}
		return result, nil
	}
	return nil
}

// render writes the result of a field of the root; false when that is left to the executor.
func (r *Renderer) render(ctx context.Context, op *graphql.OperationContext, at *graphql.FieldContext, result any) (*rendered, bool) {
	p := r.plans.Of(op, at.Field)
	if p == nil {
		return nil, false
	}
	w := rendering{ctx: ctx, op: op, set: loaders.From(ctx), bound: make([]any, p.Slots+1)}
	buffer := r.buffers.Get().(*[]byte)
	*buffer = p.Root.Write(&w, (*buffer)[:0], result, &p.Root)
	if w.faulty {
		w.failed, w.at = false, at
		*buffer = p.Root.Write(&w, (*buffer)[:0], result, &p.Root)
	}
	answer := &rendered{buffer, r}
	if w.failed {
		answer.release()
		return nil, false
	}
	w.report(ctx)
	return answer, true
}

// rendered is JSON that is written once.
type rendered struct {
	buffer *[]byte
	of     *Renderer
}

// Len returns the length of the JSON.
func (r *rendered) Len() int { return len(*r.buffer) }

// MarshalGQL writes the JSON and gives its buffer back.
func (r *rendered) MarshalGQL(w io.Writer) {
	_, _ = w.Write(*r.buffer) // into memory
	r.release()
}

// maxBuffer is the size from which on a buffer is not kept.
const maxBuffer = 4 << 20

func (r *rendered) release() {
	if cap(*r.buffer) <= maxBuffer {
		r.of.buffers.Put(r.buffer)
	}
	r.buffer = nil // writing it a second time is a fault that must not go unnoticed
}

// field is a selected field with its writer.
type field = plan.Field[writer]

// writer appends the value of a field of obj. Where it cannot it calls fail, and what it appends does not count.
type writer func(w *rendering, b []byte, obj any, at *field) []byte

// rendering is the writing of one answer.
type rendering struct {
	ctx    context.Context
	op     *graphql.OperationContext
	set    *loaders.Set
	failed bool
	bound  []any // by the slots of the plan: the arguments of fields, as checked makes them, or a wrongArguments

	faulty bool                  // a field that may be null has a fault: everything is written again, and faults are kept
	at     *graphql.FieldContext // the field or element that is written, then; nil before
	faults []fault
}

// fail leaves the answer to the executor.
func (w *rendering) fail(b []byte) []byte {
	w.failed = true
	return b
}

// object appends what is selected on obj.
func (w *rendering) object(b []byte, obj any, fields []field) []byte {
	if w.at != nil {
		return w.objectAt(b, obj, fields)
	}
	b = append(b, '{')
	for i := range fields {
		f := &fields[i]
		b = f.Write(w, append(b, f.Key...), obj, f)
	}
	return append(b, '}')
}

// objects appends a list of objects, none of which may be nil.
func objects[T any](w *rendering, b []byte, list []*T, fields []field) []byte {
	b = append(b, '[')
	for i, obj := range list {
		if obj == nil || w.failed {
			return w.fail(b)
		}
		if i > 0 {
			b = append(b, ',')
		}
		list := w.enter(i)
		b = w.object(b, obj, fields)
		w.at = list
	}
	return append(b, ']')
}

// primed returns what a batch brought for the key; where none has asked, or it failed, the rendering fails.
func primed[K comparable, V any](w *rendering, loader *loaders.Loader[K, V], key K) (value V) {
	value, err, ok := loader.Primed(key)
	if err != nil || !ok {
		w.failed = true
	}
	return value
}

// wrongArguments stands for arguments that check refused.
type wrongArguments struct{ err error }

// checked returns what check makes of the arguments of a field, once for all objects that have it, or the error that it
// ended with. Where they cannot be coerced the rendering fails.
func checked[T any](w *rendering, at *field, check func(*loaders.Set, *graphql.FieldContext) (T, error)) (args T, err error) {
	switch known := w.bound[at.Slot].(type) {
	case nil:
	case wrongArguments:
		return args, known.err
	default:
		return known.(T), nil
	}
	child := &graphql.FieldContext{Field: at.CollectedField}
	if !loaders.Checked(w.set, at.Field) { // that is done by the lookahead, mostly
		if child, err = childContext(w.ctx, w.op, at.CollectedField); err != nil {
			w.failed = true
			return args, err
		}
	}
	if args, err = check(w.set, child); err != nil {
		w.bound[at.Slot] = wrongArguments{err}
		return args, err
	}
	w.bound[at.Slot] = args
	return args, nil
}

// bind is checked for a field that must not be null: where its arguments are not right the rendering fails.
func bind[T any](w *rendering, at *field, check func(*loaders.Set, *graphql.FieldContext) (T, error)) T {
	args, err := checked(w, at, check)
	if err != nil {
		w.failed = true
	}
	return args
}
