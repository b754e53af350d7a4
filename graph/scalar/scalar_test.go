package scalar_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/scalar"
)

func render(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}

// read erases the type of what an unmarshaler returns.
func read[T any](unmarshal func(any) (T, error)) func(any) (any, error) {
	return func(v any) (any, error) { return unmarshal(v) }
}

var readers = map[string]func(any) (any, error){
	"CIK":             read(scalar.UnmarshalCIK),
	"AccessionNumber": read(scalar.UnmarshalAccessionNumber),
	"Date":            read(scalar.UnmarshalDate),
	"DateTime":        read(scalar.UnmarshalDateTime),
	"Float":           read(scalar.UnmarshalFloat),
	"MetricPeriod":    read(scalar.UnmarshalMetricPeriod),
}

func TestOutput(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 11, 2, 22, 8, 27, 0, time.UTC)
	type row struct {
		scalar string
		out    graphql.Marshaler
		want   string
		value  any // what it reads back as; nil when it does not
	}
	rows := []row{
		{"CIK", scalar.MarshalCIK(320193), `"0000320193"`, edgar.CIK(320193)},
		{"CIK", scalar.MarshalCIK(9_999_999_999), `"9999999999"`, edgar.CIK(9_999_999_999)},
		{"AccessionNumber", scalar.MarshalAccessionNumber(32019323000106), `"0000320193-23-000106"`, edgar.AccessionNumber(32019323000106)},
		{"AccessionNumber", scalar.MarshalAccessionNumber(999999999999999999), `"9999999999-99-999999"`, edgar.AccessionNumber(999999999999999999)},
		{"Date", scalar.MarshalDate(19630), `"2023-09-30"`, edgar.Date(19630)},
		{"Date", scalar.MarshalDate(edgar.MinDate), `"0001-01-01"`, edgar.MinDate},
		{"Date", scalar.MarshalDate(edgar.MaxDate), `"9999-12-31"`, edgar.MaxDate},
		{"DateTime", scalar.MarshalDateTime(at), `"2023-11-02T22:08:27Z"`, at},
		{"DateTime", scalar.MarshalDateTime(at.Add(120 * time.Millisecond)), `"2023-11-02T22:08:27.12Z"`, at.Add(120 * time.Millisecond)},
		{"DateTime", scalar.MarshalDateTime(at.In(time.FixedZone("EST", -5*3600))), `"2023-11-02T22:08:27Z"`, at},
		{"Float", scalar.MarshalFloat(96995e6), `96995000000`, 96995e6},
		{"Float", scalar.MarshalFloat(6.13), `6.13`, 6.13},
		{"Float", scalar.MarshalFloat(math.Inf(-1)), `null`, nil},
	}
	for _, p := range edgar.Periods() {
		rows = append(rows, row{"MetricPeriod", scalar.MarshalMetricPeriod(p), `"` + p.String() + `"`, p})
	}
	for _, r := range rows {
		got := render(r.out)
		if got != r.want {
			t.Errorf("%s: got %s, want %s", r.scalar, got, r.want)
		}
		if r.value == nil {
			continue
		}
		if back, err := readers[r.scalar](decode(t, got)); err != nil || back != r.value {
			t.Errorf("%s: %s reads back as %v, %v", r.scalar, got, back, err)
		}
	}
}

// decode returns the value of a JSON text as the variables of an operation are decoded.
func decode(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// TestInput reads what only clients write. Whole numbers of a document are int64, of variables json.Number.
func TestInput(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		scalar   string
		in, want any
	}{
		{"CIK", "320193", edgar.CIK(320193)},
		{"CIK", json.Number("320193"), edgar.CIK(320193)},
		{"CIK", int64(320193), edgar.CIK(320193)},
		{"CIK", 320193, edgar.CIK(320193)},
		{"AccessionNumber", "000032019323000106", edgar.AccessionNumber(32019323000106)},
		{"DateTime", "2023-11-02T17:08:27-05:00", time.Date(2023, 11, 2, 22, 8, 27, 0, time.UTC)},
		{"Float", json.Number("1e3"), 1000.0},
		{"Float", json.Number("9007199254740993"), 9007199254740992.0},
		{"Float", 0.5, 0.5},
		{"Float", int64(-3), -3.0},
		{"Float", 7, 7.0},
	} {
		got, err := readers[r.scalar](r.in)
		if err != nil {
			t.Errorf("%s of %v: %v", r.scalar, r.in, err)
		} else if diff := cmp.Diff(r.want, got); diff != "" {
			t.Errorf("%s of %v: want -, got +:\n%s", r.scalar, r.in, diff)
		}
	}
}

