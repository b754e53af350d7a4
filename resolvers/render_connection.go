package resolvers

import (
	"strconv"

	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// page is what the connections of the schema have in common.
type page[T any] interface {
	Nodes() []*T
	HasNext() bool
	HasPrevious() bool
	AppendCursor(b []byte, node *T) []byte
}

// edge is a node of a connection with its place in it.
type edge[T any] struct {
	page page[T]
	node *T
}

// connectionWriters writes connections of type C.
func connectionWriters[C page[T], T any](total writer) map[string]writer {
	return map[string]writer{
		"totalCount": total,
		"nodes": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objects(w, b, obj.(C).Nodes(), at.Fields())
		},
		"edges": func(w *rendering, b []byte, obj any, at *field) []byte {
			page := obj.(C)
			e := &edge[T]{page: page}
			b = append(b, '[')
			for i, n := range page.Nodes() {
				if i > 0 {
					b = append(b, ',')
				}
				e.node = n
				list := w.enter(i)
				b = w.object(b, e, at.Fields())
				w.at = list
			}
			return append(b, ']')
		},
		"pageInfo": func(w *rendering, b []byte, obj any, at *field) []byte {
			return w.object(b, &info[T]{obj.(C)}, at.Fields())
		},
	}
}

func edgeWriters[T any]() map[string]writer {
	return map[string]writer{
		"cursor": leaf(func(b []byte, e *edge[T]) []byte { return append(e.page.AppendCursor(append(b, '"'), e.node), '"') }),
		"node": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objectAlways(w, b, obj.(*edge[T]).node, at)
		},
	}
}

// info is where a page stands, of a page of any kind.
type info[T any] struct{ page page[T] }

type pageInfo interface {
	hasNext() bool
	hasPrevious() bool
	appendStart(b []byte) []byte
	appendEnd(b []byte) []byte
}

func (i *info[T]) hasNext() bool     { return i.page.HasNext() }
func (i *info[T]) hasPrevious() bool { return i.page.HasPrevious() }

func (i *info[T]) appendStart(b []byte) []byte {
	nodes := i.page.Nodes()
	if len(nodes) == 0 {
		return append(b, "null"...)
	}
	return append(i.page.AppendCursor(append(b, '"'), nodes[0]), '"')
}

func (i *info[T]) appendEnd(b []byte) []byte {
	nodes := i.page.Nodes()
	if len(nodes) == 0 {
		return append(b, "null"...)
	}
	return append(i.page.AppendCursor(append(b, '"'), nodes[len(nodes)-1]), '"')
}

func pageInfoWriters() map[string]writer {
	of := func(write func(b []byte, i pageInfo) []byte) writer {
		return func(_ *rendering, b []byte, obj any, _ *field) []byte { return write(b, obj.(pageInfo)) }
	}
	return map[string]writer{
		"hasNextPage":     of(func(b []byte, i pageInfo) []byte { return strconv.AppendBool(b, i.hasNext()) }),
		"hasPreviousPage": of(func(b []byte, i pageInfo) []byte { return strconv.AppendBool(b, i.hasPrevious()) }),
		"startCursor":     of(func(b []byte, i pageInfo) []byte { return i.appendStart(b) }),
		"endCursor":       of(func(b []byte, i pageInfo) []byte { return i.appendEnd(b) }),
	}
}

// The numbers of nodes are those of a company's list, or of one of the root.

func companyTotal(c *connection.CompanyConnection) loaders.CompanyTotalKey {
	return loaders.CompanyTotalKey(c.Count)
}

func companyConnectionWriters() map[string]writer {
	return connectionWriters[*connection.CompanyConnection](func(w *rendering, b []byte, obj any, _ *field) []byte {
		return appendInt(b, primed(w, w.set.CompanyTotals, companyTotal(obj.(*connection.CompanyConnection))))
	})
}

func companyEdgeWriters() map[string]writer { return edgeWriters[store.Company]() }

func filingConnectionWriters() map[string]writer {
	return connectionWriters[*connection.FilingConnection](func(w *rendering, b []byte, obj any, _ *field) []byte {
		c := obj.(*connection.FilingConnection)
		if c.Company == 0 {
			return appendInt(b, primed(w, w.set.FilingTotals, c.Filter))
		}
		return appendInt(b, primed(w, w.set.FilingCounts, loaders.FilingCountKey{Company: c.Company, Filter: c.Filter}))
	})
}

func filingEdgeWriters() map[string]writer { return edgeWriters[store.Filing]() }

func definitionConnectionWriters() map[string]writer {
	return connectionWriters[*connection.MetricDefinitionConnection](func(w *rendering, b []byte, obj any, _ *field) []byte {
		c := obj.(*connection.MetricDefinitionConnection)
		if c.Company == 0 {
			return appendInt(b, primed(w, w.set.DefinitionTotals, c.Filter))
		}
		return appendInt(b, primed(w, w.set.DefinitionCounts, loaders.DefinitionCountKey{Company: c.Company, Filter: c.Filter}))
	})
}

func definitionEdgeWriters() map[string]writer { return edgeWriters[store.MetricDefinition]() }
