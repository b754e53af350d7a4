package edgar_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// factList is a visitor that keeps everything.
type factList struct {
	CIK        edgar.CIK
	Name       string
	Concepts   []edgar.ConceptRecord
	Facts      []edgar.FactRecord
	Rejections []edgar.Rejection

	order []string // of the calls
}

func (l *factList) Company(cik edgar.CIK, name string) error {
	l.CIK, l.Name, l.order = cik, name, append(l.order, "company")
	return nil
}

func (l *factList) Concept(c edgar.ConceptRecord) error {
	l.Concepts, l.order = append(l.Concepts, c), append(l.order, c.Taxonomy+":"+c.Name)
	return nil
}

func (l *factList) Fact(f *edgar.FactRecord) error {
	l.Facts, l.order = append(l.Facts, *f), append(l.order, f.Concept+" "+f.Unit)
	return nil
}

func (l *factList) Reject(r edgar.Rejection) error {
	l.Rejections = append(l.Rejections, r)
	return nil
}

func readFacts(t testing.TB, data []byte) *factList {
	t.Helper()
	l := &factList{}
	if err := edgar.ReadCompanyFacts(bytes.NewReader(data), l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestReadCompanyFactsExcerpts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, name             string
		concepts, facts, units int
	}{
		{"CIK0000055785.json", "KIMBERLY-CLARK CORPORATION", 1, 79, 3},
		{"CIK0000080424.json", "PROCTER & GAMBLE CO", 3, 87, 3},
		{"CIK0000320193.json", "Apple Inc.", 4, 86, 4},
		{"CIK0000354950.json", "HOME DEPOT,\u00a0INC.", 2, 8, 2},
		{"CIK0000909832.json", "COSTCO WHOLESALE CORP /NEW", 4, 47, 2},
		{"CIK0001045810.json", "NVIDIA CORP", 3, 91, 3},
		{"CIK0001364479.json", "HERC HOLDINGS INC.", 2, 8, 2},
		{"CIK0001652044.json", "ALPHABET INC.", 1, 24, 1},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			l := readFacts(t, readFile(t, "companyfacts", tt.file))
			units := map[string]bool{}
			for _, f := range l.Facts {
				units[f.Concept+" "+f.Unit] = true
			}
			if l.Name != tt.name || "CIK"+l.CIK.String()+".json" != tt.file {
				t.Errorf("company %s %q, want %q", l.CIK, l.Name, tt.name)
			}
			got := []int{len(l.Concepts), len(l.Facts), len(units), len(l.Rejections)}
			if diff := cmp.Diff([]int{tt.concepts, tt.facts, tt.units, 0}, got); diff != "" {
				t.Errorf("concepts, facts, units, rejections (-want +got):\n%s", diff)
			}
		})
	}
	if all := files(t, "testdata", "companyfacts", "*.json"); len(all) != len(tests) {
		t.Errorf("%d excerpts, %d of them tested", len(all), len(tests))
	}
}

// TestReadCompanyFactsValues follows single facts of the excerpts.
func TestReadCompanyFactsValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		want       edgar.FactRecord
	}{
		{
			name: "Apple's net income of 2008 as restated", file: "CIK0000320193.json",
			want: edgar.FactRecord{
				Concept: "us-gaap:NetIncomeLoss", Unit: "USD", Start: date(t, "2007-09-30"), End: date(t, "2008-09-27"),
				HasStart: true, Value: 6119e6, Accession: accession(t, "0001193125-10-012091"), FiscalYear: 2009,
				HasFiscalYear: true, FiscalPeriod: "FY", Form: "10-K/A", FiledOn: date(t, "2010-01-25"),
			},
		},
		{
			name: "Costco's quarter with its start corrected", file: "CIK0000909832.json",
			want: edgar.FactRecord{
				Concept: "us-gaap:NetIncomeLoss", Unit: "USD", Start: date(t, "2009-02-16"), End: date(t, "2009-05-10"),
				HasStart: true, Value: 210e6, Accession: accession(t, "0001193125-10-230379"), FiscalYear: 2010,
				HasFiscalYear: true, FiscalPeriod: "FY", Form: "10-K", FiledOn: date(t, "2010-10-18"),
			},
		},
		{
			name: "NVIDIA's float, dated after its filing", file: "CIK0001045810.json",
			want: edgar.FactRecord{
				Concept: "dei:EntityPublicFloat", Unit: "USD", End: date(t, "2011-08-01"), Value: 5033591950,
				Accession: accession(t, "0001045810-11-000031"), FiscalYear: 2011, HasFiscalYear: true, FiscalPeriod: "Q1",
				Form: "10-Q", FiledOn: date(t, "2011-05-27"),
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !slices.Contains(readFacts(t, readFile(t, "companyfacts", tt.file)).Facts, tt.want) {
				t.Errorf("no fact is %+v", tt.want)
			}
		})
	}
}

