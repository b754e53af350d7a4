package consistency_test

import (
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
)

// TestFilingOfAnother imports a filing that facts of a company are from, and that another company has filed: what shows it by way of
// these facts is old then, though nothing of the company has changed.
func TestFilingOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, *seed, mistakes{})
	run := func(path string) {
		if _, err := ingest.Run(t.Context(), w.pool, []string{path}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)}); err != nil {
			t.Fatal(err)
		}
		if err := w.settle(0); err != nil {
			t.Fatal(err)
		}
	}
	const facts = "../edgar/testdata/companyfacts/"
	run(facts + "CIK0001652044.json") // has facts from 0001652044-20-000008
	run(facts + "CIK0000909832.json")
	q := question{`{ company(cik: 1652044) { metric(name: "us-gaap:UnrecognizedTaxBenefits") { value filing { form title } } } }`, nil}
	want, err := w.ask(q)
	if err != nil || !strings.Contains(string(want), `"filing":null`) {
		t.Fatalf("%s, %v", want, err)
	}
	w.must(w.readTwice(q))
	run(w.file("master.20200204.idx", `Description:           Daily Index of EDGAR Dissemination Feed
Last Data Received:    Feb  4, 2020
Comments:              webmaster@sec.gov
Anonymous FTP:         ftp://ftp.sec.gov/edgar/
 
CIK|Company Name|Form Type|Date Filed|File Name
--------------------------------------------------------------------------------
909832|COSTCO WHOLESALE CORP /NEW|10-K|20200204|edgar/data/909832/0001652044-20-000008.txt
`))
	if want, err = w.ask(q); err != nil || !strings.Contains(string(want), `"form":"10-K"`) {
		t.Fatalf("%s, %v: the test proves nothing", want, err)
	}
	w.must(w.readTwice(q))
}
