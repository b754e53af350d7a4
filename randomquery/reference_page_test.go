package randomquery_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Page sizes of every connection.
const (
	defaultPage = 20
	greatest    = 200
)

// connection is a list in its order: compare says how nodes are ordered, key what tells them apart.
type connection struct {
	list    string // field, order and canonical filter, to which cursors are bound
	nodes   []row
	compare func(a, b row) int
	key     string // name of the field
}

func sorted(nodes []row, compare func(a, b row) int) []row {
	out := slices.Clone(nodes)
	slices.SortStableFunc(out, compare)
	return out
}

// page cuts the page out of the list that the arguments ask for. Error: errInput.
func (r *reference) page(c connection, args arguments) (any, error) {
	forwards, backwards := args.given("first", "after"), args.given("last", "before")
	switch {
	case forwards && backwards:
		return nil, fmt.Errorf("first and after with last and before: %w", errInput)
	case args.given("before") && !args.given("last"):
		return nil, fmt.Errorf("before without last: %w", errInput)
	}
	size, at := args["first"], args["after"]
	if backwards {
		size, at = args["last"], args["before"]
	}
	limit := defaultPage
	if size != nil {
		limit = size.(int)
	}
	if limit < 0 || limit > greatest {
		return nil, fmt.Errorf("a page of %d: %w", limit, errInput)
	}
	nodes := sorted(c.nodes, c.compare)
	if at != nil {
		position, known := r.slots.byText[at.(string)]
		if !known || position.list != c.list {
			return nil, fmt.Errorf("cursor %s: %w", at, errInput)
		}
		nodes = slices.DeleteFunc(nodes, func(n row) bool {
			order := c.compare(n, position.node)
			return backwards && order >= 0 || !backwards && order <= 0
		})
	}
	more := len(nodes) > limit
	info := row{"hasNextPage": more, "hasPreviousPage": at != nil}
	if more && !backwards {
		nodes = nodes[:limit]
	}
	if backwards {
		info = row{"hasNextPage": at != nil, "hasPreviousPage": more}
		nodes = nodes[max(0, len(nodes)-limit):]
	}
	return c.object(nodes, info), nil
}

func (c connection) object(nodes []row, info row) row {
	edges := []any{}
	for _, n := range nodes {
		edges = append(edges, row{"cursor": slot{c.list, fmt.Sprint(n[c.key]), n}, "node": n})
	}
	info["startCursor"], info["endCursor"] = nil, nil
	if n := len(edges); n > 0 {
		info["startCursor"], info["endCursor"] = edges[0].(row)["cursor"], edges[n-1].(row)["cursor"]
	}
	return row{"edges": edges, "nodes": list(nodes), "pageInfo": info, "totalCount": len(c.nodes)}
}

// binding describes a filter so that equal ones have one text: null and absent are one, lists are sets.
func binding(field string, args arguments) string {
	names := []string{}
	for name, value := range args {
		if value != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	text := field
	for _, name := range names {
		switch v := args[name].(type) {
		case arguments:
			text += binding(" "+name+"{", v) + "}"
		case []any:
			set := []string{}
			for _, element := range v {
				set = append(set, fmt.Sprintf("%q", fmt.Sprint(element)))
			}
			slices.Sort(set)
			text += fmt.Sprintf(" %s=%v", name, slices.Compact(set))
		default:
			text += fmt.Sprintf(" %s=%q", name, fmt.Sprint(v))
		}
	}
	return text
}

// compareBy orders rows by fields, nulls last.
func compareBy(fields ...string) func(a, b row) int {
	return func(a, b row) int {
		for _, f := range fields {
			if order := compareValues(a[f], b[f]); order != 0 {
				return order
			}
		}
		return 0
	}
}

func compareValues(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case float64:
		return cmp.Compare(a, b.(float64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case int16:
		return cmp.Compare(a, b.(int16))
	default:
		return cmp.Compare(a.(int64), b.(int64))
	}
}