const oneFact = `{"start":"2022-01-01","end":"2022-12-31","val":1.50,"accn":"0000000001-23-000001",` +
	`"fy":2022,"fp":"FY","form":"10-K","filed":"2023-02-01","frame":"CY2022"}`

// factsOf returns a company facts document with one concept and the given facts.
func factsOf(facts string) string {
	return `{"cik":1,"entityName":"A","facts":{"us-gaap":{"Revenues":{"label":"L","description":"D","units":{"USD":[` +
		facts + `]}}}}}`
}

func TestReadCompanyFactsOrder(t *testing.T) {
	t.Parallel()
	l := readFacts(t, []byte(`{"unknown":{"a":[1,{"b":null}]},"cik":"0000000001","entityName":" A  Co\u00a0","facts":{
		"dei":{},
		"ffd":{"NetFeeAmt":{"label":null,"description":null,"units":{}}},
		"us-gaap":{"A":{"label":"  the\n A ","description":"d","more":[[]],"units":{"USD":[`+oneFact+`,`+oneFact+`],"EUR":[`+oneFact+`]}},
			"B":{"units":{"pure":[]}},
			"C":{}}},"after":1}`))
	wantOrder := []string{
		"company", "ffd:NetFeeAmt", "us-gaap:A", "us-gaap:A USD", "us-gaap:A USD", "us-gaap:A EUR", "us-gaap:B", "us-gaap:C",
	}
	if diff := cmp.Diff(wantOrder, l.order); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	wantConcepts := []edgar.ConceptRecord{
		{Taxonomy: "ffd", Name: "NetFeeAmt"},
		{Taxonomy: "us-gaap", Name: "A", Label: "the A", Description: "d"},
		{Taxonomy: "us-gaap", Name: "B"},
		{Taxonomy: "us-gaap", Name: "C"},
	}
	if diff := cmp.Diff(wantConcepts, l.Concepts); diff != "" {
		t.Errorf("concepts (-want +got):\n%s", diff)
	}
	if len(l.Rejections) != 0 || l.Name != "A Co" {
		t.Errorf("name %q, rejections %v", l.Name, l.Rejections)
	}
}

