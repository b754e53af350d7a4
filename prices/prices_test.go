package prices_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

const header = "date,ticker,open,high,low,close,adj_close,volume\n"

// each gives the rows and the rejections of a file to functions.
func each(in io.Reader, maxDate edgar.Date, take func(*prices.Row), reject func(edgar.Rejection)) error {
	r, err := prices.NewReader(in, prices.Options{
		MaxDate: maxDate,
		Reject:  func(r edgar.Rejection) error { reject(r); return nil },
	})
	for err == nil {
		var row *prices.Row
		if row, err = r.Next(); err == nil {
			take(row)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// contents is what is read of a file.
type contents struct {
	Rows       []prices.Row
	Rejections []edgar.Rejection
}

func read(in string) (c contents, err error) {
	err = each(strings.NewReader(in), edgar.NewDate(2026, 11, 23),
		func(r *prices.Row) { c.Rows = append(c.Rows, *r) },
		func(r edgar.Rejection) { c.Rejections = append(c.Rejections, r) })
	return c, err
}

// row is a row with all cells.
func row(line int, symbol string, day edgar.Date, values ...float64) prices.Row {
	r := prices.Row{Symbol: symbol, Date: day, Line: line}
	for f, v := range values {
		r.Values[f], r.Has[f] = v, true
	}
	return r
}

func TestReaderFiles(t *testing.T) {
	t.Parallel()
	monday := edgar.NewDate(2020, 1, 6)
	first, second := row(2, "ABC", monday, 10.5, 11, 10, 10.75, 9.125, 1000), row(3, "XY-B", monday+1, 20, 21, 19.5, 20.25, 20.25, 0)
	want := contents{Rows: []prices.Row{first, second}}
	const rows = "2020-01-06,ABC,10.5,11,10,10.75,9.125,1000\n2020-01-07,XY.B,20,21,19.50,20.25,2.025e1,0\n"
	tests := []struct {
		name, in string
	}{
		{"plain", header + rows},
		{"no end of line at the end", header + strings.TrimSuffix(rows, "\n")},
		{"CRLF", strings.ReplaceAll(header+rows, "\n", "\r\n")},
		{"byte order mark", "\ufeff" + header + rows},
		{"quotes", strings.ReplaceAll(header+rows, "ABC", `"ABC"`)},
		{"everything quoted", `"` + strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(strings.TrimSuffix(header+rows, "\n")) + `"`},
		{"spaces", strings.ReplaceAll(header+rows, ",", " , ")},
		{"capitals in the header", strings.ToUpper(header) + rows},
		{"small letters", header + strings.ReplaceAll(rows, "XY.B", "xy-b")},
		{"columns in another order, and others", "volume,x,ticker,date,open,high,low,close,adj_close,y\n" +
			"1000,a,ABC,2020-01-06,10.5,11,10,10.75,9.125,\n0,b,XY/B,2020-01-07,20,21,19.50,20.25,20.25,\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReaderFormatErrors(t *testing.T) {
	t.Parallel()
	const wanted = ": want the columns date,ticker,open,high,low,close,adj_close,volume, found "
	tests := []struct {
		name, in, want string
	}{
		{"empty", "", "the file is empty"},
		{"no header", "2020-01-06,ABC,1,1,1,1,1,1\n", `line 1: missing column date` + wanted + `"2020-01-06,ABC,1,1,1,1,1,1"`},
		{"missing column", "date,ticker,open,high,low,close,volume\n", "line 1: missing column adj_close" + wanted + `"date,ticker,open,high,low,close,volume"`},
		{"another name", "date,symbol,open,high,low,close,adj_close,volume\n", "line 1: missing column ticker" + wanted + `"date,symbol,open,high,low,close,adj_close,volume"`},
		{"twice", strings.Replace(header, "open", "close,open", 1), `line 1: two columns are the close: "close" and "close"`},
		{"semicolons", strings.ReplaceAll(header, ",", ";"), "line 1: missing column date" + wanted + `"date;ticker;open;high;low;close;adj_close;volume"`},
		{"a long line", header + strings.Repeat("1", 1<<17), "line 2: longer than 64 kB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tt.in)
			var format *csvfile.FormatError
			if !errors.As(err, &format) || err.Error() != tt.want {
				t.Errorf("error is %q, want a FormatError %q", err, tt.want)
			}
		})
	}
}

func TestReaderRejectsRows(t *testing.T) {
	t.Parallel()
	const wantDate = `want a day that exists, such as "2023-09-30"`
	tests := []struct {
		name, row, reason string
	}{
		{"date of another country", "31/12/2020,ABC,1,1,1,1,1,1", `date "31/12/2020": ` + wantDate},
		{"date of months", "12/31/2020,ABC,1,1,1,1,1,1", `date "12/31/2020": ` + wantDate},
		{"date without hyphens", "20201231,ABC,1,1,1,1,1,1", `date "20201231": ` + wantDate},
		{"date with time", "2020-12-31T00:00:00Z,ABC,1,1,1,1,1,1", `date "2020-12-31T00:00:00Z": ` + wantDate},
		{"a day there is not", "2021-02-29,ABC,1,1,1,1,1,1", `date "2021-02-29": ` + wantDate},
		{"no date", ",ABC,1,1,1,1,1,1", `date "": ` + wantDate},
		{"future", "2026-11-24,ABC,1,1,1,1,1,1", "date 2026-11-24 is after 2026-11-23"},
		{"past", "1899-12-31,ABC,1,1,1,1,1,1", "date 1899-12-31 is before 1900-01-01"},
		{"no symbol", "2020-12-31,,1,1,1,1,1,1", `symbol "": want letters and digits, such as "BRK.B"`},
		{"not a symbol", "2020-12-31,^GSPC,1,1,1,1,1,1", `symbol "^GSPC": want letters and digits, such as "BRK.B"`},
		{"a long symbol", "2020-12-31," + strings.Repeat("A", 100) + ",1,1,1,1,1,1", `symbol "` + strings.Repeat("A", 64) + `"…: want letters and digits, such as "BRK.B"`},
		{"date and symbol swapped", "ABC,2020-12-31,1,1,1,1,1,1", `date "ABC": ` + wantDate},
		{"decimal commas", "2020-12-31,ABC,1,5,1,5,1,5,1,5,1,5,1", "13 values where there are 8 columns"},
		{"too few", "2020-12-31,ABC,1", "3 values where there are 8 columns"},
		{"NUL", "2020-12-31,ABC\x00,1,1,1,1,1,1", "a NUL character"},
		{"a stray quote", `2020-12-31,"ABC,1,1,1,1,1,1`, "a quote that is not closed on its line"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(header + tt.row + "\n2026-11-23,Z,1,1,1,1,1,1\n")
			if err != nil {
				t.Fatal(err)
			}
			want := contents{
				Rows:       []prices.Row{row(3, "Z", edgar.NewDate(2026, 11, 23), 1, 1, 1, 1, 1, 1)},
				Rejections: []edgar.Rejection{{Position: "line 2", Reason: tt.reason}},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReaderEndsWithTheErrorOfReject(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	for _, bad := range []string{"x", "x,ABC,1,1,1,1,1,1", "2020-01-06,ABC,x,1,1,1,1,1", "2020-01-06,ABC,1,1,2,1,1,1"} {
		r, err := prices.NewReader(strings.NewReader(header+bad), prices.Options{
			MaxDate: edgar.MaxDate,
			Reject:  func(edgar.Rejection) error { return enough },
		})
		if err != nil {
			t.Fatal(err)
		}
		if row, err := r.Next(); !errors.Is(err, enough) || row != nil {
			t.Errorf("%q: row %v, error %v", bad, row, err)
		}
	}
}

// madeUp returns a file of rows of three securities.
func madeUp(rows int) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for i := range rows {
		b.WriteString(madeUpRow(i))
	}
	return b.Bytes()
}

func madeUpRow(i int) string {
	symbol := [...]string{"AAA", "BB.B", "C"}[i/1000%3]
	low := 99 + float64(i%700)/10
	return fmt.Sprintf("%s,%s,%.2f,%.2f,%.2f,%.2f,%.4f,%d\n",
		edgar.NewDate(2016, 1, 1)+edgar.Date(i%1000), symbol, low+1, low+2.25, low, low+1.5, low/1.1, 1000*i)
}

// TestReaderMemory reads 16 MB. It is not parallel, for the heap is everybody's.
func TestReaderMemory(t *testing.T) {
	const rows = 300_000
	in, out := io.Pipe()
	defer in.Close()
	go func() {
		_, err := io.WriteString(out, header)
		for i := 0; i < rows && err == nil; i++ {
			_, err = io.WriteString(out, madeUpRow(i))
		}
		out.CloseWithError(err) // nil is the end
	}()
	start, most, read := liveHeap(), uint64(0), 0
	err := each(in, edgar.MaxDate, func(*prices.Row) {
		if read++; read%20_000 == 0 {
			most = max(most, liveHeap())
		}
	}, func(r edgar.Rejection) { t.Errorf("%s: %s", r.Position, r.Reason) })
	if err != nil || read != rows {
		t.Errorf("%d rows, error %v", read, err)
	}
	if most > start+512<<10 {
		t.Errorf("the heap grew by %d kB", (most-start)>>10)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
