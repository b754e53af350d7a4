package prices_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

const mapHeader = "symbol,cik,from,to\n"

func parseMap(t testing.TB, in string) *prices.SymbolMap {
	t.Helper()
	m, err := prices.ParseSymbolMap(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSymbolMap(t *testing.T) {
	t.Parallel()
	m := parseMap(t, mapHeader+`LB,701985,,2021-08-02
lb,1995807,2024-06-28,
brk.b,1067983,,
META,0001326801,2022-06-09,
X,1,2020-01-01,2020-01-31
X,2,2020-02-01,2020-02-01
`)
	tests := []struct {
		symbol, day string
		want        edgar.CIK // 0: nobody
	}{
		{"LB", "1900-01-01", 701985},
		{"LB", "2021-08-02", 701985},
		{"LB", "2021-08-03", 0},
		{"LB", "2024-06-27", 0},
		{"LB", "2024-06-28", 1995807},
		{"LB", "9999-12-31", 1995807},
		{"BRK-B", "2020-01-01", 1067983},
		{"META", "2022-06-08", 0},
		{"META", "2022-06-09", 1326801},
		{"X", "2020-01-31", 1},
		{"X", "2020-02-01", 2},
		{"X", "2020-02-02", 0},
		{"A", "2020-01-01", 0},
		{"M", "2020-01-01", 0},
		{"Z", "2020-01-01", 0},
		{"", "2020-01-01", 0},
	}
	for _, tt := range tests {
		day, err := edgar.ParseDate(tt.day)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := m.Holder(tt.symbol, day); got != tt.want || ok != (tt.want != 0) {
			t.Errorf("on %s %q is held by %d, %t, want %d", tt.day, tt.symbol, got, ok, tt.want)
		}
	}
	want := []prices.Holding{
		{Symbol: "BRK-B", CIK: 1067983, From: edgar.MinDate, To: edgar.MaxDate, Line: 4},
		{Symbol: "LB", CIK: 701985, From: edgar.MinDate, To: edgar.NewDate(2021, 8, 2), Line: 2},
		{Symbol: "LB", CIK: 1995807, From: edgar.NewDate(2024, 6, 28), To: edgar.MaxDate, Line: 3},
		{Symbol: "META", CIK: 1326801, From: edgar.NewDate(2022, 6, 9), To: edgar.MaxDate, Line: 5},
		{Symbol: "X", CIK: 1, From: edgar.NewDate(2020, 1, 1), To: edgar.NewDate(2020, 1, 31), Line: 6},
		{Symbol: "X", CIK: 2, From: edgar.NewDate(2020, 2, 1), To: edgar.NewDate(2020, 2, 1), Line: 7},
	}
	if diff := cmp.Diff(want, m.Holdings()); diff != "" {
		t.Errorf("holdings (-want +got):\n%s", diff)
	}
	m.Holdings()[0].CIK = 0
	if diff := cmp.Diff(want, m.Holdings()); diff != "" {
		t.Errorf("holdings, after a copy was changed (-want +got):\n%s", diff)
	}
}

func TestEmptySymbolMap(t *testing.T) {
	t.Parallel()
	m := parseMap(t, mapHeader)
	if cik, ok := m.Holder("A", 0); ok || len(m.Holdings()) != 0 {
		t.Errorf("held by %d", cik)
	}
}

func TestSymbolMapErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"empty", "", "the file is empty"},
		{"missing column", "symbol,cik,from\n", `line 1: missing column to: want the columns symbol,cik,from,to, found "symbol,cik,from"`},
		{"no symbol", mapHeader + ",1,,\n", `line 2: symbol "": want letters and digits, such as "BRK.B"`},
		{"no CIK", mapHeader + "A,,,\n", `line 2: CIK "": want one to ten digits, not all zero`},
		{"from", mapHeader + "A,1,31/12/2020,\n", `line 2: from: date "31/12/2020": want a day that exists, such as "2023-09-30"`},
		{"to", mapHeader + "A,1,,2020\n", `line 2: to: date "2020": want a day that exists, such as "2023-09-30"`},
		{"backwards", mapHeader + "A,1,2020-01-02,2020-01-01\n", "line 2: from 2020-01-02 is after to 2020-01-01"},
		{"too few", mapHeader + "A,1,\n", "line 2: 3 values where there are 4 columns"},
		{"broken quotes", mapHeader + "\"A,1,,\n", "line 2: a quote that is not closed on its line"},
		{"overlap", mapHeader + "A,1,2020-01-01,2020-12-31\nB,1,,\na,2,2020-12-31,\n", "line 4: A overlaps with line 2 on 2020-12-31"},
		{"overlap, the later first", mapHeader + "A,1,2020-12-31,\nA,2,,2020-12-31\n", "line 3: A overlaps with line 2 on 2020-12-31"},
		{"twice the same", mapHeader + "A,1,,\nA,1,,\n", "line 3: A overlaps with line 2 on 0001-01-01"},
		{"one inside the other", mapHeader + "A,1,2020-01-01,2020-12-31\nA,2,2020-03-01,2020-04-01\nA,3,2021-01-01,\n", "line 3: A overlaps with line 2 on 2020-03-01"},
		{"too many", mapHeader + strings.Repeat("A,1,2020-01-01,\n", 100_001), "line 100002: more than 100000 rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := prices.ParseSymbolMap(strings.NewReader(tt.in))
			var format *csvfile.FormatError
			if !errors.As(err, &format) || err.Error() != tt.want || m != nil {
				t.Errorf("map %v, error %q, want a FormatError %q", m, err, tt.want)
			}
		})
	}
}

