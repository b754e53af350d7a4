package guard

// Check counts what a document has. It returns an *ExcessError for the first limit that is passed, a *CycleError for a
// fragment that spreads itself, and the counts so far with either.
func (l Limits) Check(document string) (Counts, error) {
	c := counter{limits: l, scanner: scanner{text: document}}
	if err := c.read(); err != nil {
		return c.counts, err
	}
	err := c.expand()
	return c.counts, err
}

// counter reads a document. It knows just enough of the grammar: what lies in parentheses are arguments or variables, what
// lies in braces outside of them are selections.
type counter struct {
	limits Limits
	counts Counts
	scanner

	definitions []definition
	uses        []use // of all definitions, in order
	parens      int
	nesting     int // braces and brackets that are open
	selections  int // selections within each other
	rootLevels  int // how many of them, from outside, are selections of the root: inline fragments go on with it
	inline      bool
	applied     [2]int // directives in a row, outside and inside of parentheses
	last        kind
	beforeLast  kind
	fragment    bool // the next name is that of a fragment's definition
}

// definition is an operation or a fragment.
type definition struct {
	name             string // of a fragment
	isFragment       bool
	firstUse         int
	size             extent
	expanded         extent
	visiting, summed bool
}

// extent is how large something is.
type extent struct{ tokens, depth, rootFields int }

// use is where a fragment is spread.
type use struct {
	fragment string
	depth    int
	root     bool
}

// read counts everything that does not depend on what fragments have.
func (c *counter) read() error {
	for {
		k := c.next()
		if k == end {
			return nil
		}
		c.counts.Tokens++
		if c.counts.Tokens > c.limits.Tokens {
			return &ExcessError{"tokens", c.limits.Tokens}
		}
		if c.nesting == 0 && c.parens == 0 {
			c.outside(k)
		}
		if len(c.definitions) > 0 {
			c.current().size.tokens++
		}
		if k == comment {
			continue
		}
		if err := c.count(k); err != nil {
			return err
		}
		c.beforeLast, c.last = c.last, k
	}
}

func (c *counter) current() *definition { return &c.definitions[len(c.definitions)-1] }

// outside sees a token between definitions or in the head of one.
func (c *counter) outside(k kind) {
	head := len(c.definitions) > 0 && c.last != '}'
	switch {
	case k == comment:
	case !head:
		c.definitions = append(c.definitions, definition{firstUse: len(c.uses)})
		c.begin(k)
	case k == literal:
		// A description stood before.
	case k == name && c.fragment:
		c.current().name, c.fragment = c.token(), false
	case k == name && c.last == literal:
		c.begin(k)
	}
}

// begin sees the first token of a definition, or the one after its description.
func (c *counter) begin(k kind) {
	c.fragment = k == name && c.token() == "fragment"
	c.current().isFragment = c.fragment
}

// count counts a token that is no comment.
func (c *counter) count(k kind) error {
	switch k {
	case '{', '[':
		return c.open(k)
	case '}', ']':
		c.close(k)
	case '(':
		c.parens++
		if c.parens == 1 {
			c.applied[1] = 0
		}
	case ')':
		c.parens = max(c.parens-1, 0)
	case '@':
		return c.directive()
	case ':':
		return c.colon()
	case '$':
		c.applied[c.place()] = 0
		return c.add(&c.counts.Variables, "variables", c.limits.Variables)
	case spread:
		c.inline = true
		c.applied[0] = 0
	case name:
		return c.name()
	default:
		// Literals and the other punctuators have no limit of their own.
	}
	return nil
}

// add counts one more of something.
func (c *counter) add(to *int, limit string, maximum int) error {
	*to++
	if *to > maximum {
		return &ExcessError{limit, maximum}
	}
	return nil
}

func (c *counter) open(k kind) error {
	c.nesting++
	if len(c.definitions) > 0 {
		c.current().size.depth = max(c.current().size.depth, c.nesting)
	}
	if c.nesting > c.limits.Depth {
		return &ExcessError{"depth", c.limits.Depth}
	}
	c.counts.Depth = max(c.counts.Depth, c.nesting)
	if k == '{' && c.parens == 0 {
		if c.selections == c.rootLevels && (c.selections == 0 || c.inline) {
			c.rootLevels++
		}
		c.selections++
		c.inline = false
		c.applied[0] = 0
	}
	return nil
}

func (c *counter) close(k kind) {
	c.nesting = max(c.nesting-1, 0)
	if k == '}' && c.parens == 0 {
		c.rootLevels = min(c.rootLevels, max(c.selections-1, 0))
		c.selections = max(c.selections-1, 0)
		c.inline = false
		c.applied[0] = 0
	}
}

func (c *counter) directive() error {
	place := c.place()
	c.applied[place]++
	c.counts.DirectivesPerLocation = max(c.counts.DirectivesPerLocation, c.applied[place])
	if c.applied[place] > c.limits.DirectivesPerLocation {
		return &ExcessError{"directivesPerLocation", c.limits.DirectivesPerLocation}
	}
	return c.add(&c.counts.Directives, "directives", c.limits.Directives)
}

// place is where directives are counted: outside or inside of parentheses.
func (c *counter) place() int { return min(c.parens, 1) }

// colon ends an alias, if it stands between selections.
func (c *counter) colon() error {
	if c.parens > 0 || c.selections == 0 {
		return nil
	}
	return c.add(&c.counts.Aliases, "aliases", c.limits.Aliases)
}

// name sees a name, which may be a field or a fragment.
func (c *counter) name() error {
	if c.to-c.from > MaxNameBytes {
		return &ExcessError{"nameBytes", MaxNameBytes}
	}
	if c.last == '@' {
		return nil
	}
	if c.parens > 0 {
		return nil
	}
	c.applied[0] = 0
	switch {
	case c.selections == 0:
	case c.last == spread && c.token() != "on":
		c.inline = false
		c.uses = append(c.uses, use{c.token(), c.nesting, c.selections == c.rootLevels})
	case c.last == spread, c.last == name && c.beforeLast == spread && c.inline:
		// An inline fragment's "on" and its type.
	case c.last == ':':
		// An aliased field was counted with its alias.
	default:
		c.inline = false
		if c.selections == c.rootLevels {
			c.current().size.rootFields++
		}
	}
	return nil
}
