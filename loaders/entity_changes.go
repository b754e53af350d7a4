package loaders

import (
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/corpintel/corpintel/store"
)

// companySlots is how many numbers there are for the changes of companies, a power of two. Companies of one slot become old
// together; as ids are given in order, those of as many companies are all apart.
const companySlots = 1 << 14

// changes are the numbers of the last change of all that entries depend on. Numbers are read without a lock, and take the same
// memory whatever changes.
type changes struct {
	number atomic.Uint64 // of the last change
	mu     sync.Mutex    // of who changes

	everything  atomic.Uint64
	companies   atomic.Uint64 // which there are, and what they are found by
	filings     atomic.Uint64
	definitions atomic.Uint64
	allOf       atomic.Uint64 // every company
	anyOf       atomic.Uint64 // some company: the greatest number of slots and allOf
	slots       [companySlots]atomic.Uint64

	told atomic.Int64
}

// Apply makes entries old that depend on what has changed; all says that anything may have.
func (e *Entities) Apply(all bool, changed []store.Change) {
	c := &e.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	number := c.number.Load() + 1
	if all {
		c.note(&c.everything, number)
	}
	for _, change := range changed {
		switch change.Kind {
		case store.ChangeCompany:
			for _, key := range change.Keys {
				c.company(key, number)
			}
		case store.ChangeCompanies:
			c.note(&c.companies, number)
		case store.ChangeForm, store.ChangeFilings:
			c.note(&c.filings, number)
		case store.ChangeDefinitions:
			c.note(&c.definitions, number)
		case store.ChangeSector, store.ChangeRegistryRows: // of lists, and of who may ask, nothing is kept here
		default: // store.ChangeEverything, or a kind that this release does not know
			c.note(&c.everything, number)
		}
	}
	c.number.Store(number) // last: who reads it finds the rest noted
}

func (c *changes) note(of *atomic.Uint64, number uint64) {
	of.Store(number)
	c.told.Add(1)
}

// company notes a change of the company with the id; what is no id, such as store.AnyKey, stands for all.
func (c *changes) company(key string, number uint64) {
	of := &c.allOf
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		of = c.slot(id)
	}
	c.note(of, number)
	c.anyOf.Store(number)
}

func (c *changes) slot(id int64) *atomic.Uint64 { return &c.slots[id&(companySlots-1)] }

// sparesCompany reports whether nothing has changed of a company since the change with the number.
func (c *changes) sparesCompany(id int64, number uint64) bool {
	return c.allOf.Load() <= number && c.slot(id).Load() <= number
}

// spare reports whether nothing has changed since the change with the number that a value depends on.
func (c *changes) spare(n name, number uint64, value any) bool {
	if c.everything.Load() > number {
		return false
	}
	switch n.kind() {
	case ofDefinition:
		return c.definitions.Load() <= number
	case ofFiling:
		return c.filings.Load() <= number
	case ofFilers:
		return c.filings.Load() <= number && c.spareAll(value, number)
	case ofCIK, ofSymbol:
		return c.companies.Load() <= number && c.spareAll(value, number)
	default:
		return c.sparesCompany(n.id, number)
	}
}

// spareAll is sparesCompany for those that a value shows; where that is not known, for all there are.
func (c *changes) spareAll(value any, number uint64) bool {
	switch v := value.(type) {
	case *store.Company:
		return v == nil || c.sparesCompany(v.ID, number)
	case *store.FilingCompanies:
		if v == nil {
			return true
		}
		for _, company := range v.All {
			if !c.sparesCompany(company.ID, number) {
				return false
			}
		}
		return true
	default:
		return c.anyOf.Load() <= number
	}
}
