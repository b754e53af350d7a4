package resolvers

import (
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
	"github.com/corpintel/corpintel/store"
)

func dataSetWriters() map[string]writer {
	type dataSet = store.DataSet
	return map[string]writer{
		"companies":    numberOf(func(d *dataSet) int { return d.Companies }),
		"filings":      numberOf(func(d *dataSet) int { return d.Filings }),
		"values":       always(func(d *dataSet) float64 { return d.Values }, scalar.AppendFloat),
		"estimated":    boolOf(func(d *dataSet) bool { return d.Estimated }),
		"newestFiling": dateOrNull(func(d *dataSet) *edgar.Date { return d.NewestFiling }),
		"newestPrice":  dateOrNull(func(d *dataSet) *edgar.Date { return d.NewestPrice }),
	}
}
