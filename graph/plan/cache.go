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
	fields atomic.Int64 // of all plans that are kept
}

// maxKept is how many fields all plans together have that are kept: some 50 MB.
const maxKept = 200_000

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
	size := int64(1)
	if p != nil {
		size = int64(p.fields)
	}
	if c.fields.Add(size) > maxKept || !o.keep(key, p, size) {
		c.fields.Add(-size)
	}
}

// drop forgets the plans of a document that is gone.
func (c *Cache[W]) drop(key weak.Pointer[ast.OperationDefinition]) {
	if known, ok := c.known.LoadAndDelete(key); ok {
		c.fields.Add(-known.(*operation[W]).size())
	}
}

// operation returns the plans of an operation. Nothing in them leads back to it: it is dropped with its document, and the
// plans with it.
func (c *Cache[W]) operation(op *graphql.OperationContext) *operation[W] {
	key := weak.Make(op.Operation)
	known, ok := c.known.Load(key)
	if !ok {
		if known, ok = c.known.LoadOrStore(key, &operation[W]{conditions: conditionsOf(op)}); !ok {
			runtime.AddCleanup(op.Operation, c.drop, key)
		}
	}
	return known.(*operation[W])
}

// operation holds the plans of one operation of a document.
type operation[W any] struct {
	conditions conditions

	mu     sync.RWMutex
	plans  map[variant]*Plan[W]
	fields int64 // of all plans
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

// keep remembers a plan; false when it is known already, or one too many.
func (o *operation[W]) keep(key variant, p *Plan[W], size int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.plans[key]; known || len(o.plans) >= maxPlans {
		return false
	}
	if o.plans == nil {
		o.plans = map[variant]*Plan[W]{}
	}
	o.plans[key] = p
	o.fields += size
	return true
}

func (o *operation[W]) size() int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.fields
}
