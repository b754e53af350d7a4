package edgar_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

func TestParseSubmissionsFilings(t *testing.T) {
	t.Parallel()
	page := parseSubmissions(t, readFile(t, "submissions", "CIK0000749647-submissions-001.json")).Filings
	main := parseSubmissions(t, readFile(t, "submissions", "CIK0000749647.json")).Filings
	got := []edgar.FilingRecord{main[0], main[1], page[len(page)-1]}
	want := []edgar.FilingRecord{
		{
			Accession: accession(t, "0001172661-26-001255"), Form: "SCHEDULE 13G", FiledOn: date(t, "2026-02-17"),
			AcceptedAt:      time.Date(2026, 2, 18, 2, 50, 37, 0, time.UTC),
			PrimaryDocument: "xslSCHEDULE_13G_X01/primary_doc.xml",
		},
		{
			Accession: accession(t, "0001493152-26-005203"), Form: "8-K", FiledOn: date(t, "2026-02-05"),
			AcceptedAt: time.Date(2026, 2, 5, 13, 5, 45, 0, time.UTC),
			PeriodEnd:  date(t, "2026-02-02"), HasPeriodEnd: true, Title: "8-K", PrimaryDocument: "form8-k.htm",
		},
		{
			Accession: accession(t, "0000749647-96-000001"), Form: "8-K", FiledOn: date(t, "1996-08-07"),
			AcceptedAt: time.Date(1996, 8, 7, 4, 0, 0, 0, time.UTC),
			PeriodEnd:  date(t, "1996-06-12"), HasPeriodEnd: true,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filings (-want +got):\n%s", diff)
	}
}

func TestParseSubmissionsRejectsFilings(t *testing.T) {
	t.Parallel()
	tests := []struct{ column, value, reason string }{
		{"accessionNumber", `"0000320193-23-00010"`, `accessionNumber: accession number "0000320193-23-00010": want ten, two and six digits such as "0000320193-23-000106"`},
		{"accessionNumber", `null`, "accessionNumber: missing"},
		{"form", `""`, "form: missing"},
		{"form", `"  "`, "form: missing"},
		{"form", `4`, "form: a number where a string is wanted"},
		{"form", `"` + strings.Repeat("x", 33) + `"`, `form: "` + strings.Repeat("x", 33) + `" is longer than 32 bytes`},
		{"form", `"8\u0000K"`, "form: has a NUL character"},
		{"form", "\"8\xffK\"", "form: not valid UTF-8"},
		{"filingDate", `""`, `filingDate: date "": want a day that exists, such as "2023-09-30"`},
		{"filingDate", `"2023-02-29"`, `filingDate: date "2023-02-29": want a day that exists, such as "2023-09-30"`},
		{"filingDate", `"1899-12-31"`, "filingDate: 1899-12-31 is not between 1900-01-01 and 2200-12-31"},
		{"filingDate", `"2201-01-01"`, "filingDate: 2201-01-01 is not between 1900-01-01 and 2200-12-31"},
		{"reportDate", `"0201-12-31"`, "reportDate: 0201-12-31 is not between 1900-01-01 and 2200-12-31"},
		{"acceptanceDateTime", `"2023-02-01"`, `acceptanceDateTime: time "2023-02-01": want date, time and zone such as "2023-11-02T18:08:27Z"`},
		{"acceptanceDateTime", `"1202-02-01T00:00:00Z"`, "acceptanceDateTime: 1202-02-01 is not between 1900-01-01 and 2200-12-31"},
		{"primaryDocument", `{}`, "primaryDocument: an object where a string is wanted"},
		{"primaryDocDescription", `true`, "primaryDocDescription: a boolean where a string is wanted"},
	}
	for _, tt := range tests {
		t.Run(tt.column+" "+tt.value, func(t *testing.T) {
			t.Parallel()
			good := map[string]string{
				"accessionNumber": `"0000000001-23-000004"`, "form": `"4"`, "filingDate": `"2023-04-01"`, "reportDate": `""`,
				"acceptanceDateTime": `"2023-04-01T00:00:00Z"`, "primaryDocument": `""`, "primaryDocDescription": `""`,
			}[tt.column]
			columns := columnsOf(fmt.Sprintf(`,%q:[%s,%s,%s]`, tt.column, good, tt.value, good))
			s := parseSubmissions(t, []byte(columns))
			want := []edgar.Rejection{{Position: "filings[1]", Reason: tt.reason}}
			if diff := cmp.Diff(want, s.Rejections); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			if len(s.Filings) != 2 {
				t.Errorf("%d filings, want 2", len(s.Filings))
			}
			document := `{"cik":1,"name":"A","filings":{"recent":` + columns + `}}`
			want[0].Position = "filings.recent[1]"
			if diff := cmp.Diff(want, parseSubmissions(t, []byte(document)).Rejections); diff != "" {
				t.Errorf("rejections of the document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseSubmissionsOptionalCells(t *testing.T) {
	t.Parallel()
	s := parseSubmissions(t, []byte(columnsOf(`,"acceptanceDateTime":["2023-03-01T09:00:00Z","2023-02-01T09:00:00.5-05:00",null],
		"reportDate":["",null,"2022-12-31"],"primaryDocument":[null,""," a.htm "],"form":[" 10-K ","8-K","10-Q"],
		"primaryDocDescription":["","a  b",null],"later":[1,{},null],"note":"no column"`)))
	got := s.Filings
	if len(s.Rejections) != 0 || len(got) != 3 {
		t.Fatalf("%d filings, rejections %v", len(got), s.Rejections)
	}
	want := []edgar.FilingRecord{
		{Form: "10-K", FiledOn: date(t, "2023-03-01"), AcceptedAt: time.Date(2023, 3, 1, 9, 0, 0, 0, time.UTC)},
		{
			Form: "8-K", FiledOn: date(t, "2023-02-01"), Title: "a b",
			AcceptedAt: time.Date(2023, 2, 1, 14, 0, 0, 500_000_000, time.UTC),
		},
		{
			Form: "10-Q", FiledOn: date(t, "2023-01-01"), PrimaryDocument: "a.htm",
			PeriodEnd: date(t, "2022-12-31"), HasPeriodEnd: true,
		},
	}
	for i := range want {
		want[i].Accession = edgar.AccessionNumber(1_23_000003 - i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filings (-want +got):\n%s", diff)
	}
}

// printFilings writes filings as an older page has them.
func printFilings(t testing.TB, filings []edgar.FilingRecord) []byte {
	t.Helper()
	columns := map[string][]string{
		"accessionNumber": {}, "form": {}, "filingDate": {}, "acceptanceDateTime": {}, "reportDate": {},
		"primaryDocDescription": {}, "primaryDocument": {},
	}
	add := func(column, value string) {
		checkStrings(t, value)
		columns[column] = append(columns[column], value)
	}
	for _, f := range filings {
		var accepted, period string
		if !f.AcceptedAt.IsZero() {
			accepted = f.AcceptedAt.Format(time.RFC3339Nano)
		}
		if f.HasPeriodEnd {
			period = f.PeriodEnd.String()
		}
		add("accessionNumber", f.Accession.String())
		add("form", f.Form)
		add("filingDate", f.FiledOn.String())
		add("acceptanceDateTime", accepted)
		add("reportDate", period)
		add("primaryDocDescription", f.Title)
		add("primaryDocument", f.PrimaryDocument)
	}
	data, err := json.Marshal(columns)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// checkStrings checks that a database can hold the strings.
func checkStrings(t testing.TB, all ...string) {
	t.Helper()
	for _, s := range all {
		if strings.ToValidUTF8(s, "?") != s || strings.Contains(s, "\x00") {
			t.Errorf("string %q", s)
		}
	}
}
