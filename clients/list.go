package clients

import (
	"cmp"
	"slices"
	"strings"
	"time"
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

// Executed returns the documents of all clients that are executed now, by client and id.
func (r *Registry) Executed(now time.Time) []*Document {
	var all []*Document
	for _, c := range r.snapshot.Load().clients {
		for _, d := range c.byID {
			if state := d.State(now); state == Active || state == Retiring {
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Document) int {
		return cmp.Or(cmp.Compare(a.ClientID, b.ClientID), strings.Compare(a.ID, b.ID))
	})
	return all
}