func TestReadCompanyFactsOptionalCells(t *testing.T) {
	t.Parallel()
	l := readFacts(t, []byte(factsOf(oneFact+`,
		{"end":"2022-12-31","val":-5,"accn":"0000000001-23-000001","fy":null,"fp":null,"form":" 10-K ","filed":"2023-02-01"},
		{"start":null,"end":"2022-12-31","val":0,"accn":"000000000123000001","form":"10-K","filed":"2022-01-01","fp":""}`)))
	base := edgar.FactRecord{
		Concept: "us-gaap:Revenues", Unit: "USD", End: date(t, "2022-12-31"), Accession: 1_23_000001, Form: "10-K",
		FiledOn: date(t, "2023-02-01"),
	}
	whole, instant, future := base, base, base
	whole.Start, whole.HasStart, whole.Value = date(t, "2022-01-01"), true, 1.5
	whole.FiscalYear, whole.HasFiscalYear, whole.FiscalPeriod = 2022, true, "FY"
	instant.Value = -5
	future.FiledOn = date(t, "2022-01-01") // before its end: stored all the same
	if diff := cmp.Diff([]edgar.FactRecord{whole, instant, future}, l.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(l.Rejections) != 0 {
		t.Errorf("rejections: %v", l.Rejections)
	}
}

func TestReadCompanyFactsRejectsFacts(t *testing.T) {
	t.Parallel()
	tests := []struct{ old, new, reason string }{
		{`"val":1.50`, `"val":9007199254740993`, `val: "9007199254740993" is not exactly representable`},
		{`"val":1.50`, `"val":-0`, `val: "-0" is not exactly representable`},
		{`"val":1.50`, `"val":1e400`, `val: "1e400" is not exactly representable`},
		{`"val":1.50`, `"val":"1.50"`, "val: a string where a number is wanted"},
		{`"val":1.50`, `"val":null`, "val: missing"},
		{`"val":1.50,`, ``, "val: missing"},
		{`"end":"2022-12-31"`, `"end":"2022-12-32"`, `end: date "2022-12-32": want a day that exists, such as "2023-09-30"`},
		{`"end":"2022-12-31"`, `"end":"1822-12-31"`, "end: 1822-12-31 is not between 1900-01-01 and 2200-12-31"},
		{`"end":"2022-12-31",`, ``, "end: missing"},
		{`"end":"2022-12-31"`, `"end":"2021-12-31"`, "start 2022-01-01 is after end 2021-12-31"},
		{`"start":"2022-01-01"`, `"start":"x"`, `start: date "x": want a day that exists, such as "2023-09-30"`},
		{`"start":"2022-01-01"`, `"start":2022`, "start: a number where a string is wanted"},
		{`"accn":"0000000001-23-000001"`, `"accn":"1"`, `accn: accession number "1": want ten, two and six digits such as "0000320193-23-000106"`},
		{`"fy":2022`, `"fy":"2022"`, `fy: fiscal year "\"2022\"": want a number from 1900 to 2200`},
		{`"fy":2022`, `"fy":2022.5`, `fy: fiscal year "2022.5": want a number from 1900 to 2200`},
		{`"fy":2022`, `"fy":0`, `fy: fiscal year "0": want a number from 1900 to 2200`},
		{`"fp":"FY"`, `"fp":{}`, "fp: an object where a string is wanted"},
		{`"form":"10-K"`, `"form":""`, "form: missing"},
		{`"form":"10-K"`, `"form":"\u0000"`, "form: has a NUL character"},
		{`"filed":"2023-02-01"`, `"filed":"2023-02-01T00:00:00"`, `filed: date "2023-02-01T00:00:00": want a day that exists, such as "2023-09-30"`},
		{oneFact, `null`, "end: missing"},
		{oneFact, `5`, "a number where an object is wanted"},
		{oneFact, `["a",{}]`, "an array where an object is wanted"},
	}
	for _, tt := range tests {
		t.Run(tt.new, func(t *testing.T) {
			t.Parallel()
			wrong := strings.Replace(oneFact, tt.old, tt.new, 1)
			if wrong == oneFact {
				t.Fatalf("%s does not occur", tt.old)
			}
			l := readFacts(t, []byte(factsOf(oneFact+","+wrong+","+oneFact)))
			want := []edgar.Rejection{{Position: "us-gaap:Revenues USD[1]", Reason: tt.reason}}
			if diff := cmp.Diff(want, l.Rejections); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			if len(l.Facts) != 2 {
				t.Errorf("%d facts, want 2", len(l.Facts))
			}
		})
	}
}

func TestReadCompanyFactsRejectsParts(t *testing.T) {
	t.Parallel()
	const control = "has a control character or is not valid UTF-8"
	tests := []struct {
		name, facts string // of "facts"
		want        edgar.Rejection
		concepts    int
	}{
		{"taxonomy without name", `"":{"A":{}}`, edgar.Rejection{Position: `taxonomy ""`, Reason: "empty, or white space around it"}, 0},
		{"taxonomy with colon", `"a:b":[{},{"c":[]}]`, edgar.Rejection{Position: `taxonomy "a:b"`, Reason: "a name has no colon and no white space"}, 0},
		{"taxonomy is an array", `"dei":[]`, edgar.Rejection{Position: "dei", Reason: "an array where an object is wanted"}, 0},
		{"concept with white space", `"dei":{"A B":{"units":{"USD":[` + oneFact + `]}}}`, edgar.Rejection{Position: `dei:"A B"`, Reason: "a name has no colon and no white space"}, 0},
		{"concept in invalid UTF-8", "\"dei\":{\"A\xff\":{}}", edgar.Rejection{Position: `dei:"A` + "\ufffd" + `"`, Reason: control}, 0},
		{"concept too long", `"dei":{"` + strings.Repeat("a", 257) + `":{}}`, edgar.Rejection{Position: `dei:"` + strings.Repeat("a", 64) + `"…`, Reason: "longer than 256 bytes"}, 0},
		{"concept is a number", `"dei":{"A":5}`, edgar.Rejection{Position: "dei:A", Reason: "a number where an object is wanted"}, 0},
		{"concept is null", `"dei":{"A":null}`, edgar.Rejection{Position: "dei:A", Reason: "null where an object is wanted"}, 0},
		{"label with NUL", `"dei":{"A":{"label":"\u0000"}}`, edgar.Rejection{Position: "dei:A label", Reason: "has a NUL character"}, 1},
		{"description in invalid UTF-8", "\"dei\":{\"A\":{\"description\":\"\xff\"}}", edgar.Rejection{Position: "dei:A description", Reason: "not valid UTF-8"}, 1},
		{"units is a string", `"dei":{"A":{"units":"USD"}}`, edgar.Rejection{Position: "dei:A units", Reason: "a string where an object is wanted"}, 1},
		{"unit with control character", `"dei":{"A":{"units":{"US\u0007D":[` + oneFact + `]}}}`, edgar.Rejection{Position: `dei:A "US\aD"`, Reason: control}, 1},
		{"unit is an object", `"dei":{"A":{"units":{"USD":{"x":[` + oneFact + `]}}}}`, edgar.Rejection{Position: "dei:A USD", Reason: "an object where an array is wanted"}, 1},
		{"unit is true", `"dei":{"A":{"units":{"USD":true}}}`, edgar.Rejection{Position: "dei:A USD", Reason: "a boolean where an array is wanted"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := readFacts(t, []byte(`{"cik":1,"entityName":"A","facts":{`+tt.facts+`,"us-gaap":{"B":{"units":{"USD":[`+oneFact+`]}}}}}`))
			if diff := cmp.Diff([]edgar.Rejection{tt.want}, l.Rejections); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			if len(l.Concepts) != tt.concepts+1 || len(l.Facts) != 1 {
				t.Errorf("%d concepts, %d facts, want %d, 1", len(l.Concepts), len(l.Facts), tt.concepts+1)
			}
		})
	}
}

func TestReadCompanyFactsName(t *testing.T) {
	t.Parallel()
	l := readFacts(t, []byte(`{"cik":1,"entityName":5,"facts":{}}`))
	want := []edgar.Rejection{{Position: "entityName", Reason: "a number where a string is wanted"}}
	if diff := cmp.Diff(want, l.Rejections); diff != "" || l.Name != "" || l.CIK != 1 {
		t.Errorf("company %s %q, rejections (-want +got):\n%s", l.CIK, l.Name, diff)
	}
	if l := readFacts(t, []byte(`{"cik":1,"facts":{}}`)); l.Name != "" || len(l.Rejections) != 0 {
		t.Errorf("no name is %q, rejections %v", l.Name, l.Rejections)
	}
}

func TestReadCompanyFactsFormatErrors(t *testing.T) {
	t.Parallel()
	const cutOff = "the file ends in the middle: it is cut off"
	whole := factsOf(oneFact)
	tests := []struct{ name, in, position, reason string }{
		{"empty", "", "", "the file is empty"},
		{"HTML", "\n<!DOCTYPE html>", "", `not a JSON object: it begins with "<!DOCTYPE html>"`},
		{"null", "null", "", `not a JSON object: it begins with "null"`},
		{"no CIK", `{"entityName":"A","facts":{}}`, "cik", "missing"},
		{"CIK after facts", `{"facts":{},"cik":1}`, "cik", "missing"},
		{"malformed CIK", `{"cik":"x","facts":{}}`, "cik", `CIK "x": want one to ten digits, not all zero`},
		{"no facts", `{"cik":1,"entityName":"A"}`, "facts", "missing"},
		{"facts twice", `{"cik":1,"facts":{},"facts":{}}`, "facts", "occurs twice"},
		{"facts is an array", `{"cik":1,"facts":[]}`, "facts", "an array where an object is wanted"},
		{"facts is null", `{"cik":1,"facts":null}`, "facts", "null where an object is wanted"},
		{"cut off in a fact", whole[:strings.Index(whole, `"accn"`)], "us-gaap:Revenues USD", cutOff},
		{"cut off after a fact", whole[:strings.Index(whole, `]`)], "us-gaap:Revenues USD", cutOff},
		{"cut off in a description", whole[:strings.Index(whole, `,"units"`)-1], "us-gaap:Revenues description", cutOff},
		{"cut off before the last brace", whole[:len(whole)-1], "", cutOff},
		{"no JSON", strings.Replace(whole, `"val":`, `"val"`, 1), "us-gaap:Revenues USD", "invalid character '1' after object key"},
		{"no comma", factsOf(oneFact + " " + oneFact), "us-gaap:Revenues USD", "expected comma after array element"},
		{"a key that is a number", `{"cik":1,"facts":{5:{}}}`, "facts", "invalid character '5'"},
		{"two documents", whole + "\n" + whole, "", "more follows the end of the document"},
		{"rubbish at the end", whole + "x", "", "more follows the end of the document"},
		{"a long string", factsOf(oneFact + `,{"x":"` + strings.Repeat("a", 2<<20) + `"}`), "us-gaap:Revenues USD", "a value is longer than 1048576 bytes"},
		{"a long key", `{"` + strings.Repeat("a", 2<<20) + `":1}`, "", "a value is longer than 1048576 bytes"},
		{"deep unknown value", `{"x":` + strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100) + `}`, "x", "nested more than 64 deep"},
		{"deep fact", factsOf(`{"x":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`), "us-gaap:Revenues USD", "exceeded max depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := edgar.ReadCompanyFacts(strings.NewReader(tt.in), &factList{})
			var got *edgar.FormatError
			if !errors.As(err, &got) {
				t.Fatalf("error is %v, want a FormatError", err)
			}
			if got.Kind != edgar.KindCompanyFacts || got.Position != tt.position || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("error is %#v, want position %q, reason %q", got, tt.position, tt.reason)
			}
			if got.Offset < 0 || got.Offset > int64(len(tt.in)) {
				t.Errorf("offset %d of %d", got.Offset, len(tt.in))
			}
			if len(err.Error()) > 300 {
				t.Errorf("message of %d bytes", len(err.Error()))
			}
		})
	}
}

