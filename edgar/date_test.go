package edgar_test

import (
	"testing"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// date returns the date that s is.
func date(t testing.TB, s string) edgar.Date {
	t.Helper()
	d, err := edgar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDateBounds(t *testing.T) {
	t.Parallel()
	if got := edgar.NewDate(1, time.January, 1); got != edgar.MinDate {
		t.Errorf("0001-01-01 is %d, MinDate %d", got, edgar.MinDate)
	}
	if got := edgar.NewDate(9999, time.December, 31); got != edgar.MaxDate {
		t.Errorf("9999-12-31 is %d, MaxDate %d", got, edgar.MaxDate)
	}
	if got := edgar.NewDate(1970, time.January, 1); got != 0 {
		t.Errorf("1970-01-01 is %d, want 0", got)
	}
}

// TestDateAgreesWithTime goes through every day that a Date can be.
func TestDateAgreesWithTime(t *testing.T) {
	t.Parallel()
	day := time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)
	var got, want []byte
	for d := edgar.MinDate; d <= edgar.MaxDate; d++ {
		got, want = d.Append(got[:0]), day.AppendFormat(want[:0], time.DateOnly)
		if string(got) != string(want) {
			t.Fatalf("day %d prints as %s, want %s", d, got, want)
		}
		if !d.Time().Equal(day) || edgar.DateOf(day) != d {
			t.Fatalf("%s: time %s, date of time %d, want %d", want, d.Time(), edgar.DateOf(day), d)
		}
		day = day.AddDate(0, 0, 1)
	}
	if day.Year() != 10000 {
		t.Errorf("the last day is before %s", day)
	}
}

func TestDateOfIsInUTC(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("EST", -5*60*60)
	if got := edgar.DateOf(time.Date(2023, 11, 2, 22, 0, 0, 0, newYork)).String(); got != "2023-11-03" {
		t.Errorf("22:00 in New York is on %s in UTC, want 2023-11-03", got)
	}
	if got := edgar.DateOf(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)); got != -1 {
		t.Errorf("the second before 1970 is on day %d, want -1", got)
	}
}

func TestNewDateNormalises(t *testing.T) {
	t.Parallel()
	if got := edgar.NewDate(2023, 2, 29).String(); got != "2023-03-01" {
		t.Errorf("2023-02-29 is %s, want 2023-03-01", got)
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"2023-09-30", "2000-02-29", "2024-02-29", "0001-01-01", "9999-12-31", "1970-01-01"} {
		if got := date(t, in).String(); got != in {
			t.Errorf("%s prints as %s", in, got)
		}
	}
	for _, in := range []string{
		"", "2023-9-30", "2023-09-31", "2023-02-29", "1900-02-29", "2023-13-01", "2023-00-01", "2023-01-00", "0000-01-01",
		"20230930", "2023/09/30", "2023-09-30 ", "2023-09-30T00:00:00Z", "-023-09-30", "2023-+9-30", "２023-09-30",
	} {
		_, err := edgar.ParseDate(in)
		checkSyntaxError(t, "date", in, err)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2023-09-30", "2000-02-29", "1900-02-29", "0000-01-01", "9999-12-31", "", "2023-9-3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := edgar.ParseDate(s)
		want, wantErr := time.Parse(time.DateOnly, s)
		if wantErr == nil && want.Year() < 1 {
			wantErr = err // package time has a year 0
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("ParseDate(%q): %v, time.Parse: %v", s, err, wantErr)
		}
		if err != nil {
			checkSyntaxError(t, "date", s, err)
			return
		}
		if !got.Time().Equal(want) || got.String() != s {
			t.Errorf("ParseDate(%q) is %s, %s, want %s", s, got, got.Time(), want)
		}
	})
}
