package ingest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

// fact is a fact of a made company facts document.
type fact struct {
	concept, unit string // "us-gaap:Revenues"
	start, end    string // start is "" for an instant
	value         float64
	accession     edgar.AccessionNumber
	filed         string
	form          string
	fy            int
	fp            string
}

// companyFacts makes a company facts document. Facts of one concept and unit keep their order. label is that of all
// concepts.
func companyFacts(t testing.TB, cik int, name, label string, facts []fact) []byte {
	t.Helper()
	type row struct {
		Start     string      `json:"start,omitempty"`
		End       string      `json:"end"`
		Value     json.Number `json:"val"`
		Accession string      `json:"accn"`
		FY        int         `json:"fy"`
		FP        string      `json:"fp"`
		Form      string      `json:"form"`
		Filed     string      `json:"filed"`
	}
	type concept struct {
		Label       string           `json:"label"`
		Description *string          `json:"description"`
		Units       map[string][]row `json:"units"`
	}
	taxonomies := map[string]map[string]*concept{}
	for _, f := range facts {
		taxonomy, local := cut(t, f.concept)
		if taxonomies[taxonomy] == nil {
			taxonomies[taxonomy] = map[string]*concept{}
		}
		c := taxonomies[taxonomy][local]
		if c == nil {
			c = &concept{Label: label, Units: map[string][]row{}}
			taxonomies[taxonomy][local] = c
		}
		number, err := json.Marshal(f.value)
		if err != nil {
			t.Fatal(err)
		}
		c.Units[f.unit] = append(c.Units[f.unit], row{
			f.start, f.end, json.Number(number), f.accession.String(), f.fy, f.fp, f.form, f.filed,
		})
	}
	return marshal(t, map[string]any{"cik": cik, "entityName": name, "facts": taxonomies})
}

func cut(t testing.TB, concept string) (taxonomy, name string) {
	t.Helper()
	for i, c := range concept {
		if c == ':' {
			return concept[:i], concept[i+1:]
		}
	}
	t.Fatalf("concept %q has no taxonomy", concept)
	return "", ""
}

// filing is a filing of a made submissions document.
type filing struct {
	accession edgar.AccessionNumber
	form      string
	filed     string
	title     string
}

// columnsOf makes the columns of filings: an older page as it is, or part of a submissions document.
func columnsOf(filings []filing) map[string]any {
	columns := map[string][]string{
		"accessionNumber": {}, "filingDate": {}, "reportDate": {}, "acceptanceDateTime": {}, "form": {},
		"primaryDocument": {}, "primaryDocDescription": {},
	}
	for _, f := range filings {
		for name, value := range map[string]string{
			"accessionNumber": f.accession.String(), "filingDate": f.filed, "reportDate": "",
			"acceptanceDateTime": f.filed + "T16:00:00.000Z", "form": f.form,
			"primaryDocument": "d.htm", "primaryDocDescription": f.title,
		} {
			columns[name] = append(columns[name], value)
		}
	}
	all := make(map[string]any, len(columns))
	for name, values := range columns {
		all[name] = values
	}
	return all
}

// submissions makes a submissions document; symbols are at the exchange NYSE.
func submissions(t testing.TB, cik int, name string, former, symbols []string, filings []filing) []byte {
	t.Helper()
	type formerName struct {
		Name string `json:"name"`
		From string `json:"from"`
		To   string `json:"to"`
	}
	names := []formerName{}
	for _, n := range former {
		names = append(names, formerName{n, "2000-01-01T00:00:00.000Z", "2001-01-01T00:00:00.000Z"})
	}
	exchanges := make([]string, len(symbols))
	for i := range exchanges {
		exchanges[i] = "NYSE"
	}
	return marshal(t, map[string]any{
		"cik": fmt.Sprintf("%010d", cik), "name": name, "sic": "3571", "sicDescription": "Electronic Computers",
		"tickers": append([]string{}, symbols...), "exchanges": exchanges, "formerNames": names, "fiscalYearEnd": "0930",
		"filings": map[string]any{"recent": columnsOf(filings), "files": []any{}},
	})
}

// listing is a row of a made ticker file.
type listing struct {
	cik    int
	symbol string
}

// tickers makes a company_tickers.json.
func tickers(t testing.TB, rows ...listing) []byte {
	t.Helper()
	all := map[int]any{}
	for i, r := range rows {
		all[i] = map[string]any{"cik_str": r.cik, "ticker": r.symbol, "title": fmt.Sprintf("Listed %d", r.cik)}
	}
	return marshal(t, all)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
