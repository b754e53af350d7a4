package prices_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/csvfile"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

func TestCells(t *testing.T) {
	t.Parallel()
	tests := []struct {
		field  prices.Field
		text   string
		want   float64
		absent bool
		reason string
	}{
		{field: prices.AdjClose, text: "12.34", want: 12.34},
		{field: prices.AdjClose, text: "12.340", want: 12.34},
		{field: prices.AdjClose, text: "1.234e1", want: 12.34},
		{field: prices.AdjClose, text: "0.0001", want: 0.0001},
		{field: prices.AdjClose, text: "20.100000381469727", want: 20.100000381469727}, // once a float32
		{field: prices.AdjClose, text: "999999999.99", want: 999999999.99},
		{field: prices.AdjClose, text: "", absent: true},
		{field: prices.AdjClose, text: " ", absent: true},
		{field: prices.AdjClose, text: `""`, absent: true},

		{field: prices.AdjClose, text: "1000000000", reason: `price "1000000000": want less than 1000000000`},
		{field: prices.AdjClose, text: "1800000000000000000256", reason: `price "1800000000000000000256": want less than 1000000000`},
		{field: prices.AdjClose, text: "1e400", reason: `price "1e400": want less than 1000000000`},
		{field: prices.AdjClose, text: "0", reason: `price "0": want more than zero`},
		{field: prices.AdjClose, text: "0.00", reason: `price "0.00": want more than zero`},
		{field: prices.AdjClose, text: "-0", reason: `price "-0": want more than zero`},
		{field: prices.AdjClose, text: "-0.25", reason: `price "-0.25": want more than zero`},
		{field: prices.AdjClose, text: "-9000000000000000512", reason: `price "-9000000000000000512": want more than zero`},
		{field: prices.AdjClose, text: "1e-400", reason: `price "1e-400": want a number such as 12.34`},
		{field: prices.AdjClose, text: "12.340000000000000001", reason: `price "12.340000000000000001": want no more digits than can be kept`},
		{field: prices.AdjClose, text: `"1,5"`, reason: `price "1,5": want a decimal point, and nothing between thousands`},
		{field: prices.AdjClose, text: `"1,234.5"`, reason: `price "1,234.5": want a decimal point, and nothing between thousands`},
		{field: prices.AdjClose, text: "1_000", reason: `price "1_000": want a number such as 12.34`},
		{field: prices.AdjClose, text: "1 000", reason: `price "1 000": want a number such as 12.34`},
		{field: prices.AdjClose, text: "$12", reason: `price "$12": want a number such as 12.34`},
		{field: prices.AdjClose, text: "12 USD", reason: `price "12 USD": want a number such as 12.34`},
		{field: prices.AdjClose, text: "0x1p4", reason: `price "0x1p4": want a number such as 12.34`},
		{field: prices.AdjClose, text: "+1", reason: `price "+1": want a number such as 12.34`},
		{field: prices.AdjClose, text: "1.2.3", reason: `price "1.2.3": want a number such as 12.34`},
		{field: prices.AdjClose, text: "null", reason: `price "null": want a number such as 12.34`},
		{field: prices.AdjClose, text: "NaN", reason: `price "NaN": want a finite number`},
		{field: prices.AdjClose, text: "inf", reason: `price "inf": want a finite number`},
		{field: prices.AdjClose, text: "-Infinity", reason: `price "-Infinity": want a finite number`},
		{field: prices.AdjClose, text: "１２", reason: `price "１２": want a number such as 12.34`},
		{field: prices.AdjClose, text: "1\x1b[2J", reason: `price "1\x1b[2J": want a number such as 12.34`},

		{field: prices.Volume, text: "0", want: 0},
		{field: prices.Volume, text: "12000000", want: 12000000},
		{field: prices.Volume, text: "12000000.0", want: 12000000},
		{field: prices.Volume, text: "1e6", want: 1e6},
		{field: prices.Volume, text: "999999999999999", want: 999999999999999},
		{field: prices.Volume, text: "", absent: true},
		{field: prices.Volume, text: "1000000000000000", reason: `volume "1000000000000000": want less than 1000000000000000`},
		{field: prices.Volume, text: "30.25", reason: `volume "30.25": want a whole number`},
		{field: prices.Volume, text: "-1", reason: `volume "-1": want zero or more`},
		{field: prices.Volume, text: "-0", reason: `volume "-0": want zero or more`},
		{field: prices.Volume, text: `"12,000,000"`, reason: `volume "12,000,000": want a decimal point, and nothing between thousands`},
		{field: prices.Volume, text: "NaN", reason: `volume "NaN": want a finite number`},

		{field: prices.Open, text: "x", reason: `price "x": want a number such as 12.34`},
		{field: prices.High, text: "x", reason: `price "x": want a number such as 12.34`},
		{field: prices.Low, text: "x", reason: `price "x": want a number such as 12.34`},
		{field: prices.Close, text: "x", reason: `price "x": want a number such as 12.34`},
	}
	for _, tt := range tests {
		t.Run(tt.field.String()+" "+tt.text, func(t *testing.T) {
			t.Parallel()
			cells := make([]string, prices.FieldCount)
			cells[tt.field] = tt.text
			got, err := read(header + "2020-01-06,ABC," + strings.Join(cells, ","))
			if err != nil {
				t.Fatal(err)
			}
			only := row(2, "ABC", edgar.NewDate(2020, 1, 6))
			only.Values[tt.field], only.Has[tt.field] = tt.want, tt.reason == "" && !tt.absent
			want := contents{Rows: []prices.Row{only}}
			if tt.reason != "" {
				want.Rejections = []edgar.Rejection{{Position: "line 2 " + tt.field.String(), Reason: tt.reason}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestContradictions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, cells string // open, high, low, close, adj_close, volume
		taken       string // the fields that are taken
		rejections  []string
	}{
		{name: "a day", cells: "10,12,9,11,5,100", taken: "open high low close adj_close volume"},
		{name: "one price", cells: "10,10,10,10,10,0", taken: "open high low close adj_close volume"},
		{name: "a close above a stale high", cells: "45,30,30,45,45,60", taken: "open high low close adj_close volume"},
		{name: "a close below a stale low", cells: "0.06,0.07,0.07,0.065,0.065,500", taken: "open high low close adj_close volume"},
		{name: "at the bounds", cells: "200,100,1,0.5,1,1", taken: "open high low close adj_close volume"},
		{name: "a wild day", cells: "250,480,110,200,50,1000000", taken: "open high low close adj_close volume"},
		{name: "high and low swapped", cells: "10,9,12,11,5,100", taken: "open close adj_close volume", rejections: []string{
			"line 2 high: the high 9 is below the low 12", "line 2 low: the high 9 is below the low 12",
		}},
		{name: "high and volume swapped", cells: "10,1200,9,11,5,12", taken: "open close adj_close volume", rejections: []string{
			"line 2 high: the high 1200 is more than 100 times the low 9", "line 2 low: the high 1200 is more than 100 times the low 9",
		}},
		{name: "open and volume swapped", cells: "120000,12,9,11,5,10.5", taken: "high low close adj_close", rejections: []string{
			`line 2 volume: volume "10.5": want a whole number`, "line 2 open: 120000 is more than 2 times the high 12",
		}},
		{name: "close in cents", cells: "10,12,9,1100,5,100", taken: "open high low adj_close volume", rejections: []string{
			"line 2 close: 1100 is more than 2 times the high 12",
		}},
		{name: "open and close too low", cells: "4,12,9,0.5,5,100", taken: "high low adj_close volume", rejections: []string{
			"line 2 open: the low 9 is more than 2 times 4", "line 2 close: the low 9 is more than 2 times 0.5",
		}},
		{name: "nothing to compare with", cells: "4,,,5000,1,100", taken: "open close adj_close volume"},
		{name: "a rejected high", cells: "10,-12,9,11,5,100", taken: "open low close adj_close volume", rejections: []string{
			`line 2 high: price "-12": want more than zero`,
		}},
		{name: "an empty low", cells: "10,12,,30,5,100", taken: "open high adj_close volume", rejections: []string{
			"line 2 close: 30 is more than 2 times the high 12",
		}},
		{name: "everything rejected", cells: "x,x,x,x,x,x", rejections: []string{
			`line 2 open: price "x": want a number such as 12.34`, `line 2 high: price "x": want a number such as 12.34`,
			`line 2 low: price "x": want a number such as 12.34`, `line 2 close: price "x": want a number such as 12.34`,
			`line 2 adj_close: price "x": want a number such as 12.34`, `line 2 volume: volume "x": want a number such as 12.34`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(header + "2020-01-06,ABC," + tt.cells)
			if err != nil || len(got.Rows) != 1 {
				t.Fatalf("rows %v, error %v", got.Rows, err)
			}
			var taken, rejections []string
			for f := range prices.Field(prices.FieldCount) {
				if r := got.Rows[0]; r.Has[f] {
					taken = append(taken, f.String())
				} else if r.Values[f] != 0 {
					t.Errorf("%s is absent, but %v", f, r.Values[f])
				}
			}
			for _, r := range got.Rejections {
				rejections = append(rejections, r.Position+": "+r.Reason)
			}
			if diff := cmp.Diff(tt.taken, strings.Join(taken, " ")); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.rejections, rejections); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	for _, row := range []string{
		"2020-01-06,ABC,10.5,11,10,10.75,9.125,1000", "2020-01-06,brk.b,1e1,,,10,1800000000000000000256,0\r\n", "31/12/2020,ABC,1,1,1,1,1,1",
		"2020-01-06,\"ABC\",\"1,5\",NaN,-1,inf,0x1p4,-0\n\n", "2020-01-06,ABC,5,1,2,3,4,5.5", "\"", ",,,,,,,", "2020-01-06,ABC,1,1,1\x00,1,1,1",
	} {
		f.Add(row)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		got, err := read(header + rows)
		if err != nil {
			if _, ok := errors.AsType[*csvfile.FormatError](err); !ok {
				t.Fatalf("error %v", err)
			}
			return
		}
		var printed strings.Builder
		printed.WriteString(header)
		for i := range got.Rows {
			printed.WriteString(printRow(t, &got.Rows[i]))
			got.Rows[i].Line = i + 2 // as it was printed
		}
		again, err := read(printed.String())
		if err != nil || again.Rejections != nil {
			t.Fatalf("error %v, rejections %v", err, again.Rejections)
		}
		if diff := cmp.Diff(got.Rows, again.Rows); diff != "" {
			t.Errorf("printed and read again (-want +got):\n%s", diff)
		}
	})
}

// printRow prints a row, whose values must be such as are taken.
func printRow(t *testing.T, r *prices.Row) string {
	t.Helper()
	cells := []string{r.Date.String(), r.Symbol}
	for f := range prices.Field(prices.FieldCount) {
		text := ""
		if v := r.Values[f]; r.Has[f] {
			text = strconv.FormatFloat(v, 'g', -1, 64)
			if f == prices.Volume && (v < 0 || v >= 1e15 || v != math.Trunc(v)) || f != prices.Volume && !(v > 0 && v < 1e9) {
				t.Errorf("%s %v is taken", f, v)
			}
		}
		cells = append(cells, text)
	}
	if r.Has[prices.High] && r.Has[prices.Low] && r.Values[prices.High] < r.Values[prices.Low] {
		t.Errorf("high %v, low %v are taken", r.Values[prices.High], r.Values[prices.Low])
	}
	return strings.Join(cells, ",") + "\n"
}