// failing is a visitor of which one method fails.
type failing struct {
	factList
	method string
	err    error
}

func (f *failing) fail(method string) error {
	if f.method == method {
		return f.err
	}
	return nil
}

func (f *failing) Company(edgar.CIK, string) error   { return f.fail("Company") }
func (f *failing) Concept(edgar.ConceptRecord) error { return f.fail("Concept") }
func (f *failing) Fact(*edgar.FactRecord) error      { return f.fail("Fact") }
func (f *failing) Reject(edgar.Rejection) error      { return f.fail("Reject") }

func TestReadCompanyFactsReturnsErrorsOfTheVisitor(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Company", "Concept", "Fact", "Reject"} {
		for _, document := range []string{factsOf("5," + oneFact), `{"cik":1,"entityName":{},"facts":{"dei":{"A":{"label":5}}}}`} {
			v := &failing{method: method, err: errors.New("full")}
			err := edgar.ReadCompanyFacts(strings.NewReader(document), v)
			if method == "Fact" && !strings.Contains(document, "accn") {
				if err != nil {
					t.Errorf("no fact, but %v", err)
				}
				continue
			}
			if err != v.err { //nolint:errorlint // it must be returned as it is
				t.Errorf("%s fails: %v", method, err)
			}
		}
	}
}