func FuzzParseSymbolMap(f *testing.F) {
	for _, seed := range []string{
		"LB,701985,,2021-08-02\nLB,1995807,2024-06-28,\n", "A,1,,\nA,2,,\n", "A,1,2020-01-02,2020-01-01", "\"A\",1,,\r\n", "x", "A,1,2020-01-01,2020-01-01\nA,2,2020-01-02,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		m, err := prices.ParseSymbolMap(strings.NewReader(mapHeader + rows))
		if err != nil {
			if _, ok := errors.AsType[*csvfile.FormatError](err); !ok || m != nil {
				t.Fatalf("map %v, error %v", m, err)
			}
			return
		}
		holdings := m.Holdings()
		for _, h := range holdings {
			for _, day := range []edgar.Date{h.From - 1, h.From, h.To, h.To + 1} {
				checkHolder(t, m, holdings, h.Symbol, day)
			}
		}
		var printed bytes.Buffer
		printed.WriteString(mapHeader)
		for i, h := range holdings {
			fmt.Fprintf(&printed, "%s,%s,%s,%s\n", h.Symbol, h.CIK, h.From, h.To)
			holdings[i].Line = i + 2
		}
		if diff := cmp.Diff(holdings, parseMap(t, printed.String()).Holdings()); diff != "" {
			t.Errorf("printed and parsed again (-want +got):\n%s", diff)
		}
	})
}

// checkHolder compares with a walk through all holdings.
func checkHolder(t *testing.T, m *prices.SymbolMap, holdings []prices.Holding, symbol string, day edgar.Date) {
	t.Helper()
	var want []edgar.CIK
	for _, h := range holdings {
		if h.Symbol == symbol && h.From <= day && day <= h.To {
			want = append(want, h.CIK)
		}
	}
	var got []edgar.CIK
	if cik, ok := m.Holder(symbol, day); ok {
		got = append(got, cik)
	}
	if !slices.Equal(got, want) {
		t.Errorf("on day %d %s is held by %v, want %v", day, symbol, got, want)
	}
}

func BenchmarkSymbolMapHolder(b *testing.B) {
	var in strings.Builder
	in.WriteString(mapHeader)
	for i := range 10_000 {
		fmt.Fprintf(&in, "S%d,%d,,2020-01-01\nS%d,%d,2020-01-02,\n", i, i+1, i, i+20_000)
	}
	m := parseMap(b, in.String())
	b.ReportAllocs()
	for b.Loop() {
		if cik, ok := m.Holder("S777", edgar.NewDate(2021, 1, 1)); !ok || cik != 20_777 {
			b.Fatal(cik)
		}
	}
}
