package resolvers

import (
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

func definitionWriters() map[string]writer {
	type definition = store.MetricDefinition
	return map[string]writer{
		"id": leaf(func(b []byte, d *definition) []byte {
			return append(store.AppendNodeID(append(b, '"'), store.NodeMetricDefinition, int64(d.ID)), '"')
		}),
		"name":        textOf(func(d *definition) string { return d.Name }),
		"taxonomy":    textOf(func(d *definition) string { return d.Taxonomy }),
		"concept":     textOf(func(d *definition) string { return d.Concept }),
		"unit":        textOf(func(d *definition) string { return d.Unit }),
		"period":      leaf(func(b []byte, d *definition) []byte { return scalar.AppendMetricPeriod(b, d.Period) }),
		"label":       textOrNull(func(d *definition) *string { return d.Label }),
		"description": textOrNull(func(d *definition) *string { return d.Description }),
	}
}

func valueWriters() map[string]writer {
	type value = store.MetricValue
	return map[string]writer{
		"name":            textOf(func(v *value) string { return v.Name }),
		"unit":            textOf(func(v *value) string { return v.Unit }),
		"ticker":          textOrNull(func(v *value) *string { return v.Ticker }),
		"start":           dateOrNull(func(v *value) *edgar.Date { return v.Start }),
		"date":            dateOf(func(v *value) edgar.Date { return v.Date }),
		"value":           leaf(func(b []byte, v *value) []byte { return scalar.AppendFloat(b, v.Value) }),
		"fiscalYear":      orNull(func(v *value) *int { return v.FiscalYear }, appendInt),
		"fiscalPeriod":    textOrNull(func(v *value) *string { return v.FiscalPeriod }),
		"filedOn":         dateOrNull(func(v *value) *edgar.Date { return v.FiledOn }),
		"form":            textOrNull(func(v *value) *string { return v.Form }),
		"accessionNumber": orNull(func(v *value) *edgar.AccessionNumber { return v.AccessionNumber }, scalar.AppendAccessionNumber),
		"definition": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objectAlways(w, b, primed(w, w.set.Definition, obj.(*value).DefinitionID), at)
		},
		"filing": func(w *rendering, b []byte, obj any, at *field) []byte {
			number := obj.(*value).AccessionNumber
			if number == nil {
				return append(b, "null"...)
			}
			return objectOrNull(w, b, primed(w, w.set.Filing, *number), at)
		},
		"restatements": func(w *rendering, b []byte, obj any, at *field) []byte {
			list, err := restatementsOf(w.ctx, w.set, obj.(*value))
			if err != nil {
				return w.fail(b)
			}
			return objects(w, b, list, at.Fields())
		},
	}
}

func writeMetricOf(w *rendering, b []byte, obj any, at *field) []byte {
	ask, err := checked(w, at, metricAsk)
	switch {
	case w.failed:
		return b
	case err != nil:
		return w.fault(b, err)
	}
	value := primed(w, latestLoader(w.set, ask), store.LatestKey{Company: obj.(*store.Company).ID, Ask: ask})
	if value.Found == nil {
		if err := unitFault(ask, value.Units); err != nil {
			return w.fault(b, err)
		}
	}
	return objectOrNull(w, b, value.Found, at)
}

func writeMetricsOf(w *rendering, b []byte, obj any, at *field) []byte {
	args := bind(w, at, metricsArgs)
	b = append(b, '[')
	for i, a := range args {
		if w.failed {
			return b
		}
		if i > 0 {
			b = append(b, ',')
		}
		if a.err != nil {
			b = w.faultOf(b, i, a.err)
			continue
		}
		value := primed(w, latestLoader(w.set, a.ask), store.LatestKey{Company: obj.(*store.Company).ID, Ask: a.ask})
		list := w.enter(i)
		b = objectOrNull(w, b, value.Found, at)
		w.at = list
	}
	return append(b, ']')
}
