package answers

import (
	"strconv"

	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/store"
)

// Tags of answers: what an answer depends on.
const (
	Companies   = "companies"   // the list of all companies, its order, and which company a symbol or a CIK means
	Filings     = "filings"     // the list of all filings, and their attributes
	Definitions = "definitions" // the metrics that there are, and their texts
	AnyCompany  = "company:*"   // goes with every Company
	AnySector   = "sector:*"    // goes with every Sector
	AnyForm     = "form:*"      // goes with every Form
)

// Company is the tag of all that there is about a company.
func Company(id int64) string { return companyPrefix + strconv.FormatInt(id, 10) }

// Sector is the tag of the list of the companies of a sector, by whatever they are ordered, and whatever else they are chosen by.
func Sector(name string) string { return sectorPrefix + name }

// Form is the tag of the list of the filings of a form, and of their attributes but for which filer stands for them.
func Form(name string) string { return formPrefix + name }

const (
	companyPrefix = "company:"
	sectorPrefix  = "sector:"
	formPrefix    = "form:"
)

// Apply makes the answers old that depend on what has changed.
func (c *Cache) Apply(b events.Batch) {
	if b.All {
		c.changes.all(b.Point)
		c.invalidations.Add(1)
		return
	}
	tags, xids, everything := tagsOf(b.Changes, b.XIDs)
	if everything > 0 {
		c.changes.all(b.Point)
	}
	if len(tags) > 0 {
		c.changes.note(tags, xids)
	}
	c.invalidations.Add(int64(len(tags)))
}

// Learn notes what was changed before the server began to follow changes. Then it can use what others have made before it did. It is
// called before Apply.
func (c *Cache) Learn(h *store.OutboxHistory) {
	tags, xids, everything := tagsOf(h.Changes, h.XIDs)
	c.changes.learn(tags, xids, max(h.Floor, everything))
}

// tagsOf returns the tags that changes are noted at, with their transactions, and from which transaction on not everything
// has changed, 0 if it never did.
func tagsOf(changes []store.Change, of []uint64) (tags []string, xids []uint64, everything uint64) {
	for i, change := range changes {
		xid := uint64(unknown)
		if i < len(of) {
			xid = of[i]
		}
		prefix := ""
		switch change.Kind {
		case store.ChangeCompany:
			prefix = companyPrefix
		case store.ChangeSector:
			prefix = sectorPrefix
		case store.ChangeForm:
			prefix = formPrefix
		case store.ChangeCompanies:
			tags, xids = append(tags, Companies), append(xids, xid)
		case store.ChangeFilings:
			tags, xids = append(tags, Filings), append(xids, xid)
		case store.ChangeDefinitions:
			tags, xids = append(tags, Definitions), append(xids, xid)
		case store.ChangeRegistryRows: // who may ask is decided before
		default:
			everything = max(everything, after(xid))
		}
		if prefix == "" {
			continue
		}
		for _, key := range change.Keys {
			tags, xids = append(tags, prefix+key), append(xids, xid) // AnyKey makes it the tag of any
		}
	}
	return tags, xids, everything
}
