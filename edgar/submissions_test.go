package edgar_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// readFile returns a file of testdata.
func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parseSubmissions(t testing.TB, data []byte) *edgar.Submissions {
	t.Helper()
	s, err := edgar.ParseSubmissions(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accession returns the accession number that s is.
func accession(t testing.TB, s string) edgar.AccessionNumber {
	t.Helper()
	a, err := edgar.ParseAccessionNumber(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestParseSubmissionsEntities(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file    string
		want    *edgar.Entity
		filings int
		asOf    string
	}{
		{
			"CIK0000320193.json", &edgar.Entity{
				CIK: 320193, Name: "Apple Inc.",
				FormerNames: []string{"APPLE INC", "APPLE COMPUTER INC", "APPLE COMPUTER INC/ FA"},
				SIC:         "3571", SICDescription: "Electronic Computers", Country: "US", FiscalYearEnd: "0927",
				Tickers: []edgar.Listing{{"AAPL", "Nasdaq"}}, Pages: []string{"CIK0000320193-submissions-001.json"},
			}, 56, "2025-11-14",
		},
		{
			"CIK0000789019.json", &edgar.Entity{ // 14 columns, and a CIK that is not padded
				CIK: 789019, Name: "MICROSOFT CORP", SIC: "7372", SICDescription: "Services-Prepackaged Software",
				Country: "US", FiscalYearEnd: "0630",
				Tickers: []edgar.Listing{{"MSFT", "Nasdaq"}},
				Pages:   []string{"CIK0000789019-submissions-001.json", "CIK0000789019-submissions-002.json"},
			}, 8, "2022-09-13",
		},
		{
			"CIK0000072971.json", &edgar.Entity{
				CIK: 72971, Name: "WELLS FARGO & COMPANY/MN", FormerNames: []string{"WELLS FARGO & CO/MN", "NORWEST CORP"},
				SIC: "6021", SICDescription: "National Commercial Banks", Country: "US", FiscalYearEnd: "1231",
				Tickers: []edgar.Listing{
					{"WFC", "NYSE"},
					{"WFC-PY", "NYSE"},
					{"WFC-PL", "NYSE"},
					{"WFC-PC", "NYSE"},
					{"WFCNP", "OTC"},
					{"WFC-PA", "NYSE"},
					{"WFC-PD", "NYSE"},
					{"WFC-PZ", "NYSE"},
				},
				Pages: []string{
					"CIK0000072971-submissions-001.json", "CIK0000072971-submissions-002.json",
					"CIK0000072971-submissions-003.json", "CIK0000072971-submissions-004.json",
					"CIK0000072971-submissions-005.json", "CIK0000072971-submissions-006.json",
					"CIK0000072971-submissions-007.json", "CIK0000072971-submissions-008.json",
				},
			}, 6, "2025-11-20",
		},
		{
			"CIK0000749647.json", &edgar.Entity{
				CIK: 749647, Name: "Imunon, Inc.",
				FormerNames: []string{"CELSION CORP", "Celsion CORP", "CHEUNG LABORATORIES INC"},
				SIC:         "2834", SICDescription: "Pharmaceutical Preparations", Country: "US", FiscalYearEnd: "1231",
				Tickers: []edgar.Listing{{"IMNN", "Nasdaq"}}, Pages: []string{"CIK0000749647-submissions-001.json"},
			}, 8, "2026-02-17",
		},
		{"CIK0000749647-submissions-001.json", nil, 24, "2010-07-09"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			s := parseSubmissions(t, readFile(t, "submissions", tt.file))
			if diff := cmp.Diff(tt.want, s.Entity); diff != "" {
				t.Errorf("entity (-want +got):\n%s", diff)
			}
			if len(s.Rejections) != 0 {
				t.Errorf("rejections: %v", s.Rejections)
			}
			if len(s.Filings) != tt.filings || s.AsOf.String() != tt.asOf || !s.HasAsOf {
				t.Errorf("%d filings as of %s, want %d, %s", len(s.Filings), s.AsOf, tt.filings, tt.asOf)
			}
		})
	}
}

// submissionsOf returns a submissions document with the given members beside a CIK and a name, and three filings.
func submissionsOf(members string) string {
	return `{"cik":"0000000001","name":"A Co",` + members + `"filings":{"recent":` + columnsOf("") + `,"files":[]}}`
}

// columnsOf returns three filings with the given members after the columns, of which the last of a name counts.
func columnsOf(members string) string {
	return `{"accessionNumber":["0000000001-23-000003","0000000001-23-000002","0000000001-23-000001"],
		"form":["10-K","8-K","10-Q"],"filingDate":["2023-03-01","2023-02-01","2023-01-01"]` + members + `}`
}

func TestParseSubmissionsEntityDetails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, members string
		want          edgar.Entity // CIK and Name are added
		rejections    []edgar.Rejection
	}{
		{name: "nothing"},
		{
			name: "null",
			members: `"formerNames":null,"sic":null,"sicDescription":null,"fiscalYearEnd":null,"addresses":null,
				"tickers":null,"exchanges":null,"stateOfIncorporation":null,`,
		},
		{
			name:    "white space, a no-break space, entities, unknown keys",
			members: `"name":"  A\tB\u00a0C\u2019s  &amp; Co ","unknown":{"a":[1]},"sic":"100","sicDescription":" x  y ",`,
			want:    edgar.Entity{Name: "A B\u00a0C\u2019s &amp; Co", SIC: "0100", SICDescription: "x y"},
		},
		{
			name:    "a number as CIK",
			members: `"cik":9999999999,"sic":"0000",`,
			want:    edgar.Entity{CIK: 9_999_999_999},
		},
		{
			name: "former names, the latest first",
			members: `"formerNames":[{"name":"Undated"},{"name":"B","from":"2001-01-01T00:00:00Z","to":"2002-01-01T00:00:00Z"},
				{"name":"C","from":"2003-01-01T00:00:00Z","to":"2004-01-01T00:00:00Z"},{"name":"A Co","to":"2005-01-01"},
				{"name":"D","from":"2003-02-01","to":"2004-01-01"},{"name":"B","to":"1999-01-01"},{"name":""},{"name":7}],`,
			want: edgar.Entity{FormerNames: []string{"D", "C", "B", "Undated"}},
			rejections: []edgar.Rejection{
				{Position: "formerNames[6]", Reason: "missing"},
				{Position: "formerNames[7]", Reason: "a number where a string is wanted"},
			},
		},
		{
			name:    "tickers",
			members: `"tickers":["brk.b","BRK-B","?",null,"X"],"exchanges":["NYSE","OTC","NYSE",null,null],`,
			want:    edgar.Entity{Tickers: []edgar.Listing{{"BRK-B", "NYSE"}, {Symbol: "X"}}},
			rejections: []edgar.Rejection{
				{Position: "tickers[2]", Reason: `"?" is no symbol`},
				{Position: "tickers[3]", Reason: "missing"},
			},
		},
		{
			name:       "tickers and exchanges of different number",
			members:    `"tickers":["A","B"],"exchanges":["NYSE"],`,
			want:       edgar.Entity{Tickers: []edgar.Listing{{Symbol: "A"}, {Symbol: "B"}}},
			rejections: []edgar.Rejection{{Position: "exchanges", Reason: "1 values where tickers has 2"}},
		},
		{
			name:       "an exchange that is no text",
			members:    `"tickers":["A"],"exchanges":[{}],`,
			want:       edgar.Entity{Tickers: []edgar.Listing{{Symbol: "A"}}},
			rejections: []edgar.Rejection{{Position: "exchanges[0]", Reason: "an object where a string is wanted"}},
		},
		{
			name:    "a leap day as fiscal year end",
			members: `"fiscalYearEnd":"0229",`,
			want:    edgar.Entity{FiscalYearEnd: "0229"},
		},
		{
			name:    "details that are wrong",
			members: `"sic":"35x1","fiscalYearEnd":"0931","sicDescription":"a\u0000b","stateOfIncorporation":["CA"],`,
			rejections: []edgar.Rejection{
				{Position: "sic", Reason: `SIC code "35x1": want four digits such as "3571"`},
				{Position: "sicDescription", Reason: "has a NUL character"},
				{Position: "fiscalYearEnd", Reason: `fiscal year end "0931": want month and day such as "0927"`},
				{Position: "stateOfIncorporation", Reason: "an array where a string is wanted"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := parseSubmissions(t, []byte(strings.Replace(submissionsOf("MEMBERS"), "MEMBERS", tt.members, 1)))
			if tt.want.CIK == 0 {
				tt.want.CIK = 1
			}
			if tt.want.Name == "" {
				tt.want.Name = "A Co"
			}
			if diff := cmp.Diff(&tt.want, s.Entity); diff != "" {
				t.Errorf("entity (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.rejections, s.Rejections); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			if len(s.Filings) != 3 {
				t.Errorf("%d filings, want 3", len(s.Filings))
			}
		})
	}
}

func TestParseSubmissionsPages(t *testing.T) {
	t.Parallel()
	s := parseSubmissions(t, []byte(`{"cik":1,"name":"A","filings":{"recent":`+columnsOf("")+`,"files":[
		{"name":"CIK0000000001-submissions-001.json"},{"name":"../submissions-001.json"},{}]}}`))
	if diff := cmp.Diff([]string{"CIK0000000001-submissions-001.json"}, s.Entity.Pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	want := []edgar.Rejection{
		{
			Position: "filings.files[1]",
			Reason:   `page "../submissions-001.json": want a file name such as "CIK0000749647-submissions-001.json"`,
		},
		{Position: "filings.files[2]", Reason: "missing"},
	}
	if diff := cmp.Diff(want, s.Rejections); diff != "" {
		t.Errorf("rejections (-want +got):\n%s", diff)
	}
}

func TestParseSubmissionsCountry(t *testing.T) {
	t.Parallel()
	tests := []struct{ address, incorporation, want string }{
		{`{"stateOrCountry":"CA"}`, "E9", "US"},
		{`{"stateOrCountry":"A6"}`, "DE", "CA"},
		{`{"stateOrCountry":"X0"}`, "", "GB"},
		{`{"stateOrCountry":"x0"}`, "", "GB"},
		{`{"stateOrCountry":"I9"}`, "", "DE"},
		{`{"stateOrCountry":"PR"}`, "DE", "PR"},
		{`{"stateOrCountry":"X1"}`, "", "US"},
		{`{"stateOrCountry":"XX"}`, "C5", "BS"},
		{`{"stateOrCountry":"ZZ"}`, "", ""},
		{`{"stateOrCountry":"AL AK"}`, "", ""},
		{`{"stateOrCountry":null,"isForeignLocation":1,"countryCode":"2M","country":"Germany"}`, "DE", "DE"},
		{`{"stateOrCountry":"A1","isForeignLocation":true,"countryCode":"A6"}`, "DE", "CA"},
		{`{"stateOrCountry":null,"isForeignLocation":1}`, "DE", ""},
		{`{"stateOrCountry":null,"isForeignLocation":1}`, "E9", "KY"},
		{`{"stateOrCountry":null,"isForeignLocation":0}`, "DE", "US"},
		{`null`, "DE", "US"},
		{`{}`, "", ""},
	}
	for _, tt := range tests {
		members := fmt.Sprintf(`"addresses":{"business":%s},"stateOfIncorporation":%q,`, tt.address, tt.incorporation)
		s := parseSubmissions(t, []byte(submissionsOf(members)))
		if got := s.Entity.Country; got != tt.want {
			t.Errorf("address %s, incorporated in %q: %q, want %q", tt.address, tt.incorporation, got, tt.want)
		}
	}
}

func TestParseSubmissionsWithoutFilings(t *testing.T) {
	t.Parallel()
	s := parseSubmissions(t, []byte(`{"cik":"1","name":"A","filings":{"recent":{"accessionNumber":[],"form":[],"filingDate":[]}}}`))
	if len(s.Filings) != 0 || s.HasAsOf || s.AsOf != 0 {
		t.Errorf("filings %v as of %s, %t", s.Filings, s.AsOf, s.HasAsOf)
	}
}

func TestParseSubmissionsFormatErrors(t *testing.T) {
	t.Parallel()
	whole := string(readFile(t, "submissions", "CIK0000789019.json"))
	tests := []struct {
		name, in string
		want     edgar.FormatError // Offset is not compared
	}{
		{"empty", "", edgar.FormatError{Kind: edgar.KindSubmissions, Reason: "the file is empty"}},
		{"white space", " \n", edgar.FormatError{Kind: edgar.KindSubmissions, Reason: "the file is empty"}},
		{"HTML", "<!DOCTYPE html><html>", edgar.FormatError{Kind: edgar.KindSubmissions, Reason: `not a JSON object: it begins with "<!DOCTYPE html><html"`}},
		{"an array", "[1]", edgar.FormatError{Kind: edgar.KindSubmissions, Reason: `not a JSON object: it begins with "[1]"`}},
		{"cut off", whole[:len(whole)/2], edgar.FormatError{Kind: edgar.KindSubmissions, Reason: "the file ends in the middle: it is cut off"}},
		{"two documents", whole + whole, edgar.FormatError{Kind: edgar.KindSubmissions, Reason: "invalid character '{' after top-level value"}},
		{"no CIK", `{"name":"A","filings":{"recent":` + columnsOf("") + `}}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "cik", Reason: "missing"}},
		{"CIK of zero", `{"cik":0,"name":"A","filings":{}}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "cik", Reason: `CIK "0": want one to ten digits, not all zero`}},
		{"no name", `{"cik":1,"filings":{}}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "name", Reason: "missing"}},
		{"a name of white space", `{"cik":1,"name":" \u00a0","filings":{}}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "name", Reason: "missing"}},
		{"no filings", `{"cik":1,"name":"A"}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "filings", Reason: "missing"}},
		{"no columns", `{"cik":1,"name":"A","filings":{}}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "filings.recent.accessionNumber", Reason: "missing column"}},
		{"recent is an array", `{"cik":1,"name":"A","filings":{"recent":[]}}`, edgar.FormatError{Kind: edgar.KindSubmissions, Position: "filings.recent", Reason: "an array where an object is wanted"}},
		{"nothing", `{}`, edgar.FormatError{Kind: edgar.KindSubmissionsPage, Position: "accessionNumber", Reason: "missing column"}},
		{"no form", `{"accessionNumber":[],"filingDate":[]}`, edgar.FormatError{Kind: edgar.KindSubmissionsPage, Position: "form", Reason: "missing column"}},
		{"null filingDate", columnsOf(`,"filingDate":null`), edgar.FormatError{Kind: edgar.KindSubmissionsPage, Position: "filingDate", Reason: "missing column"}},
		{"form is no array", columnsOf(`,"form":"4"`), edgar.FormatError{Kind: edgar.KindSubmissionsPage, Position: "form", Reason: "a string where an array is wanted"}},
		{"a column that is too short", columnsOf(`,"reportDate":["",""]`), edgar.FormatError{Kind: edgar.KindSubmissionsPage, Position: "reportDate", Reason: "2 values where accessionNumber has 3"}},
		{"an unread column that is too long", columnsOf(`,"size":[1,2,3,4]`), edgar.FormatError{Kind: edgar.KindSubmissionsPage, Position: "size", Reason: "4 values where accessionNumber has 3"}},
		{"too deep", `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, edgar.FormatError{Kind: edgar.KindSubmissions, Reason: "invalid character '[' exceeded max depth"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := edgar.ParseSubmissions(strings.NewReader(tt.in))
			checkFormatError(t, tt.want, err)
		})
	}
}

func FuzzParseSubmissions(f *testing.F) {
	f.Add([]byte(submissionsOf(`"tickers":["A"],"exchanges":["NYSE"],"formerNames":[{"name":"B","to":"2001-01-01"}],`)))
	f.Add([]byte(columnsOf(`,"reportDate":["",null,"2022-12-31"],"acceptanceDateTime":["2023-03-01T09:00:00Z","","x"]`)))
	f.Add([]byte(`{"cik":1,"name":"A","filings":{"recent":{"accessionNumber":[],"form":[],"filingDate":[]},"files":[{"name":"x"}]}}`))
	f.Add([]byte(`{"accessionNumber":["0000000001-23-000003"`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := edgar.ParseSubmissions(bytes.NewReader(data))
		if err != nil {
			var format *edgar.FormatError
			if !errors.As(err, &format) || s != nil {
				t.Fatalf("%v beside error %v", s, err)
			}
			return
		}
		again := parseSubmissions(t, printFilings(t, s.Filings))
		if diff := cmp.Diff(s.Filings, again.Filings); diff != "" || len(again.Rejections) != 0 {
			t.Errorf("printed and parsed again (-want +got):\n%s\nrejections: %v", diff, again.Rejections)
		}
		if s.HasAsOf != (len(s.Filings) > 0) || s.AsOf != again.AsOf {
			t.Errorf("as of %s %t with %d filings", s.AsOf, s.HasAsOf, len(s.Filings))
		}
		if e := s.Entity; e != nil {
			checkStrings(t, append([]string{e.Name, e.SICDescription}, append(e.FormerNames, e.Pages...)...)...)
		}
	})
}
