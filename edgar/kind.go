package edgar

import (
	"bytes"
	"path"
	"strings"
)

// Kind is a kind of file that the SEC publishes.
type Kind int

// The kinds of files. KindUnknown is none of the others.
const (
	KindUnknown             Kind = iota
	KindSubmissions              // CIK##########.json: a filer and its filings
	KindSubmissionsPage          // CIK##########-submissions-001.json: older filings of a filer
	KindTickers                  // company_tickers.json
	KindTickersExchange          // company_tickers_exchange.json
	KindCompanyFacts             // CIK##########.json: XBRL facts of a company
	KindDailyIndex               // form.20200318.idx, master…, company…; the quarterly ones too
	KindFilingDocument           // the full text of a submission, or one of its documents
	KindFinancialStatements      // sub.txt, num.txt, tag.txt, pre.txt of the financial statement data sets
)

var kindNames = [...]string{
	"unknown file", "submissions", "submissions page", "company tickers", "company tickers with exchange",
	"company facts", "daily index", "filing document", "financial statement data set",
}

// String returns the name of k for a user, for example "company facts".
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		k = KindUnknown
	}
	return kindNames[k]
}

// DetectKind tells what kind of file begins with head: its first 4 kB after decompression, or all of it. The content
// decides. The file's name, with slashes and with or without folders and .gz, helps only where the content does not
// tell: for documents, and for JSON that is cut off too early. An empty file, and an HTML page saved as something else,
// are unknown; a file that is cut off later is of its kind, and its parser says what is wrong.
func DetectKind(name string, head []byte) Kind {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	head = bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(head) == 0:
		return KindUnknown
	case head[0] == '{':
		return jsonKind(name, head)
	case bytes.HasPrefix(head, []byte("Description:")) && bytes.Contains(head, []byte("EDGAR Dissemination Feed")):
		return KindDailyIndex
	case isStatementsHeader(head):
		return KindFinancialStatements
	case isDocument(name, head):
		return KindFilingDocument
	default:
		return KindUnknown
	}
}

// isStatementsHeader reports whether head begins with the header of a table of the financial statement data sets.
func isStatementsHeader(head []byte) bool {
	for _, columns := range []string{
		"adsh\tcik\tname\t", "adsh\ttag\tversion\t", "tag\tversion\tcustom\t", "adsh\treport\tline\t",
	} {
		if bytes.HasPrefix(head, []byte(columns)) {
			return true
		}
	}
	return false
}

// isDocument reports whether head begins a submission, or a document of a type that documents have.
func isDocument(name string, head []byte) bool {
	for _, opening := range []string{
		"-----BEGIN PRIVACY-ENHANCED MESSAGE-----", "<SEC-DOCUMENT>", "<SEC-HEADER>", "<IMS-DOCUMENT>", "<IMS-HEADER>",
		"<SUBMISSION>", "<DOCUMENT>",
	} {
		if bytes.HasPrefix(head, []byte(opening)) {
			return true
		}
	}
	if bytes.Contains(head, []byte("<title>SEC.gov |")) { // a page of the SEC's site: "File Not Found", "Rate Threshold"
		return false
	}
	if _, err := ParseAccessionNumber(path.Base(path.Dir(name))); err == nil {
		return true
	}
	switch path.Ext(name) {
	case ".htm", ".html", ".xhtml", ".xml":
		return head[0] == '<'
	default:
		return false
	}
}
