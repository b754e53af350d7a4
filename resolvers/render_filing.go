package resolvers

import (
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

func filingWriters() map[string]writer {
	type filing = store.Filing
	return map[string]writer{
		"id": leaf(func(b []byte, f *filing) []byte {
			return append(store.AppendNodeID(append(b, '"'), store.NodeFiling, int64(f.AccessionNumber)), '"')
		}),
		"accessionNumber": leaf(func(b []byte, f *filing) []byte { return scalar.AppendAccessionNumber(b, f.AccessionNumber) }),
		"form":            textOf(func(f *filing) string { return f.Form }),
		"filedOn":         dateOf(func(f *filing) edgar.Date { return f.FiledOn }),
		"acceptedAt":      orNull(func(f *filing) *time.Time { return f.AcceptedAt }, scalar.AppendDateTime),
		"periodEnd":       dateOrNull(func(f *filing) *edgar.Date { return f.PeriodEnd }),
		"title":           textOrNull(func(f *filing) *string { return f.Title }),
		"url":             textOrNull((*filing).URL),
		"amendment":       boolOf(func(f *filing) bool { return f.Amendment }),
		"company": func(w *rendering, b []byte, obj any, at *field) []byte {
			of := primed(w, w.set.FilingCompanies, obj.(*filing).AccessionNumber)
			if of == nil {
				return w.fail(b)
			}
			return objectAlways(w, b, of.Main, at)
		},
		"companies": func(w *rendering, b []byte, obj any, at *field) []byte {
			of := primed(w, w.set.FilingCompanies, obj.(*filing).AccessionNumber)
			if of == nil {
				return w.fail(b)
			}
			return objects(w, b, of.All, at.Fields())
		},
	}
}

func filingSummaryWriters() map[string]writer {
	type summary = store.FilingSummary
	return map[string]writer{
		"count":        numberOf(func(s *summary) int { return s.Count }),
		"firstFiledOn": dateOrNull(func(s *summary) *edgar.Date { return s.FirstFiledOn }),
		"lastFiledOn":  dateOrNull(func(s *summary) *edgar.Date { return s.LastFiledOn }),
		"byForm": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objects(w, b, obj.(*summary).ByForm, at.Fields())
		},
	}
}

func formCountWriters() map[string]writer {
	return map[string]writer{
		"form":  textOf(func(c *store.FormCount) string { return c.Form }),
		"count": numberOf(func(c *store.FormCount) int { return c.Count }),
	}
}
