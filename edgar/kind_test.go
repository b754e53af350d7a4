package edgar_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

const (
	indexHead  = "Description:           Daily Index of EDGAR Dissemination Feed by Form Type\nLast Data Received:    Mar 18, 2020\n"
	masterHead = "Description:           Master Index of EDGAR Dissemination Feed\nLast Data Received:    March 31, 2020\n"
	siteError  = "<!DOCTYPE html>\n<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head>"
)

func TestDetectKind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, head string
		want             edgar.Kind
	}{
		{"submissions", "x", `{"cik":"0000320193","entityType":"operating","sic":"35`, edgar.KindSubmissions},
		{"submissions in another order", "x", `{"filings":{"recent":{}},"name":"A","cik":1}`, edgar.KindSubmissions},
		{"older page", "x", `{"accessionNumber":["0000749647-10-000032","00`, edgar.KindSubmissionsPage},
		{"company facts", "CIK0000320193.json", `{"cik":320193,"entityName":"Apple Inc.","facts":{"dei":{`, edgar.KindCompanyFacts},
		{"company facts named as submissions", "submissions/CIK0000320193.json", `{"cik":320193,"entityName":"Apple Inc.","fac`, edgar.KindCompanyFacts},
		{"tickers", "x", ` {"0": {"cik_str": 1045810, "ticker": "NV`, edgar.KindTickers},
		{"tickers with exchange", "x", `{"fields":["cik","name","ticker","exchange"],"data":[[320193,"App`, edgar.KindTickersExchange},
		{"tickers with exchange, data first", "x", `{"data":[],"fields":["cik","name","ticker"]}`, edgar.KindTickersExchange},
		{"daily index", "form.20200318.idx", indexHead, edgar.KindDailyIndex},
		{"quarterly index by another name", "x.txt", masterHead, edgar.KindDailyIndex},
		{"sub.txt", "x", "adsh\tcik\tname\tsic\tcountryba\n", edgar.KindFinancialStatements},
		{"num.txt", "x", "adsh\ttag\tversion\tddate\tqtrs\n", edgar.KindFinancialStatements},
		{"tag.txt", "x", "tag\tversion\tcustom\tabstract\n", edgar.KindFinancialStatements},
		{"pre.txt", "x", "adsh\treport\tline\tstmt\n", edgar.KindFinancialStatements},
		{"full submission", "x", "<SEC-DOCUMENT>0001193125-25-338333.txt : 20251231\n", edgar.KindFilingDocument},
		{"full submission of 1997", "x.txt", "-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type:", edgar.KindFilingDocument},
		{"dissemination", "x.nc", "<SUBMISSION>\n<ACCESSION-NUMBER>", edgar.KindFilingDocument},
		{"document with header", "x.htm", "<DOCUMENT>\n<TYPE>8-K\n", edgar.KindFilingDocument},
		{"inline XBRL", "meta-20251219.htm.gz", "<?xml version='1.0' encoding='ASCII'?>\n<html xmlns", edgar.KindFilingDocument},
		{"ownership", "form4.xml", "<?xml version=\"1.0\"?><ownershipDocument>", edgar.KindFilingDocument},
		{"exhibit in a filing's folder", "edgar/data/1/0001193125-25-338333/ex99.pdf", "%PDF-1.7", edgar.KindFilingDocument},
		{"exhibit in a folder without hyphens", "1/000119312525338333/ex99.pdf", "%PDF-1.7", edgar.KindFilingDocument},
		{"exhibit elsewhere", "ex99.pdf", "%PDF-1.7", edgar.KindUnknown},

		{"empty", "CIK0000320193.json", "", edgar.KindUnknown},
		{"white space", "submissions/CIK0000320193.json", " \r\n\t", edgar.KindUnknown},
		{"HTML saved as JSON", "submissions/CIK0000320193.json", "<!DOCTYPE html><html>", edgar.KindUnknown},
		{"error page of the SEC's site", "a.htm", siteError, edgar.KindUnknown},
		{"JSON of another kind", "a.json", `{"error":"not found"}`, edgar.KindUnknown},
		{"JSON of another kind by a known name", "company_tickers.json", `{"error":"not found"}`, edgar.KindUnknown},
		{"an empty object", "submissions/CIK0000320193.json", `{}`, edgar.KindUnknown},
		{"an array", "company_tickers.json", `[1]`, edgar.KindUnknown},
		{"one concept", "x", `{"cik":320193,"taxonomy":"us-gaap","tag":"Assets","label":"Assets","description":"d","entityName":"Apple`, edgar.KindUnknown},
		{"a frame", "x", `{"taxonomy":"us-gaap","tag":"Assets","ccp":"CY2019Q1I","data":[{"cik":1}]}`, edgar.KindUnknown},
		{"mutual funds", "company_tickers_mf.json", `{"fields":["cik","seriesId","classId","symbol"],"data":[[1`, edgar.KindUnknown},
		{"prices", "prices.csv", "date,ticker,open,high\n", edgar.KindUnknown},

		{"cut off in the first key", "a/submissions/CIK0000320193.json.gz", `{"ci`, edgar.KindSubmissions},
		{"cut off after the CIK", "companyfacts/CIK0000320193.json", `{"cik":320193,"ent`, edgar.KindCompanyFacts},
		{"cut off page", "CIK0000749647-submissions-001.json", `{`, edgar.KindSubmissionsPage},
		{"cut off tickers", "company_tickers.json", `{"0":{"cik_s`, edgar.KindTickers},
		{"cut off tickers with exchange", "COMPANY_TICKERS_EXCHANGE.JSON.GZ", `{"fields":["ci`, edgar.KindTickersExchange},
		{"cut off, of no known folder", "CIK0000320193.json", `{"cik":320193,"ent`, edgar.KindUnknown},
		{"cut off, of no known name", "submissions/CIK320193.json", `{"cik":320193,"ent`, edgar.KindUnknown},
		{"cut off, of a similar name", "submissions/CIK0000320193-old.json", `{"cik":320193,"ent`, edgar.KindUnknown},
		{"cut off, CIK of zero", "submissions/CIK0000000000.json", `{"cik":320193,"ent`, edgar.KindUnknown},
		{"malformed later", "x", `{"cik":"0000320193","entityType":"operating",,`, edgar.KindSubmissions},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := edgar.DetectKind(tt.file, []byte(tt.head)); got != tt.want {
				t.Errorf("DetectKind(%q, %q) = %s, want %s", tt.file, tt.head, got, tt.want)
			}
		})
	}
}