func TestInputRefused(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		scalar string
		in     any
		want   string
	}{
		{"CIK", nil, "CIK: want a string or an integer, not null"},
		{"CIK", 1.5, "CIK: want a string or an integer, not that number"},
		{"CIK", json.Number("1.5"), `CIK "1.5": want one to ten digits, not all zero`},
		{"CIK", int64(-1), `CIK "-1": want one to ten digits, not all zero`},
		{"CIK", "12345678901", `CIK "12345678901": want one to ten digits, not all zero`},
		{"AccessionNumber", json.Number("32019323000106"), "accession number: want a string, not that number"},
		{"AccessionNumber", "320193-23-106", `accession number "320193-23-106": want ten, two and six digits such as "0000320193-23-000106"`},
		{"Date", int64(19630), "date: want a string, not that number"},
		{"Date", "2023-02-29", `date "2023-02-29": want a day that exists, such as "2023-09-30"`},
		{"DateTime", true, "time: want a string, not a boolean"},
		{"DateTime", "2023-11-02", `time "2023-11-02": want RFC 3339, such as "2023-11-02T22:08:27Z"`},
		{"Float", "1", "number: want a finite number, not a string"},
		{"Float", json.Number("1e400"), "number: want a finite number, not that number"},
		{"Float", json.Number("NaN"), "number: want a finite number, not that number"},
		{"Float", math.Inf(1), "number: want a finite number, not that number"},
		{"Float", map[string]any{}, "number: want a finite number, not an object"},
		{"MetricPeriod", []any{"YEAR"}, "period: want a name, not a list"},
		{"MetricPeriod", "OTHER", `period "OTHER": want INSTANT, DAILY, QUARTER, HALF, NINE_MONTHS or YEAR`},
		{"MetricPeriod", "year", `period "year": want INSTANT, DAILY, QUARTER, HALF, NINE_MONTHS or YEAR`},
	} {
		got, err := readers[r.scalar](r.in)
		if err == nil || err.Error() != r.want {
			t.Errorf("%s of %v: got %v, error %v; want %s", r.scalar, r.in, got, err, r.want)
		}
	}
}

// goName is what a client of the API has never heard of.
var goName = regexp.MustCompile(`int64|float64|bool\b|map\[|\[\]|json\.|edgar\.|strconv|time\.|interface|%!|<nil>`)

// TestErrorsNameNoGoTypes gives every kind of value to every scalar.
func TestErrorsNameNoGoTypes(t *testing.T) {
	t.Parallel()
	for name, unmarshal := range readers {
		for _, in := range []any{
			nil, true, "nonsense", json.Number("-1.5"), int64(-1), -1, math.NaN(),
			[]any{"x"},
			map[string]any{"x": 1},
			float32(1), []byte("x"),
		} {
			if _, err := unmarshal(in); err != nil && goName.MatchString(err.Error()) {
				t.Errorf("%s of %v: %v", name, in, err)
			}
		}
	}
}

// discard takes what is written without keeping it.
type discard struct{ n int }

func (d *discard) Write(b []byte) (int, error) { d.n += len(b); return len(b), nil }

// TestAllocations is not parallel: allocations are counted for the whole process.
func TestAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	for name, f := range map[string]float64{"whole": 96995e6, "fraction": 0.1 + 0.2, "exponent": 5e-324, "none": math.NaN()} {
		if n := testing.AllocsPerRun(100, func() { buf = scalar.AppendFloat(buf[:0], f) }); n != 0 {
			t.Errorf("AppendFloat of a number with %s: %v allocations", name, n)
		}
	}
	var w io.Writer = &discard{}
	for name, m := range map[string]graphql.Marshaler{
		"CIK":             scalar.MarshalCIK(320193),
		"AccessionNumber": scalar.MarshalAccessionNumber(32019323000106),
		"Date":            scalar.MarshalDate(19630),
		"DateTime":        scalar.MarshalDateTime(time.Unix(1.7e9, 0)),
		"Float":           scalar.MarshalFloat(6.13),
		"MetricPeriod":    scalar.MarshalMetricPeriod(edgar.PeriodYear),
	} {
		if n := testing.AllocsPerRun(100, func() { m.MarshalGQL(w) }); n > 1 { // its bytes
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
