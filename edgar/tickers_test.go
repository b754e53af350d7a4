package edgar_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

func parseTickers(t testing.TB, data []byte) ([]edgar.TickerRecord, []edgar.Rejection) {
	t.Helper()
	records, rejections, err := edgar.ParseTickers(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return records, rejections
}

func TestParseTickersExcerpts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file string
		rows int
		want []edgar.TickerRecord // some of the rows
	}{
		{"company_tickers.json", 22, []edgar.TickerRecord{
			{CIK: 1045810, Symbol: "NVDA", Name: "NVIDIA CORP", Row: 0},
			{CIK: 1652044, Symbol: "GOOGL", Name: "Alphabet Inc.", Row: 1},
			{CIK: 1067983, Symbol: "BRK-B", Name: "BERKSHIRE HATHAWAY INC", Row: 4},
			{CIK: 1652044, Symbol: "GOOG", Name: "Alphabet Inc.", Row: 12},
			{CIK: 72971, Symbol: "WFC-PZ", Name: "WELLS FARGO & COMPANY/MN", Row: 21},
		}},
		{"company_tickers_exchange.json", 23, []edgar.TickerRecord{
			{CIK: 320193, Symbol: "AAPL", Name: "Apple Inc.", Exchange: "Nasdaq", Row: 0},
			{CIK: 1362988, Symbol: "AYR", Name: "Aircastle LTD", Row: 11},
			{CIK: 72971, Symbol: "WFCNP", Name: "WELLS FARGO & COMPANY/MN", Exchange: "OTC", Row: 19},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			records, rejections := parseTickers(t, readFile(t, tt.file))
			if len(records) != tt.rows || len(rejections) != 0 {
				t.Fatalf("%d records, want %d; rejections %v", len(records), tt.rows, rejections)
			}
			for _, want := range tt.want {
				if diff := cmp.Diff(want, records[want.Row]); diff != "" {
					t.Errorf("row %d (-want +got):\n%s", want.Row, diff)
				}
			}
		})
	}
}

func TestParseTickersRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, row string // a row of company_tickers_exchange.json: cik, name, ticker, exchange
		want      edgar.TickerRecord
		reason    string
	}{
		{name: "a padded CIK as text", row: `["0000000005"," A  Co ","a.b",null]`, want: edgar.TickerRecord{CIK: 5, Name: "A Co", Symbol: "A-B"}},
		{name: "empty exchange", row: `[5,"A","B",""]`, want: edgar.TickerRecord{CIK: 5, Name: "A", Symbol: "B"}},
		{name: "CIK of zero", row: `[0,"A","B",null]`, reason: `cik: CIK "0": want one to ten digits, not all zero`},
		{name: "CIK that is no integer", row: `[1.5,"A","B",null]`, reason: `cik: CIK "1.5": want one to ten digits, not all zero`},
		{name: "no CIK", row: `[null,"A","B",null]`, reason: "cik: missing"},
		{name: "no name", row: `[5,"","B",null]`, reason: "name: missing"},
		{name: "a number as name", row: `[5,7,"B",null]`, reason: "name: a number where a string is wanted"},
		{name: "no symbol", row: `[5,"A",null,null]`, reason: "ticker: missing"},
		{name: "not a symbol", row: `[5,"A","A B C-",null]`, reason: `ticker: "A B C-" is no symbol`},
		{name: "exchange with NUL", row: `[5,"A","B","\u0000"]`, reason: "exchange: has a NUL character"},
		{name: "too short", row: `[5,"A","B"]`, reason: "3 values where there are 4 fields"},
		{name: "too long", row: `[5,"A","B",null,1]`, reason: "5 values where there are 4 fields"},
		{name: "an object", row: `{"cik":5}`, reason: "an object where an array is wanted"},
		{name: "null", row: `null`, reason: "0 values where there are 4 fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := fmt.Sprintf(`{"fields":["cik","name","ticker","exchange"],"data":[[9,"Z","Z",null],%s]}`, tt.row)
			records, rejections := parseTickers(t, []byte(data))
			wantRecords, wantRejections := []edgar.TickerRecord{{CIK: 9, Name: "Z", Symbol: "Z"}}, []edgar.Rejection(nil)
			if tt.reason == "" {
				tt.want.Row = 1
				wantRecords = append(wantRecords, tt.want)
			} else {
				wantRejections = []edgar.Rejection{{Position: "row 1", Reason: tt.reason}}
			}
			if diff := cmp.Diff(wantRecords, records); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(wantRejections, rejections); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTickersKeyed(t *testing.T) {
	t.Parallel()
	records, rejections := parseTickers(t, []byte(`{"7":{"cik_str":5,"ticker":"brk/b","title":"A","more":[1]},"0":[1],"1":null,
		"2":{"ticker":"X","title":"X"},"3":{"cik_str":6,"ticker":"Y","title":"Y"}}`))
	wantRecords := []edgar.TickerRecord{{CIK: 5, Symbol: "BRK-B", Name: "A", Row: 0}, {CIK: 6, Symbol: "Y", Name: "Y", Row: 4}}
	if diff := cmp.Diff(wantRecords, records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	wantRejections := []edgar.Rejection{
		{Position: "row 1", Reason: "an array where an object is wanted"},
		{Position: "row 2", Reason: "cik: missing"},
		{Position: "row 3", Reason: "cik: missing"},
	}
	if diff := cmp.Diff(wantRejections, rejections); diff != "" {
		t.Errorf("rejections (-want +got):\n%s", diff)
	}
}

func TestParseTickersColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	records, rejections := parseTickers(t, []byte(`{"data":[["B",5,1,"A"]],"fields":["ticker","cik","later","name"],"as":"of"}`))
	if diff := cmp.Diff([]edgar.TickerRecord{{CIK: 5, Symbol: "B", Name: "A"}}, records); diff != "" || rejections != nil {
		t.Errorf("rejections %v, records (-want +got):\n%s", rejections, diff)
	}
}

func TestParseTickersFormatErrors(t *testing.T) {
	t.Parallel()
	whole := string(readFile(t, "company_tickers_exchange.json"))
	keyed := string(readFile(t, "company_tickers.json"))
	tests := []struct {
		name, in string
		want     edgar.FormatError
	}{
		{"empty", "", edgar.FormatError{Kind: edgar.KindTickers, Reason: "the file is empty"}},
		{"an array", `[{"cik_str":1}]`, edgar.FormatError{Kind: edgar.KindTickers, Reason: `not a JSON object: it begins with "[{\"cik_str\":1}]"`}},
		{"cut off", whole[:len(whole)/2], edgar.FormatError{Kind: edgar.KindTickersExchange, Reason: "the file ends in the middle: it is cut off"}},
		{"cut off, keyed", keyed[:len(keyed)/2], edgar.FormatError{Kind: edgar.KindTickers, Reason: "the file ends in the middle: it is cut off"}},
		{"no column", `{"fields":["cik","name"],"data":[]}`, edgar.FormatError{Kind: edgar.KindTickersExchange, Position: "fields", Reason: "missing column ticker"}},
		{"mutual funds", `{"fields":["cik","seriesId","classId","symbol"],"data":[]}`, edgar.FormatError{Kind: edgar.KindTickersExchange, Position: "fields", Reason: "missing column ticker"}},
		{"no fields", `{"data":[[1]]}`, edgar.FormatError{Kind: edgar.KindTickersExchange, Position: "fields", Reason: "missing column cik"}},
		{"fields of another type", `{"fields":"cik","data":[]}`, edgar.FormatError{Kind: edgar.KindTickers, Position: "fields", Reason: "a string where an array is wanted"}},
		{"data of another type", `{"fields":[],"data":{}}`, edgar.FormatError{Kind: edgar.KindTickers, Position: "data", Reason: "an object where an array is wanted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := edgar.ParseTickers(strings.NewReader(tt.in))
			checkFormatError(t, tt.want, err)
		})
	}
}

func FuzzParseTickers(f *testing.F) {
	f.Add([]byte(`{"fields":["cik","name","ticker","exchange"],"data":[[320193,"Apple Inc.","AAPL","Nasdaq"],[1,"A","?",null]]}`))
	f.Add([]byte(`{"0":{"cik_str":1045810,"ticker":"NVDA","title":"NVIDIA CORP"},"1":{"cik_str":"1","ticker":"brk.b","title":"B"}}`))
	f.Add([]byte(`{"fields":["cik","name","ticker"],"data":[null,[]]}`))
	f.Add([]byte(`{"0":5}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, rejections, err := edgar.ParseTickers(bytes.NewReader(data))
		if err != nil {
			var format *edgar.FormatError
			if !errors.As(err, &format) || records != nil || rejections != nil {
				t.Fatalf("%v, %v beside error %v", records, rejections, err)
			}
			return
		}
		rows := [][]any{}
		for i := range records {
			r := &records[i]
			if r.Row < i || r.Row >= len(records)+len(rejections) {
				t.Errorf("record %d is row %d of %d", i, r.Row, len(records)+len(rejections))
			}
			checkStrings(t, r.Symbol, r.Name, r.Exchange)
			rows = append(rows, []any{r.CIK.String(), r.Name, r.Symbol, r.Exchange})
			r.Row = i // as it will be printed
		}
		printed, err := json.Marshal(map[string]any{"fields": []string{"cik", "name", "ticker", "exchange"}, "data": rows})
		if err != nil {
			t.Fatal(err)
		}
		again, rejections := parseTickers(t, printed)
		if diff := cmp.Diff(records, again); diff != "" || rejections != nil {
			t.Errorf("rejections %v, printed and parsed again (-want +got):\n%s", rejections, diff)
		}
	})
}
