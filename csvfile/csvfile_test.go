package csvfile_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/csvfile"
)

var columns = []csvfile.Column{
	{Name: "name"},
	{Name: "size", Others: []string{"Size in metres"}},
	{Name: "colour", Optional: true},
}

// contents is what is read of a table with these columns.
type contents struct {
	Rows       []string // line, then the values
	Rejections []string
}

func read(in io.Reader) (got contents, err error) {
	table, err := csvfile.NewReader(in, columns, func(line int, reason error) error {
		got.Rejections = append(got.Rejections, fmt.Sprintf("%d %v", line, reason))
		return nil
	})
	if err != nil {
		return got, err
	}
	for {
		err := table.Next()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		row := fmt.Sprintf("%d %s|%s|%s", table.Line(), table.Value(0), table.Value(1), table.Value(2))
		got.Rows = append(got.Rows, row)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     contents
	}{
		{"plain", "name,size,colour\na,1,red\nb,2,\n", contents{Rows: []string{"2 a|1|red", "3 b|2|"}}},
		{"no end of line at the end", "name,size,colour\na,1,red", contents{Rows: []string{"2 a|1|red"}}},
		{"no rows", "name,size,colour\n", contents{}},
		{"byte order mark and CRLF", "\ufeffname,size\r\na,1\r\n\r\nb,2\r\n", contents{Rows: []string{"2 a|1|", "4 b|2|"}}},
		{"byte order mark and quotes", "\ufeff\"name\",\"size\"\na,1\n", contents{Rows: []string{"2 a|1|"}}},
		{"any order, case and space", " Colour ,x,SIZE IN METRES,Name\nred,9,1,a\n", contents{Rows: []string{"2 a|1|red"}}},
		{"unknown columns, twice", "x,name,x,size\n9,a,8,1\n", contents{Rows: []string{"2 a|1|"}}},
		{"empty lines", "\n\nname,size\n\n\na,1\n\n", contents{Rows: []string{"6 a|1|"}}},
		{"space around values", "name,size\n a b ,\t1 \n", contents{Rows: []string{"2 a b|1|"}}},
		{"quotes", "name,size\n\"a, \"\"b\"\"\",1\n\"\",\"2\"\n", contents{Rows: []string{`2 a, "b"|1|`, "3 |2|"}}},
		{"empty values", "name,size\n,\n", contents{Rows: []string{"2 ||"}}},
		{"decimal comma", "name,size\na,1,5\nb,2\n", contents{Rows: []string{"3 b|2|"}, Rejections: []string{"2 3 values where there are 2 columns"}}},
		{"too few", "name,size\na\nb,2\n", contents{Rows: []string{"3 b|2|"}, Rejections: []string{"2 1 values where there are 2 columns"}}},
		{"a quote inside", "name,size\na\"b,1\nb,2\n", contents{Rows: []string{"3 b|2|"}, Rejections: []string{"2 a quote inside a value that is not quoted"}}},
		{"text after a quote", "name,size\n\"a\"b,1\nb,2\n", contents{Rows: []string{"3 b|2|"}, Rejections: []string{"2 text after a quoted value"}}},
		{"a stray quote swallows no rows", "name,size\n\"a,1\nb,2\n\"c,3\n", contents{Rows: []string{"3 b|2|"}, Rejections: []string{
			"2 a quote that is not closed on its line", "4 a quote that is not closed on its line",
		}}},
		{"NUL", "name,size\na\x00,1\nb,2\n", contents{Rows: []string{"3 b|2|"}, Rejections: []string{"2 a NUL character"}}},
		{"the longest line", "name,size\n" + strings.Repeat("a", 1<<16-3) + ",1", contents{Rows: []string{"2 " + strings.Repeat("a", 1<<16-3) + "|1|"}}},
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

func TestHas(t *testing.T) {
	t.Parallel()
	table, err := csvfile.NewReader(strings.NewReader("size,name\n"), columns, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []bool{table.Has(0), table.Has(1), table.Has(2)}
	if diff := cmp.Diff([]bool{true, true, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFormatErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<16)
	tests := []struct {
		name, in, want string
	}{
		{"empty", "", "the file is empty"},
		{"empty lines only", "\n\r\n", "the file is empty"},
		{"byte order mark only", "\ufeff", `line 1: missing column name: want the columns name,size, found ""`},
		{"missing column", "name,length,colour\na,1,red\n", `line 1: missing column size: want the columns name,size, found "name,length,colour"`},
		{"no header", "a,1,red\n", `line 1: missing column name: want the columns name,size, found "a,1,red"`},
		{"semicolons", "name;size\n", `line 1: missing column name: want the columns name,size, found "name;size"`},
		{"a long header", strings.Repeat("y", 300), `line 1: missing column name: want the columns name,size, found "` + strings.Repeat("y", 200) + `"…`},
		{"the same column twice", "name,size,NAME\n", `line 1: two columns are the name: "name" and "NAME"`},
		{"the same column by another name", "name,size,size in metres\n", `line 1: two columns are the size: "size" and "size in metres"`},
		{"an optional column twice", "name,size,colour,colour\n", `line 1: two columns are the colour: "colour" and "colour"`},
		{"UTF-16", "\xff\xfen\x00a\x00", "line 1: the header is not UTF-8 text"},
		{"zeros", strings.Repeat("\x00", 1000), "line 1: the header has a NUL character"},
		{"broken header", "name,\"size\n", "line 1: the header has a quote that is not closed on its line"},
		{"a long header line", long + ",name", "line 1: longer than 64 kB"},
		{"a long line", "name,size\na,1\n" + long + ",1", "line 3: longer than 64 kB"},
		{"a long line of quotes", "name,size\n\"" + strings.Repeat("\"", 1<<16), "line 2: longer than 64 kB"},
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

// TestLongLineInConstantMemory reads a line of 1 GB. It is not parallel, for the heap is everybody's.
func TestLongLineInConstantMemory(t *testing.T) {
	endless := &zeros{rest: 1 << 30}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(io.MultiReader(strings.NewReader("name,size\n"), endless))
	runtime.ReadMemStats(&after)
	var format *csvfile.FormatError
	if !errors.As(err, &format) || format.Line != 2 {
		t.Errorf("error is %v, want a FormatError of line 2", err)
	}
	if taken := 1<<30 - endless.rest; taken > 128<<10 {
		t.Errorf("%d kB were read", taken>>10)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<10 {
		t.Errorf("%d kB were allocated", grown>>10)
	}
}

// zeros reads as the digit 0, rest times.
type zeros struct{ rest int }

func (z *zeros) Read(p []byte) (int, error) {
	n := min(len(p), z.rest)
	for i := range n {
		p[i] = '0'
	}
	z.rest -= n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestErrorsOfTheFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for _, in := range []string{"", "na", "name,size\n", "name,size\na,1\nb,"} {
		got, err := read(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("the file fails after %q: %v", in, err)
		}
		again, err := read(io.MultiReader(strings.NewReader(in), iotest.ErrReader(io.ErrUnexpectedEOF)))
		var format *csvfile.FormatError
		if !errors.As(err, &format) || format.Reason != "the file ends in the middle: it is cut off" {
			t.Errorf("the compressed file ends after %q: %v", in, err)
		}
		if len(got.Rows) != strings.Count(in, "1") || len(again.Rows) != len(got.Rows) || got.Rejections != nil {
			t.Errorf("rows %v and %v, rejections %v", got.Rows, again.Rows, got.Rejections)
		}
	}
}

func TestErrorsOfReject(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	table, err := csvfile.NewReader(strings.NewReader("name,size\na\nb,2\n"), columns, func(int, error) error { return enough })
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Next(); !errors.Is(err, enough) {
		t.Errorf("error is %v", err)
	}
}

// FuzzReader compares each line with what encoding/csv reads of it.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"a,1\nb,2", "\"a, \"\"b\"\"\",1\r\n", "\"a\"b,1\na\"b,1", "\"a,1\n\"b,2\n", ",\n,,\n\n", "a\x00,1\n", " \"a\",1\n", "\"\"\"\",\"\"\n", "\r", "a,\r\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		if len(rows) >= 1<<16 {
			return
		}
		got, err := read(strings.NewReader("name,size\n" + rows))
		if err != nil {
			t.Fatal(err)
		}
		var want contents
		for i, line := range strings.Split(rows, "\n") {
			oracle := csv.NewReader(strings.NewReader(line))
			oracle.FieldsPerRecord = -1
			values, err := oracle.Read()
			switch {
			case errors.Is(err, io.EOF):
			case err != nil || len(values) != 2 || strings.Contains(line, "\x00"):
				want.Rejections = append(want.Rejections, strconv.Itoa(i+2))
			default:
				row := fmt.Sprintf("%d %s|%s|", i+2, strings.TrimSpace(values[0]), strings.TrimSpace(values[1]))
				want.Rows = append(want.Rows, row)
			}
		}
		for i, r := range got.Rejections {
			got.Rejections[i], _, _ = strings.Cut(r, " ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
