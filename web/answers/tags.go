package answers

import (
	"strconv"

	"github.com/corpintel/corpintel/store"
)

// Tags of answers: what an answer depends on.
const (
	Companies   = "companies"   // the list of all companies, its order, and which company a symbol or a CIK means
	Filings     = "filings"     // the list of all filings, and their attributes
	Definitions = "definitions" // the metrics that there are, and their texts
	AnyCompany  = "company:*"   // goes with every Company
)

// Company is the tag of all that there is about a company.
func Company(id int64) string { return companyPrefix + strconv.FormatInt(id, 10) }

const companyPrefix = "company:"

// Apply makes the answers old that depend on what has changed; all says that anything may have.
func (c *Cache) Apply(all bool, changes []store.Change) {
	if all {
		c.ChangeAll()
		return
	}
	var tags []string
	for _, change := range changes {
		switch change.Kind {
		case store.ChangeCompany:
			for _, key := range change.Keys {
				tags = append(tags, companyPrefix+key) // AnyKey makes it AnyCompany
			}
		case store.ChangeSector, store.ChangeCompanies:
			tags = append(tags, Companies)
		case store.ChangeForm, store.ChangeFilings:
			tags = append(tags, Filings)
		case store.ChangeDefinitions:
			tags = append(tags, Definitions)
		case store.ChangeRegistryRows: // who may ask is decided before
		default:
			tags = append(tags, everything)
		}
	}
	if len(tags) > 0 {
		c.Change(tags...)
	}
}
