package resolvers

import (
	"github.com/corpintel/corpintel/graph/plan"
)

// writers returns the writers of all fields that the Renderer knows. Those that it leaves to the executor are named in
// TestWriters.
func writers() plan.Table[writer] {
	table := plan.Table[writer]{
		"Query":                      queryWriters(),
		"Company":                    companyWriters(),
		"Ticker":                     tickerWriters(),
		"CompanyConnection":          companyConnectionWriters(),
		"CompanyEdge":                companyEdgeWriters(),
		"Filing":                     filingWriters(),
		"FilingSummary":              filingSummaryWriters(),
		"FormCount":                  formCountWriters(),
		"FilingConnection":           filingConnectionWriters(),
		"FilingEdge":                 filingEdgeWriters(),
		"MetricDefinition":           definitionWriters(),
		"MetricDefinitionConnection": definitionConnectionWriters(),
		"MetricDefinitionEdge":       definitionEdgeWriters(),
		"MetricValue":                valueWriters(),
		"MetricSeries":               seriesWriters(),
		"MetricPoint":                pointWriters(),
		"MetricColumns":              columnsWriters(),
		"MetricBucket":               bucketWriters(),
		"MetricBucketColumns":        bucketColumnsWriters(),
		"PageInfo":                   pageInfoWriters(),
		"DataSet":                    dataSetWriters(),
	}
	for object, fields := range table {
		if object != "Query" { // what is beside the fields of the root is the executor's
			fields["__typename"] = constant(`"` + object + `"`)
		}
	}
	return table
}
