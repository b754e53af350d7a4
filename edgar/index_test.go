package edgar_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// indexList is a visitor that keeps everything.
type indexList struct {
	Filings    []edgar.IndexRecord
	Rejections []edgar.Rejection
}

func (l *indexList) Filing(r *edgar.IndexRecord) error {
	l.Filings = append(l.Filings, *r)
	return nil
}

func (l *indexList) Reject(r edgar.Rejection) error {
	l.Rejections = append(l.Rejections, r)
	return nil
}

func readIndex(t testing.TB, data string) *indexList {
	t.Helper()
	var l indexList
	if err := edgar.ReadIndex(strings.NewReader(data), &l); err != nil {
		t.Fatal(err)
	}
	return &l
}

// dashes ends the heading of an index.
const dashes = "-----------------------------------------------------------------------\n"

// The names of the columns, as the SEC writes them.
const (
	companyColumns = "Company Name                                                  Form Type   CIK\n      Date Filed  File Name\n" + dashes
	formColumns    = "Form Type   Company Name                                                  CIK         Date Filed  File Name\n" + dashes
	masterColumns  = "CIK|Company Name|Form Type|Date Filed|Filename\n" + dashes
)

func TestReadIndexExcerpts(t *testing.T) {
	t.Parallel()
	const (
		aim        = "AIM VARIABLE INSURANCE FUNDS (INVESCO VARIABLE INSURANCE FUN"
		brookfield = "Brookfield Strategic Real Estate Partners II Hospitality REIT II LLC"
	)
	tests := []struct {
		file string
		rows int
		want map[int]edgar.IndexRecord // some of the rows
	}{
		{"company.20221003.idx", 10, map[int]edgar.IndexRecord{
			0: {CIK: 1700461, CompanyName: "1st stREIT Office Inc.", Form: "1-A POS", FiledOn: edgar.NewDate(2022, 10, 3), Accession: accession(t, "0001104659-22-105357"), Line: 12},
			3: {CIK: 896435, CompanyName: aim, NameCut: true, Form: "497", FiledOn: edgar.NewDate(2022, 10, 3), Accession: accession(t, "0001104659-22-104702"), Line: 15},
			5: {CIK: 1728056, CompanyName: "BCLS SB Investco, LP", Form: "SC 13D/A", FiledOn: edgar.NewDate(2022, 10, 3), Accession: accession(t, "0001193125-22-256775"), Line: 17},
			7: {CIK: 1707502, CompanyName: "Solid Biosciences Inc.", Form: "SC 13D/A", FiledOn: edgar.NewDate(2022, 10, 3), Accession: accession(t, "0001193125-22-256775"), Line: 19},
			8: {CIK: 1005284, CompanyName: `UNIVERSAL DISPLAY CORP \PA\`, Form: "4", FiledOn: edgar.NewDate(2022, 10, 3), Accession: accession(t, "0001209191-22-051785"), Line: 20},
		}},
		{"form.20200318.idx", 9, map[int]edgar.IndexRecord{
			0: {CIK: 1806014, CompanyName: "DLP Positive Note Fund LLC", Form: "1-A", FiledOn: edgar.NewDate(2020, 3, 18), Accession: accession(t, "0001140361-20-006155"), Line: 11},
			2: {CIK: 1607484, CompanyName: "J.P. Morgan Chase Commercial Mortgage Securities Trust 2014-", NameCut: true, Form: "10-K", FiledOn: edgar.NewDate(2020, 3, 18), Accession: accession(t, "0001056404-20-002466"), Line: 13},
			4: {CIK: 932470, CompanyName: "TELECOM ARGENTINA SA", Form: "IRANNOTICE", FiledOn: edgar.NewDate(2020, 3, 18), Accession: accession(t, "0001104659-20-035450"), Line: 15},
			7: {CIK: 1060349, CompanyName: "GAMCO INVESTORS, INC. ET AL", Form: "SC TO-I/A", FiledOn: edgar.NewDate(2020, 3, 18), Accession: accession(t, "0000921895-20-000813"), Line: 18},
		}},
		{"master.20200103.idx", 23, map[int]edgar.IndexRecord{
			0:  {CIK: 1000229, CompanyName: "CORE LABORATORIES N V", Form: "4", FiledOn: edgar.NewDate(2020, 1, 3), Accession: accession(t, "0001209191-20-000788"), Line: 8},
			2:  {CIK: 1005284, CompanyName: `UNIVERSAL DISPLAY CORP \PA\`, Form: "4", FiledOn: edgar.NewDate(2020, 1, 3), Accession: accession(t, "0001005284-20-000002"), Line: 10},
			4:  {CIK: 1016951, CompanyName: "TUMBLEWEED HOLDINGS, INC.", Form: "REVOKED", FiledOn: edgar.NewDate(2019, 7, 26), Accession: accession(t, "9999999997-20-000025"), Line: 12},
			6:  {CIK: 101778, CompanyName: "MARATHON OIL CORP", Form: "UPLOAD", FiledOn: edgar.NewDate(2019, 9, 24), Accession: accession(t, "0000000000-19-013912"), Line: 14},
			16: {CIK: 1702614, CompanyName: brookfield, Form: "4", FiledOn: edgar.NewDate(2020, 1, 3), Accession: accession(t, "0001140361-20-000124"), Line: 24},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			data := readFile(t, "index", tt.file)
			if kind := edgar.DetectKind("", data); kind != edgar.KindDailyIndex {
				t.Errorf("kind is %s", kind)
			}
			l := readIndex(t, string(data))
			if len(l.Filings) != tt.rows || len(l.Rejections) != 0 {
				t.Fatalf("%d rows, want %d; rejections %v", len(l.Filings), tt.rows, l.Rejections)
			}
			for i, want := range tt.want {
				if diff := cmp.Diff(want, l.Filings[i]); diff != "" {
					t.Errorf("row %d (-want +got):\n%s", i, diff)
				}
			}
			windows := strings.ReplaceAll(string(data), "\n", "\r\n")
			if diff := cmp.Diff(l, readIndex(t, windows)); diff != "" {
				t.Errorf("with the line ends of Windows (-want +got):\n%s", diff)
			}
		})
	}
}

// paddedTo returns s with spaces to make n bytes.
func paddedTo(n int, s string) string { return fmt.Sprintf("%-*s", n, s) }

func TestReadIndexRows(t *testing.T) {
	t.Parallel()
	const (
		date = "2020-01-02  "
		file = "edgar/data/1750/0001127602-20-000091.txt"
		tail = "1750        " + date + file
	)
	aar := edgar.IndexRecord{
		CIK: 1750, CompanyName: "AAR CORP", Form: "4", FiledOn: edgar.NewDate(2020, 1, 2), Accession: accession(t, "0001127602-20-000091"),
	}
	with := func(change func(*edgar.IndexRecord)) edgar.IndexRecord {
		r := aar
		change(&r)
		return r
	}
	form := func(s string) edgar.IndexRecord { return with(func(r *edgar.IndexRecord) { r.Form = s }) }
	name := func(s string, isCut bool) edgar.IndexRecord {
		return with(func(r *edgar.IndexRecord) { r.CompanyName, r.NameCut = s, isCut })
	}
	long := strings.Repeat("LONG ", 14) + "NAME"
	tests := []struct {
		name, columns, row string
		want               edgar.IndexRecord
		reason             string
	}{
		{name: "quarterly master", columns: masterColumns, row: "1750|AAR CORP|4|2020-01-02|" + file, want: aar},
		{name: "daily master", columns: masterColumns, row: "1750|AAR CORP|4|20200102|" + file, want: aar},
		{name: "padded CIK, spaces", columns: masterColumns, row: "0000001750 | AAR   CORP |4|20200102| " + file + " ", want: aar},
		{name: "other order", columns: "Form Type|CIK|File Name|Company Name|Date Filed\n" + dashes, row: "4|1750|" + file + "|AAR CORP|20200102", want: aar},
		{name: "quarterly company", columns: companyColumns, row: paddedTo(62, "AAR CORP") + paddedTo(12, "4") + tail, want: aar},
		{name: "quarterly form", columns: formColumns, row: paddedTo(12, "4") + paddedTo(62, "AAR CORP") + tail, want: aar},
		{name: "spaces at the end", columns: formColumns, row: paddedTo(12, "4") + paddedTo(62, "AAR CORP") + tail + "          ", want: aar},
		{name: "crawler", columns: "Company Name                                                  Form Type   CIK         Date Filed  URL\n" + dashes, row: paddedTo(62, "AAR CORP") + paddedTo(12, "4") + "1750        20200102    https://www.sec.gov/Archives/edgar/data/1750/0001127602-20-000091-index.htm", want: aar},
		{name: "wider form column than its heading, form", columns: formColumns, row: paddedTo(17, "SCHEDULE 13G/A") + paddedTo(62, "AAR CORP") + tail, want: form("SCHEDULE 13G/A")},
		{name: "wider form column than its heading, company", columns: companyColumns, row: paddedTo(62, "AAR CORP") + paddedTo(17, "SCHEDULE 13G/A") + tail, want: form("SCHEDULE 13G/A")},
		{name: "a form moves what follows", columns: formColumns, row: "SCHEDULE 13G/A " + paddedTo(62, "AAR CORP") + tail, want: form("SCHEDULE 13G/A")},
		{name: "a form fills its column", columns: formColumns, row: "SCHEDULE 13D" + paddedTo(62, "AAR CORP") + tail, want: form("SCHEDULE 13D")},
		{name: "a form fills its column, company", columns: companyColumns, row: paddedTo(62, "AAR CORP") + "SCHEDULE 13D " + tail, want: form("SCHEDULE 13D")},
		{name: "a narrow name column", columns: "Form Type   Company Name       CIK  Date Filed  File Name\n" + dashes, row: paddedTo(12, "DEF 14A") + paddedTo(19, "AAR CORP") + tail, want: form("DEF 14A")},
		{name: "a long name moves what follows, form", columns: formColumns, row: paddedTo(12, "4") + long + "  " + tail, want: name(long, true)},
		{name: "a long name moves what follows, company", columns: companyColumns, row: long + "  " + paddedTo(12, "4") + tail, want: name(long, true)},
		{name: "a name that was cut behind a space", columns: formColumns, row: paddedTo(12, "4") + paddedTo(62, long[:60]) + tail, want: name(long[:59], true)},
		{name: "a name with one space behind it", columns: formColumns, row: paddedTo(12, "4") + paddedTo(62, long[:61]) + tail, want: name(long[:61], true)},
		{name: "a name with gaps, form", columns: formColumns, row: paddedTo(12, "4") + paddedTo(62, "AAR   CORP") + tail, want: aar},
		{name: "a name with gaps, company", columns: companyColumns, row: paddedTo(62, "AAR   CORP") + paddedTo(12, "4") + tail, want: aar},

		{name: "CIK of zero", columns: masterColumns, row: "0|AAR CORP|4|2020-01-02|" + file, reason: `CIK "0": want one to ten digits, not all zero`},
		{name: "no name", columns: masterColumns, row: "1750||4|2020-01-02|" + file, reason: "company name: missing"},
		{name: "no UTF-8", columns: masterColumns, row: "1750|A\xc9R|4|2020-01-02|" + file, reason: "company name: not valid UTF-8"},
		{name: "NUL", columns: masterColumns, row: "1750|A\x00R|4|2020-01-02|" + file, reason: "company name: has a NUL character"},
		{name: "no form", columns: masterColumns, row: "1750|AAR CORP| |2020-01-02|" + file, reason: "form type: missing"},
		{name: "long form", columns: masterColumns, row: "1750|AAR CORP|" + strings.Repeat("4", 33) + "|2020-01-02|" + file, reason: `form type: "` + strings.Repeat("4", 33) + `" is longer than 32 bytes`},
		{name: "date of another country", columns: masterColumns, row: "1750|AAR CORP|4|31/12/2020|" + file, reason: `date filed: date "31/12/2020": want a day that exists, such as "2023-09-30"`},
		{name: "a day there is not", columns: masterColumns, row: "1750|AAR CORP|4|20210229|" + file, reason: `date filed: date "20210229": want a day that exists, such as "2023-09-30"`},
		{name: "a day of another time", columns: masterColumns, row: "1750|AAR CORP|4|02020102|" + file, reason: "date filed: 0202-01-02 is not between 1900-01-01 and 2200-12-31"},
		{name: "no file", columns: masterColumns, row: "1750|AAR CORP|4|2020-01-02|", reason: `file name: path "": want edgar/data/, a CIK and an accession number`},
		{name: "another file", columns: masterColumns, row: "1750|AAR CORP|4|2020-01-02|edgar/data/1750/a.pdf", reason: `file name: path "edgar/data/1750/a.pdf": want an accession number that ends in .txt`},
		{name: "a broken accession number", columns: masterColumns, row: "1750|AAR CORP|4|2020-01-02|edgar/data/1750/0001127602-20-00009.txt", reason: `file name: accession number "0001127602-20-00009": want ten, two and six digits such as "0000320193-23-000106"`},
		{name: "a folder of no CIK", columns: masterColumns, row: "1750|AAR CORP|4|2020-01-02|edgar/data/x/0001127602-20-000091.txt", reason: `file name: CIK "x": want one to ten digits, not all zero`},
		{name: "a digit of the CIK is lost", columns: masterColumns, row: "175|AAR CORP|4|2020-01-02|" + file, reason: `file name: "` + file + `" is in the folder of another CIK than 0000000175`},
		{name: "a bar in the name", columns: masterColumns, row: "1750|AAR|CORP|4|2020-01-02|" + file, reason: "6 values where there are 5 columns"},
		{name: "cut off", columns: masterColumns, row: "1750|AAR CORP|4|2020-01", reason: "4 values where there are 5 columns"},
		{name: "cut off, form", columns: formColumns, row: paddedTo(12, "4") + paddedTo(62, "AAR CORP") + "1750   ", reason: "want a company name, a form type, a CIK, a date and a file name"},
		{name: "no gap, company", columns: companyColumns, row: long + "4 " + tail, reason: "want a company name, a form type, a CIK, a date and a file name"},
		{name: "a name of its column's width, company", columns: companyColumns, row: long[:62] + paddedTo(12, "4") + tail, reason: "want a company name, a form type, a CIK, a date and a file name"},
		{name: "a name of its column's width, form", columns: formColumns, row: paddedTo(12, "4") + long[:62] + tail, reason: `CIK "LO1750": want one to ten digits, not all zero`},
		{name: "no gap, form", columns: formColumns, row: "4 AAR CORP " + tail, reason: "want a company name, a form type, a CIK, a date and a file name"},
		{name: "no name, form", columns: formColumns, row: paddedTo(74, "4") + tail, reason: "want a company name, a form type, a CIK, a date and a file name"},
		{name: "prose", columns: formColumns, row: "The SEC is closed", reason: "want a company name, a form type, a CIK, a date and a file name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := readIndex(t, "Description: x\n\n"+tt.columns+"\n"+tt.row+"\n \n"+tt.row)
			line := 4 + strings.Count(tt.columns, "\n")
			var want indexList
			for _, line := range []int{line, line + 2} {
				if tt.reason == "" {
					tt.want.Line = line
					want.Filings = append(want.Filings, tt.want)
				} else {
					want.Rejections = append(want.Rejections, edgar.Rejection{Position: fmt.Sprintf("line %d", line), Reason: tt.reason})
				}
			}
			if diff := cmp.Diff(&want, l); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadIndexFormatErrors(t *testing.T) {
	t.Parallel()
	const noColumns = "no index: no columns are named above the line of dashes as Company Name, Form Type and CIK"
	tests := []struct {
		name, in, position, reason string
	}{
		{"empty", "", "", "the file is empty"},
		{"cut off in the heading", "Description: x\nComments:", "line 3", "the file ends above its line of dashes"},
		{"HTML", siteError, "line 3", "the file ends above its line of dashes"},
		{"a long text", strings.Repeat("a\n", 100), "line 32", "no index: there is no line of dashes"},
		{"no columns", "Description: x\n" + dashes, "line 2", noColumns},
		{"description only", "Description: Daily Index by Company Name\n" + dashes, "line 2", noColumns},
		{"columns in another order", "CIK   Company Name   Form Type   Date Filed  File Name\n" + dashes, "line 2", noColumns},
		{"missing column", "Form Type   Company Name   Date Filed  File Name\n" + dashes, "line 2", noColumns},
		{"missing separated column", "CIK|Company Name|Form|Date Filed|File Name\n" + dashes, "line 2", "missing column Form Type"},
		{"no file column", "CIK|Company Name|Form Type|Date Filed\n" + dashes, "line 2", "missing column File Name"},
		{"a long line in the heading", strings.Repeat("a", 100_000), "line 1", "longer than 64 kB"},
		{"a long row", masterColumns + "1|" + strings.Repeat("a", 100_000), "line 3", "longer than 64 kB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var l indexList
			err := edgar.ReadIndex(strings.NewReader(tt.in), &l)
			checkFormatError(t, edgar.FormatError{Kind: edgar.KindDailyIndex, Position: tt.position, Reason: tt.reason}, err)
			if l.Filings != nil || l.Rejections != nil {
				t.Errorf("%v beside the error", l)
			}
		})
	}
}

func TestReadIndexWithoutRows(t *testing.T) {
	t.Parallel()
	for _, columns := range []string{masterColumns, formColumns, companyColumns, strings.TrimSuffix(formColumns, "\n")} {
		if diff := cmp.Diff(&indexList{}, readIndex(t, columns)); diff != "" {
			t.Errorf("after %q (-want +got):\n%s", columns, diff)
		}
	}
}

func TestReadIndexKeepsErrorsOfTheReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	data := readFile(t, "index", "master.20200103.idx")
	for _, n := range []int{0, 10, 300, len(data) - 10} {
		var l indexList
		if err := edgar.ReadIndex(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken)), &l); !errors.Is(err, broken) {
			t.Errorf("the reader fails after %d bytes: %v", n, err)
		}
		err := edgar.ReadIndex(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(io.ErrUnexpectedEOF)), &l)
		position := fmt.Sprintf("line %d", 1+bytes.Count(data[:n], []byte("\n")))
		checkFormatError(t, edgar.FormatError{
			Kind: edgar.KindDailyIndex, Position: position, Reason: "the file ends in the middle: it is cut off",
		}, err)
		for _, f := range l.Filings { // a row that may be cut off is not given
			if f.Line >= 1+bytes.Count(data[:n], []byte("\n")) {
				t.Errorf("line %d is given when the file ends after %d bytes", f.Line, n)
			}
		}
	}
}

// indexStopper is a visitor that fails.
type indexStopper struct{ filing, reject error }

func (s indexStopper) Filing(*edgar.IndexRecord) error { return s.filing }
func (s indexStopper) Reject(edgar.Rejection) error    { return s.reject }

func TestReadIndexKeepsErrorsOfTheVisitor(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	row := "1750|AAR CORP|4|2020-01-02|edgar/data/1750/0001127602-20-000091.txt\n"
	if err := edgar.ReadIndex(strings.NewReader(masterColumns+row), indexStopper{filing: full}); !errors.Is(err, full) {
		t.Errorf("Filing fails: %v", err)
	}
	if err := edgar.ReadIndex(strings.NewReader(masterColumns+row+"x\n"), indexStopper{reject: full}); !errors.Is(err, full) {
		t.Errorf("Reject fails: %v", err)
	}
}

func FuzzReadIndex(f *testing.F) {
	for _, columns := range []string{masterColumns, formColumns, companyColumns} {
		f.Add([]byte("Description: x\n" + columns + "1750|AAR CORP|4|2020-01-02|edgar/data/1750/0001127602-20-000091.txt\n"))
	}
	for _, path := range files(f, "testdata", "index", "*.idx") {
		f.Add(readFile(f, "index", filepath.Base(path)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l indexList
		if err := edgar.ReadIndex(bytes.NewReader(data), &l); err != nil {
			if _, ok := errors.AsType[*edgar.FormatError](err); !ok {
				t.Fatalf("error %v", err)
			}
		}
		if rows := len(l.Filings) + len(l.Rejections); rows > bytes.Count(data, []byte("\n"))+1 {
			t.Fatalf("%d rows of %d bytes", rows, len(data))
		}
		for _, want := range l.Filings {
			checkStrings(t, want.CompanyName, want.Form)
			checkIndexRow(t, want)
		}
	})
}

// checkIndexRow checks that want, printed as a row of each kind of index, is read again.
func checkIndexRow(t *testing.T, want edgar.IndexRecord) {
	t.Helper()
	file := fmt.Sprintf("edgar/data/%d/%s.txt", want.CIK, want.Accession)
	tail := fmt.Sprintf("%-12d%-12s%s\n", want.CIK, want.FiledOn, file)
	rows := []string{
		formColumns + paddedTo(40, want.Form) + paddedTo(max(62, len(want.CompanyName)+2), want.CompanyName) + tail,
		companyColumns + paddedTo(max(62, len(want.CompanyName)+2), want.CompanyName) + paddedTo(40, want.Form) + tail,
	}
	if !strings.Contains(want.CompanyName+want.Form, "|") {
		rows = append(rows, masterColumns+fmt.Sprintf("%d|%s|%s|%s|%s\n", want.CIK, want.CompanyName, want.Form, want.FiledOn, file))
	}
	for _, row := range rows {
		got := readIndex(t, row)
		if len(got.Filings) != 1 {
			t.Fatalf("%q: %v", row, got.Rejections)
		}
		got.Filings[0].Line, got.Filings[0].NameCut = want.Line, want.NameCut
		if diff := cmp.Diff(want, got.Filings[0]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", row, diff)
		}
	}
}

// indexCounter counts, so that a benchmark can check its answer at no cost.
type indexCounter struct{ filings, rejections int }

func (c *indexCounter) Filing(*edgar.IndexRecord) error { c.filings++; return nil }
func (c *indexCounter) Reject(edgar.Rejection) error    { c.rejections++; return nil }

func BenchmarkReadIndex(b *testing.B) {
	for file, rows := range map[string]int{"company.20221003.idx": 10, "form.20200318.idx": 9, "master.20200103.idx": 23} {
		b.Run(file, func(b *testing.B) {
			data := readFile(b, "index", file)
			head := bytes.Index(data, []byte("\n-----")) + 1
			body := head + bytes.IndexByte(data[head:], '\n') + 1
			const times = 1000
			data = append(data[:body:body], bytes.Repeat(data[body:], times)...)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var c indexCounter
				if err := edgar.ReadIndex(bytes.NewReader(data), &c); err != nil {
					b.Fatal(err)
				}
				if c.filings != rows*times || c.rejections != 0 {
					b.Fatalf("%d filings, %d rejections, want %d, none", c.filings, c.rejections, rows*times)
				}
			}
		})
	}
}
