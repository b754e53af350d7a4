package store

import "github.com/corpintel/corpintel/edgar"

// MetricDefinition is a concept of a taxonomy in one unit and one period class.
type MetricDefinition struct {
	ID          int32
	Name        string // taxonomy:concept
	Taxonomy    string
	Concept     string
	Unit        string
	Period      edgar.Period
	Label       *string
	Description *string
}

// IsNode marks a MetricDefinition as a node of the schema.
func (*MetricDefinition) IsNode() {}

// NodeID returns the global id.
func (d *MetricDefinition) NodeID() string { return NodeID(NodeMetricDefinition, int64(d.ID)) }

// MetricValue is one point of a series with the fact that it is from. Prices have no fact: FactID is 0 and the fields
// from Start on are nil.
type MetricValue struct {
	FactID          int64
	DefinitionID    int32
	Name            string
	Unit            string
	Ticker          *string // prices only
	Date            edgar.Date
	Value           float64
	Start           *edgar.Date
	FiscalYear      *int
	FiscalPeriod    *string
	FiledOn         *edgar.Date
	Form            *string
	AccessionNumber *edgar.AccessionNumber
	// Earlier are the restatements before a value that is a restatement itself, and nil for every other value.
	Earlier []*MetricValue
}

// Series is a metric of one company (or one of its securities) through time. Dates and Values have equal length, oldest
// first; they are nil when points were not asked for. Months are nil when they were not.
type Series struct {
	DefinitionID int32
	Ticker       *string // prices only
	From         *edgar.Date
	To           *edgar.Date
	Dates        []edgar.Date
	Values       []float64
	Months       Buckets
}

// MetricDefinitionFilter says which definitions are asked for. Nil conditions hold for all; an empty list of names
// holds for none.
type MetricDefinitionFilter struct {
	Names    []string
	Taxonomy *string
	Search   *string
}

// FilingSummary is the number and the dates of a company's filings.
type FilingSummary struct {
	Count        int
	FirstFiledOn *edgar.Date
	LastFiledOn  *edgar.Date
	ByForm       []*FormCount // most frequent first, then by form
}

// FormCount is the number of filings of one form.
type FormCount struct {
	Form  string
	Count int
}

// CompanyFilter says which companies are asked for. Nil conditions hold for all; an empty list holds for none.
type CompanyFilter struct {
	Tickers   []string
	CIKs      []edgar.CIK
	Sector    *string
	Industry  *string
	Country   *string
	Exchange  *string
	MarketCap *FloatRange
}

// CompanySearch is what searchCompanies looks for.
type CompanySearch struct{ Text string }
