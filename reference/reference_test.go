package reference_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/reference"
)

// contents is what is read of a file.
type contents struct {
	Records    []reference.Record
	Rejections []edgar.Rejection
}

func read(in io.Reader) (c contents, err error) {
	r, err := reference.NewReader(in, func(r edgar.Rejection) error {
		c.Rejections = append(c.Rejections, r)
		return nil
	})
	for err == nil {
		var record *reference.Record
		if record, err = r.Next(); err == nil {
			c.Records = append(c.Records, *record)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return c, err
}

func TestReader(t *testing.T) {
	t.Parallel()
	mmm := reference.Record{Symbol: "MMM", CIK: 66740, HasCIK: true, Sector: "Industrials", Industry: "Industrial Conglomerates", Line: 2}
	with := func(change func(*reference.Record)) []reference.Record {
		r := mmm
		change(&r)
		return []reference.Record{r}
	}
	rejected := func(position, reason string) []edgar.Rejection {
		return []edgar.Rejection{{Position: position, Reason: reason}}
	}
	const small = "symbol,cik,sector,industry\n"
	tests := []struct {
		name, in string
		want     contents
	}{
		{"constituents of an index", "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded\n" +
			"MMM,3M,Industrials,Industrial Conglomerates,\"Saint Paul, Minnesota\",1957-03-04,66740,1902\n", contents{Records: with(func(*reference.Record) {})}},
		{"plain", small + "MMM,0000066740,Industrials,Industrial Conglomerates\n", contents{Records: with(func(*reference.Record) {})}},
		{
			"byte order mark, CRLF, space", "\ufeff" + small + " mmm , 66740 ,Industrials, Industrial \t Conglomerates \r\n",
			contents{Records: with(func(*reference.Record) {})},
		},
		{"by ticker, sector only", "sector,ticker\nIndustrials,mmm\n", contents{Records: with(func(r *reference.Record) { r.CIK, r.HasCIK, r.Industry = 0, false, "" })}},
		{"by CIK, industry only", "CIK,Industry\n66740,Industrial Conglomerates\n", contents{Records: with(func(r *reference.Record) { r.Symbol, r.Sector = "", "" })}},
		{"no sector", small + "MMM,66740,,Industrial Conglomerates\n", contents{Records: with(func(r *reference.Record) { r.Sector = "" })}},
		{"no CIK", small + "MMM,,Industrials,Industrial Conglomerates\n", contents{Records: with(func(r *reference.Record) { r.CIK, r.HasCIK = 0, false })}},
		{"a wrong CIK", small + "MMM,x,Industrials,Industrial Conglomerates\n", contents{
			with(func(r *reference.Record) { r.CIK, r.HasCIK = 0, false }), rejected("line 2 cik", `CIK "x": want one to ten digits, not all zero`),
		}},
		{"a wrong symbol", small + "?,66740,Industrials,Industrial Conglomerates\n", contents{
			with(func(r *reference.Record) { r.Symbol = "" }), rejected("line 2 symbol", `symbol "?": want letters and digits, such as "BRK.B"`),
		}},
		{"a sector that is not UTF-8", small + "MMM,66740,\xff,Industrial Conglomerates\n", contents{
			with(func(r *reference.Record) { r.Sector = "" }), rejected("line 2 sector", "not valid UTF-8"),
		}},
		{"an industry that steers a terminal", small + "MMM,66740,Industrials,\x1b[2J\n", contents{
			with(func(r *reference.Record) { r.Industry = "" }), rejected("line 2 industry", "has a control character"),
		}},
		{"a long industry", small + "MMM,66740,Industrials," + strings.Repeat("x", 201) + "\n", contents{
			with(func(r *reference.Record) { r.Industry = "" }), rejected("line 2 industry", "longer than 200 bytes"),
		}},
		{"nobody", small + ",,Industrials,\n", contents{Rejections: rejected("line 2", "neither a symbol nor a CIK")}},
		{"nobody known", small + "?,,Industrials,\n", contents{Rejections: []edgar.Rejection{
			{Position: "line 2 symbol", Reason: `symbol "?": want letters and digits, such as "BRK.B"`},
			{Position: "line 2", Reason: "neither a symbol nor a CIK"},
		}}},
		{"too few", small + "MMM\n", contents{Rejections: rejected("line 2", "1 values where there are 4 columns")}},
		{"no rows", small, contents{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormatErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"empty", "", "the file is empty"},
		{"SIC codes", "SIC Code,Office,Industry Title\n100,A,B\n", "line 1: missing column: want symbol or cik"},
		{"nothing to learn", "\nname,cik,sic\n", "line 2: missing column: want sector or industry"},
		{"two symbols", "symbol,ticker,sector\n", `line 1: two columns are the symbol: "symbol" and "ticker"`},
		{"two sectors", "symbol,GICS Sector,sector\n", `line 1: two columns are the sector: "GICS Sector" and "sector"`},
		{"a long line", "symbol,sector\n" + strings.Repeat("x", 1<<17), "line 2: longer than 64 kB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(strings.NewReader(tt.in))
			var format *csvfile.FormatError
			if !errors.As(err, &format) || err.Error() != tt.want {
				t.Errorf("error is %q, want a FormatError %q", err, tt.want)
			}
		})
	}
}

func TestReaderEndsWithTheErrorOfReject(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	for _, bad := range []string{"A", "A,x,,", ",,,"} {
		r, err := reference.NewReader(strings.NewReader("symbol,cik,sector,industry\n"+bad), func(edgar.Rejection) error { return enough })
		if err != nil {
			t.Fatal(err)
		}
		if record, err := r.Next(); !errors.Is(err, enough) || record != nil {
			t.Errorf("%q: record %v, error %v", bad, record, err)
		}
	}
}

// TestDataSet reads the constituents of the S&P 500.
func TestDataSet(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("CORPINTEL_TESTDATA")
	if dir == "" {
		t.Skip("CORPINTEL_TESTDATA is not set: not run on the whole data set")
	}
	file, err := os.Open(filepath.Join(dir, "reference", "sp500_constituents.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got.Rejections {
		t.Errorf("%s: %s", r.Position, r.Reason)
	}
	symbols, ciks, sectors, industries := map[string]bool{}, map[edgar.CIK]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range got.Records {
		symbols[r.Symbol], ciks[r.CIK], sectors[r.Sector], industries[r.Industry] = true, r.HasCIK, true, true
	}
	counts := []int{len(got.Records), len(symbols), len(ciks), len(sectors), len(industries)}
	if diff := cmp.Diff([]int{503, 503, 500, 11, 127}, counts); diff != "" || !symbols["BRK-B"] || ciks[0] || sectors[""] || industries[""] {
		t.Errorf("records, symbols, CIKs, sectors, industries (-want +got):\n%s", diff)
	}
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"MMM,66740,Industrials,Industrial Conglomerates\n", "brk.b,,\"Financials, \"\"all\"\"\",\r\n", ",1,,\n,,a,b\n?,x,\xff,\x00", "\"\n", "A,1,  a\tb ,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		const header = "symbol,cik,sector,industry\n"
		got, err := read(strings.NewReader(header + rows))
		if err != nil {
			if _, ok := errors.AsType[*csvfile.FormatError](err); !ok {
				t.Fatalf("error %v", err)
			}
			return
		}
		var printed strings.Builder
		printed.WriteString(header)
		for i := range got.Records {
			r := &got.Records[i]
			cik := ""
			if r.HasCIK {
				cik = r.CIK.String()
			}
			quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
			fmt.Fprintf(&printed, "%s,%s,%s,%s\n", r.Symbol, cik, quote(r.Sector), quote(r.Industry))
			r.Line = i + 2 // as it was printed
		}
		again, err := read(strings.NewReader(printed.String()))
		if err != nil {
			t.Fatal(err)
		}
		got.Rejections = nil
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("printed and read again (-want +got):\n%s", diff)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	const rows = 10_000
	var in strings.Builder
	in.WriteString("Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded\n")
	for i := range rows {
		fmt.Fprintf(&in, "S%d,Company %d,Industrials,Industrial Conglomerates,\"Saint Paul, Minnesota\",1957-03-04,%d,1902\n", i, i, i+1)
	}
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := reference.NewReader(strings.NewReader(in.String()), nil)
		n := 0
		for ; err == nil; n++ {
			_, err = r.Next()
		}
		if n-1 != rows || !errors.Is(err, io.EOF) {
			b.Fatalf("%d records, error %v", n-1, err)
		}
	}
}
