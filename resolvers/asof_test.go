package resolvers_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// made are facts of a company that was never there: a year that was restated three times and repeated in between, and a
// concept whose unit and whose period are others later.
const made = `{"cik": 77, "entityName": "Made Up Inc", "facts": {"us-gaap": {
"NetIncomeLoss": {"label": "Net Income", "description": null, "units": {"USD": [
	{"start": "2019-01-01", "end": "2019-12-31", "val": 100, "accn": "0000000077-20-000001", "fy": 2019, "fp": "FY", "form": "10-K", "filed": "2020-02-01"},
	{"start": "2019-01-01", "end": "2019-12-31", "val": 100, "accn": "0000000077-20-000002", "fy": 2019, "fp": "FY", "form": "10-K/A", "filed": "2020-03-01"},
	{"start": "2019-01-01", "end": "2019-12-31", "val": 90, "accn": "0000000077-20-000003", "fy": 2019, "fp": "FY", "form": "10-K/A", "filed": "2020-04-01"},
	{"start": "2019-01-01", "end": "2019-12-31", "val": 100, "accn": "0000000077-20-000005", "fy": null, "fp": null, "form": "8-K", "filed": "2020-05-01"},
	{"start": "2019-01-01", "end": "2019-12-31", "val": -1e9, "accn": "0000000077-20-000004", "fy": 2020, "fp": "Q1", "form": "10-Q", "filed": "2020-05-01"},
	{"start": "2019-01-01", "end": "2019-12-31", "val": 1.0e2, "accn": "0000000077-20-000006", "fy": 2020, "fp": "Q2", "form": "10-Q", "filed": "2020-08-01"}]}},
"EarningsPerShareDiluted": {"label": "Earnings Per Share", "description": null, "units": {
	"pure": [
	{"start": "2019-01-01", "end": "2019-12-31", "val": 1, "accn": "0000000077-20-000001", "fy": 2019, "fp": "FY", "form": "10-K", "filed": "2020-02-01"},
	{"start": "2019-10-01", "end": "2019-12-31", "val": 0.25, "accn": "0000000077-20-000001", "fy": 2019, "fp": "FY", "form": "10-K", "filed": "2020-02-01"},
	{"end": "2030-12-31", "val": 5, "accn": "0000000077-20-000001", "fy": 2019, "fp": "FY", "form": "10-K", "filed": "2020-02-01"}],
	"USD/shares": [
	{"start": "2019-01-01", "end": "2019-12-31", "val": 1.5, "accn": "0000000077-20-000003", "fy": 2019, "fp": "FY", "form": "10-K/A", "filed": "2020-04-01"},
	{"start": "2019-10-01", "end": "2019-12-31", "val": 0.5, "accn": "0000000077-20-000003", "fy": 2019, "fp": "FY", "form": "10-K/A", "filed": "2020-04-01"},
	{"start": "2020-01-01", "end": "2020-03-31", "val": 0.75, "accn": "0000000077-20-000005", "fy": null, "fp": null, "form": "8-K", "filed": "2020-05-01"}]}}}}}`

// TestAsOf asks of made-up facts what was known on the days of their filings.
func TestAsOf(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	database := importEDGAR(t, writeFile(t, "CIK0000000077.json", made))
	runGoldens(t, serveDatabase(t, database), "testdata/asof/*.txtar")
}

// asOfToday asks with a day after all filings, and without one.
const asOfToday = `{ companies(first: 200) { nodes {
	a: metric(name: %[1]q%[2]s) { ...V } b: metric(name: %[1]q, period: YEAR%[2]s) { ...V }
	metrics(names: [%[1]q, "price:close"]%[2]s) { ...V }
	series(metric: %[1]q%[2]s) { from to ticker points { date value } definition { name unit period } }
	quarters: series(metric: %[1]q, period: QUARTER, from: "2009-01-01", to: "2024-06-30"%[2]s) { from to columns { dates values } buckets(by: YEAR) { start sum } }
	unit: metric(name: %[1]q, unit: "EUR"%[2]s) { ...V }
} } }
fragment V on MetricValue { name unit ticker start date value fiscalYear fiscalPeriod filedOn form accessionNumber filing { form } definition { id }
	restatements { value filedOn restatements { value } } }`

// dayOfFault is where an error that names the day differs from the one without, and where the columns of the query do.
var dayOfFault = regexp.MustCompile(`"column":\d+|never used|had not used| by 2026-11-23; it had used|; it used`)

// TestAsOfTodayIsNow compares answers as of today with those without a day, byte for byte.
func TestAsOfTodayIsNow(t *testing.T) {
	t.Parallel()
	paths := []string{writeFile(t, "CIK0000000077.json", made), "../edgar/testdata/companyfacts", "../edgar/testdata/submissions"}
	if data := os.Getenv("CORPINTEL_TESTDATA"); data != "" {
		paths = []string{data + "/edgar/companyfacts", data + "/edgar/submissions"}
	} else {
		t.Log("CORPINTEL_TESTDATA is not set: RUN ON EXCERPTS ONLY")
	}
	s := serveDatabase(t, importEDGAR(t, paths...))
	for _, name := range []string{
		"us-gaap:NetIncomeLoss", "us-gaap:Revenues", "us-gaap:EarningsPerShareDiluted", "us-gaap:UnrecognizedTaxBenefits", "dei:EntityPublicFloat",
		"us-gaap:None", "us-gaap:SalesRevenueNet",
	} {
		now := dayOfFault.ReplaceAll(s.post(t, fmt.Sprintf(asOfToday, name, ""), nil), nil)
		then := dayOfFault.ReplaceAll(s.post(t, fmt.Sprintf(asOfToday, name, `, asOf: "2026-11-23"`), nil), nil)
		if diff := cmp.Diff(string(now), string(then)); diff != "" {
			t.Errorf("%s without a day -, as of today +:\n%.3000s", name, diff)
		}
		if name != "us-gaap:None" && !bytes.Contains(now, []byte(`"points":[{`)) {
			t.Errorf("%s: nothing is known: %.300s", name, now)
		}
	}
}