// TestDetectKindOfExcerpts detects the excerpts by content alone, whole and by their first 4 kB.
func TestDetectKindOfExcerpts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern string
		want    edgar.Kind
	}{
		{"companyfacts/*.json", edgar.KindCompanyFacts},
		{"submissions/CIK??????????.json", edgar.KindSubmissions},
		{"submissions/*-submissions-*.json", edgar.KindSubmissionsPage},
		{"company_tickers.json", edgar.KindTickers},
		{"company_tickers_exchange.json", edgar.KindTickersExchange},
	} {
		for _, path := range files(t, "testdata", filepath.FromSlash(tt.pattern)) {
			rel, err := filepath.Rel("testdata", path)
			if err != nil {
				t.Fatal(err)
			}
			data := readFile(t, rel)
			for _, head := range [][]byte{data, data[:min(len(data), 4096)], data[:500]} {
				if got := edgar.DetectKind("", head); got != tt.want {
					t.Errorf("the first %d bytes of %s are %s, want %s", len(head), path, got, tt.want)
				}
			}
		}
	}
}

func TestKindString(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for k := edgar.KindUnknown; k <= edgar.KindFinancialStatements; k++ {
		names[k.String()] = true
	}
	if len(names) != 9 || names[""] {
		t.Errorf("names %v, want 9 different ones", names)
	}
	for _, k := range []edgar.Kind{-1, 99} {
		if k.String() != "unknown file" {
			t.Errorf("kind %d is %q", int(k), k)
		}
	}
}

func FuzzDetectKind(f *testing.F) {
	for _, head := range []string{
		`{"cik":"0000320193","entityType":"operating"`, `{"cik":1,"entityName":"A","facts":{}}`, `{"accessionNumber":["`,
		`{"0":{"cik_str":1`, `{"fields":["cik","ticker"]`, indexHead, siteError, "<DOCUMENT>", "adsh\tcik\tname\t", "", "{", `{"a":1}`,
	} {
		f.Add("submissions/CIK0000320193.json", []byte(head))
	}
	f.Fuzz(func(t *testing.T, name string, head []byte) {
		kind := edgar.DetectKind(name, head)
		if kind < edgar.KindUnknown || kind > edgar.KindFinancialStatements {
			t.Fatalf("kind %d", int(kind))
		}
		if len(bytes.Trim(head, " \t\r\n")) == 0 && kind != edgar.KindUnknown {
			t.Errorf("an empty file is %s", kind)
		}
		if got := edgar.DetectKind(strings.ToUpper(name)+".GZ", append([]byte("\n "), head...)); isASCII(name) && got != kind &&
			!strings.HasSuffix(strings.ToLower(name), ".gz") {
			t.Errorf("%s, but in capitals and compressed %s", kind, got)
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > '~' }) < 0
}
