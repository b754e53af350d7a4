// Package connection holds the Relay connections of the schema: pages of rows with their cursors. Edges and cursors are
// made only when they are asked for.
package connection

import "github.com/corpintel/corpintel/store"

// PageInfo says where a page stands.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Cursor appends the cursor of a node of a list.
type Cursor[T any] func(b []byte, node T) []byte

// page is what all connections share. cursor names the position of a node in the list.
type page[T any] struct {
	nodes       []T
	hasNext     bool
	hasPrevious bool
	cursor      Cursor[T]
}

// Nodes returns the rows in list order.
func (p *page[T]) Nodes() []T { return p.nodes }

// HasNext and HasPrevious say whether there are nodes after and before the page, as PageInfo does.
func (p *page[T]) HasNext() bool     { return p.hasNext }
func (p *page[T]) HasPrevious() bool { return p.hasPrevious }

// AppendCursor appends the cursor of a node of the page.
func (p *page[T]) AppendCursor(b []byte, node T) []byte { return p.cursor(b, node) }

func (p *page[T]) cursorOf(node T) string {
	var buf [160]byte
	return string(p.cursor(buf[:0], node))
}

// PageInfo returns where the page stands; its cursors are null when the page is empty.
func (p *page[T]) PageInfo() *PageInfo {
	info := &PageInfo{HasNextPage: p.hasNext, HasPreviousPage: p.hasPrevious}
	if n := len(p.nodes); n > 0 {
		first, last := p.cursorOf(p.nodes[0]), p.cursorOf(p.nodes[n-1])
		info.StartCursor, info.EndCursor = &first, &last
	}
	return info
}

func newPage[T any](nodes []T, more bool, request store.Page, cursor Cursor[T]) page[T] {
	if nodes == nil {
		nodes = []T{}
	}
	p := page[T]{nodes: nodes, cursor: cursor, hasNext: more, hasPrevious: request.Bounded}
	if request.Backward {
		p.hasNext, p.hasPrevious = request.Bounded, more
	}
	return p
}

// edges makes the edges of a page.
func edges[T, E any](p *page[T], edge func(cursor string, node T) E) []E {
	out := make([]E, len(p.nodes))
	for i, n := range p.nodes {
		out[i] = edge(p.cursorOf(n), n)
	}
	return out
}

// CompanyConnection is a page of companies. Count is what its totalCount is counted by.
type CompanyConnection struct {
	page[*store.Company]
	Count CompanyCount
}

// CompanyCount is the list that a page of companies is from: all that satisfy Filter, or all that match Search.
type CompanyCount struct {
	Filter *store.CompanyFilter
	Search *store.CompanySearch
}

// CompanyEdge is a company in a list.
type CompanyEdge struct {
	Cursor string
	Node   *store.Company
}

// NewCompanies returns the connection of a page that was read for request.
func NewCompanies(nodes []*store.Company, more bool, request store.Page, cursor Cursor[*store.Company], count CompanyCount) *CompanyConnection {
	return &CompanyConnection{page: newPage(nodes, more, request, cursor), Count: count}
}

// Edges returns the companies with their cursors.
func (c *CompanyConnection) Edges() []*CompanyEdge {
	return edges(&c.page, func(cursor string, n *store.Company) *CompanyEdge { return &CompanyEdge{cursor, n} })
}

// FilingConnection is a page of filings: of one company, or of all when Company is 0.
type FilingConnection struct {
	page[*store.Filing]
	Company int64
	Filter  *store.FilingFilter
}

// FilingEdge is a filing in a list.
type FilingEdge struct {
	Cursor string
	Node   *store.Filing
}

// NewFilings returns the connection of a page that was read for request.
func NewFilings(nodes []*store.Filing, more bool, request store.Page, cursor Cursor[*store.Filing], company int64, filter *store.FilingFilter) *FilingConnection {
	return &FilingConnection{page: newPage(nodes, more, request, cursor), Company: company, Filter: filter}
}

// Edges returns the filings with their cursors.
func (c *FilingConnection) Edges() []*FilingEdge {
	return edges(&c.page, func(cursor string, n *store.Filing) *FilingEdge { return &FilingEdge{cursor, n} })
}

// MetricDefinitionConnection is a page of definitions: of one company, or of all when Company is 0.
type MetricDefinitionConnection struct {
	page[*store.MetricDefinition]
	Company int64
	Filter  *store.MetricDefinitionFilter
}

// MetricDefinitionEdge is a definition in a list.
type MetricDefinitionEdge struct {
	Cursor string
	Node   *store.MetricDefinition
}

// NewMetricDefinitions returns the connection of a page that was read for request.
func NewMetricDefinitions(nodes []*store.MetricDefinition, more bool, request store.Page, cursor Cursor[*store.MetricDefinition], company int64, filter *store.MetricDefinitionFilter) *MetricDefinitionConnection {
	return &MetricDefinitionConnection{page: newPage(nodes, more, request, cursor), Company: company, Filter: filter}
}

// Edges returns the definitions with their cursors.
func (c *MetricDefinitionConnection) Edges() []*MetricDefinitionEdge {
	return edges(&c.page, func(cursor string, n *store.MetricDefinition) *MetricDefinitionEdge {
		return &MetricDefinitionEdge{cursor, n}
	})
}
