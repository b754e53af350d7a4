package clients

import (
	"cmp"
	"slices"
	"strings"
)

// Documents returns what c has registered, by the names of the operations and then by id.
func (c *Client) Documents() []*Document {
	all := make([]*Document, 0, len(c.byID))
	for _, d := range c.byID {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *Document) int {
		return cmp.Or(slices.Compare(a.Operations, b.Operations), strings.Compare(a.ID, b.ID))
	})
	return all
}
