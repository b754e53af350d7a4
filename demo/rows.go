package demo

import "github.com/corpintel/corpintel/edgar"

// The rows of the tables that are written; columns that are the same in all rows are left out. A zero value stands for
// null.
type (
	companyRow struct {
		*company
		marketCap    float64    // 0: null
		lastFiled    edgar.Date // newest filing
		lastReported edgar.Date // newest filing with facts
	}

	securityRow struct {
		id        int64
		companyID int64
		symbol    string
		exchange  string
		primary   bool
		validTo   edgar.Date // zero: still held
		seen      edgar.Date
		position  int32
	}

	filingRow struct{ *filing }

	filerRow struct {
		*filing
		companyID int64
	}

	formRow struct {
		companyID   int64
		form        string
		n           int32
		first, last edgar.Date
	}

	factRow struct {
		*fact
		companyID int64
	}

	unitRow struct {
		companyID int64
		conceptID int32
		unit      string
		facts     int32
	}

	seriesRow struct {
		id           int64
		companyID    int64
		securityID   int64 // 0: none
		definitionID int32
		points       int32
		first        edgar.Date
		last         pointRow
	}

	pointRow struct {
		seriesID  int64
		date      edgar.Date
		value     float64
		factID    int64        // 0: none
		knownFrom edgar.Date   // zero: of a price
		earlier   []versionRow // the values before, which have no seriesID yet
	}

	versionRow struct {
		seriesID           int64
		date               edgar.Date
		knownFrom, knownTo edgar.Date
		value              float64
	}
)
