package guard

// enough is more than any limit, and far from what adding could overflow.
const enough = 1 << 40

// expand counts the document with its fragments written out. Every fragment is looked at once.
func (c *counter) expand() error {
	fragments := make(map[string]int, len(c.definitions))
	for i := range c.definitions {
		if name := c.definitions[i].name; name != "" {
			if _, again := fragments[name]; !again {
				fragments[name] = i
			}
		}
	}
	for i := range c.definitions {
		size, err := c.sum(fragments, i)
		if err != nil {
			return err
		}
		c.counts.Expansion = min(c.counts.Expansion+size.tokens, enough)
		c.counts.Depth = max(c.counts.Depth, size.depth)
		if !c.definitions[i].isFragment {
			c.counts.RootFields = max(c.counts.RootFields, size.rootFields)
		}
		switch {
		case c.counts.Expansion > c.limits.Expansion:
			return &ExcessError{"expansion", c.limits.Expansion}
		case size.depth > c.limits.Depth:
			return &ExcessError{"depth", c.limits.Depth}
		case c.counts.RootFields > c.limits.RootFields:
			return &ExcessError{"rootFields", c.limits.RootFields}
		}
	}
	return nil
}

// sum returns the extent of a definition with its fragments written out.
func (c *counter) sum(fragments map[string]int, i int) (extent, error) {
	d := &c.definitions[i]
	switch {
	case d.summed:
		return d.expanded, nil
	case d.visiting:
		return extent{}, &CycleError{d.name}
	}
	d.visiting = true
	total := d.size
	for _, u := range c.usesOf(i) {
		target, found := fragments[u.fragment]
		if !found {
			continue
		}
		inner, err := c.sum(fragments, target)
		if err != nil {
			return extent{}, err
		}
		total.tokens = min(total.tokens+inner.tokens, enough)
		// A fragment's own braces are not written out: what lies in them is as deep as the spread.
		total.depth = max(total.depth, min(u.depth+inner.depth-1, enough))
		if u.root {
			total.rootFields = min(total.rootFields+inner.rootFields, enough)
		}
	}
	d.expanded, d.summed = total, true
	return total, nil
}

// usesOf returns where a definition spreads fragments.
func (c *counter) usesOf(i int) []use {
	until := len(c.uses)
	if i+1 < len(c.definitions) {
		until = c.definitions[i+1].firstUse
	}
	return c.uses[c.definitions[i].firstUse:until]
}
