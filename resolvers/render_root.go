package resolvers

import (
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/graph/model"
	"github.com/corpintel/corpintel/store"
)

// queryWriters get what the resolvers of the root returned.
func queryWriters() map[string]writer {
	return map[string]writer{
		"node":  writeNode,
		"nodes": writeNodes,
		"company": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objectOrNull(w, b, obj.(*store.Company), at)
		},
		"filing": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objectOrNull(w, b, obj.(*store.Filing), at)
		},
		"dataSet": func(w *rendering, b []byte, obj any, at *field) []byte {
			return objectAlways(w, b, obj.(*store.DataSet), at)
		},
		"companies":         writeConnection[*connection.CompanyConnection],
		"searchCompanies":   writeConnection[*connection.CompanyConnection],
		"filings":           writeConnection[*connection.FilingConnection],
		"metricDefinitions": writeConnection[*connection.MetricDefinitionConnection],
	}
}

// writeConnection writes the connection that a resolver returned.
func writeConnection[C any](w *rendering, b []byte, obj any, at *field) []byte {
	_ = obj.(C) // a resolver that returns something else is a fault of ours
	return w.object(b, obj, at.Fields())
}

func writeNode(w *rendering, b []byte, obj any, at *field) []byte {
	switch n := obj.(type) {
	case *store.Company:
		return w.object(b, n, at.On("Company"))
	case *store.Filing:
		return w.object(b, n, at.On("Filing"))
	case *store.MetricDefinition:
		return w.object(b, n, at.On("MetricDefinition"))
	case nil:
		return append(b, "null"...)
	default:
		return w.fail(b)
	}
}

func writeNodes(w *rendering, b []byte, obj any, at *field) []byte {
	b = append(b, '[')
	for i, n := range obj.([]model.Node) {
		if i > 0 {
			b = append(b, ',')
		}
		list := w.enter(i)
		b = writeNode(w, b, n, at)
		w.at = list
	}
	return append(b, ']')
}

// objectOrNull appends what is selected on an object that may be nil.
func objectOrNull[T any](w *rendering, b []byte, obj *T, at *field) []byte {
	if obj == nil {
		return append(b, "null"...)
	}
	return w.object(b, obj, at.Fields())
}

// objectAlways appends what is selected on an object that must not be nil.
func objectAlways[T any](w *rendering, b []byte, obj *T, at *field) []byte {
	if obj == nil {
		return w.fail(b)
	}
	return w.object(b, obj, at.Fields())
}
