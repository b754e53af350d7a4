package plan

import (
	"runtime"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Cache makes plans and keeps each as long as its document is kept elsewhere, and as there is room: one more is made for its
// request alone. It is safe for concurrent use.
type Cache[W any] struct {
	schema *ast.Schema
	table  Table[W]
	known  sync.Map     // weak.Pointer[ast.OperationDefinition] to *operation[W]
	size   atomic.Int64 // of all plans that are kept
}

const (
	// maxKept is the size of all plans together that are kept: at most some 100 MB. Plans of documents that are gone count
	// until the garbage is collected.
	maxKept = 200_000
	// sizeBytes is how many bytes of a document count as much as a field of a plan. Plans hold on to the selections of their
	// document, and those to its text: a field that is selected a thousand times is one in the plan.
	sizeBytes = 4
)

// NewCache returns an empty cache of plans of documents of the schema, with the writers of the table.
func NewCache[W any](schema *ast.Schema, table Table[W]) *Cache[W] {
	return &Cache[W]{schema: schema, table: table}
}

// Of returns the plan of a field of the root of the operation, nil when it has none.
func (c *Cache[W]) Of(op *graphql.OperationContext, root graphql.CollectedField) *Plan[W] {
	o := c.operation(op)
	values, ok := o.conditions.values(op.Variables)
	if !ok {
		return nil
	}
	key := variant{root.Alias, values}
	p, ok := o.plan(key)
	if !ok {
		p, _ = (&compiler[W]{op: op, schema: c.schema, table: c.table}).compile(root)
		c.keep(o, key, p)
	}
	return p
}

// keep remembers a plan, nil when there is none, if there is room.
func (c *Cache[W]) keep(o *operation[W], key variant, p *Plan[W]) {
	fields := int64(1)
	if p != nil {
		fields = int64(p.fields)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.takes(key) {
		return
	}
	size := fields
	if len(o.plans) == 0 {
		size += o.document
	}
	if c.size.Add(size) > maxKept {
		c.size.Add(-size)
		return
	}
	o.plans[key] = p
	o.size += size
}

// drop forgets the plans of a document that is gone.
func (c *Cache[W]) drop(key weak.Pointer[ast.OperationDefinition]) {
	if known, ok := c.known.LoadAndDelete(key); ok {
		c.size.Add(-known.(*operation[W]).kept())
	}
}

// operation returns the plans of an operation. Nothing in them leads back to it: it is dropped with its document, and the
// plans with it.
func (c *Cache[W]) operation(op *graphql.OperationContext) *operation[W] {
	key := weak.Make(op.Operation)
	known, ok := c.known.Load(key)
	if !ok {
		if known, ok = c.known.LoadOrStore(key, newOperation[W](op)); !ok {
			runtime.AddCleanup(op.Operation, c.drop, key)
		}
	}
	return known.(*operation[W])
}

// operation holds the plans of one operation of a document.
type operation[W any] struct {
	conditions conditions
	document   int64 // size

	mu    sync.RWMutex
	plans map[variant]*Plan[W]
	size  int64 // of all plans, and of the document when there is one
}

func newOperation[W any](op *graphql.OperationContext) *operation[W] {
	return &operation[W]{
		conditions: conditionsOf(op),
		document:   int64(len(op.Operation.Position.Src.Input)) / sizeBytes,
		plans:      make(map[variant]*Plan[W], 1),
	}
}

// variant is a field of the root by its response key, and the values of the operation's conditions.
type variant struct {
	alias  string
	values uint64
}

func (o *operation[W]) plan(key variant) (*Plan[W], bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	p, ok := o.plans[key]
	return p, ok
}

// maxPlans bounds the plans of one operation, which has as many as its conditions have values.
const maxPlans = 64

// takes says whether there is room for a plan that is not known.
func (o *operation[W]) takes(key variant) bool {
	_, known := o.plans[key]
	return !known && len(o.plans) < maxPlans
}

func (o *operation[W]) kept() int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.size
}
