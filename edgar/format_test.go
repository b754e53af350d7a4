package edgar_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

// checkFormatError checks that err is the FormatError want, but for its Offset, and that its message tells.
func checkFormatError(t testing.TB, want edgar.FormatError, err error) {
	t.Helper()
	var got *edgar.FormatError
	if !errors.As(err, &got) {
		t.Fatalf("error is %v, want a FormatError", err)
	}
	want.Offset = got.Offset
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	for _, part := range []string{want.Kind.String(), want.Position, want.Reason} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("message %q does not say %q", err, part)
		}
	}
}

func TestParsersKeepErrorsOfTheReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	tests := []struct {
		name  string
		file  []string
		parse func(io.Reader) error
	}{
		{"submissions", []string{"submissions", "CIK0000320193.json"}, func(r io.Reader) error { _, err := edgar.ParseSubmissions(r); return err }},
		{"tickers", []string{"company_tickers.json"}, func(r io.Reader) error { _, _, err := edgar.ParseTickers(r); return err }},
		{"company facts", []string{"companyfacts", "CIK0000320193.json"}, func(r io.Reader) error { return edgar.ReadCompanyFacts(r, &factCounter{}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := readFile(t, tt.file...)
			for _, n := range []int{0, 10, 1000, len(data) - 10} {
				half := bytes.NewReader(data[:n])
				if err := tt.parse(io.MultiReader(half, iotest.ErrReader(broken))); !errors.Is(err, broken) {
					t.Errorf("the reader fails after %d bytes: %v", n, err)
				}
				var format *edgar.FormatError
				half = bytes.NewReader(data[:n])
				err := tt.parse(io.MultiReader(half, iotest.ErrReader(io.ErrUnexpectedEOF)))
				if !errors.As(err, &format) || !strings.Contains(err.Error(), "cut off") {
					t.Errorf("the compressed file ends after %d bytes: %v", n, err)
				}
			}
		})
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	t.Parallel()
	endless := func() io.Reader { return &repeated{head: `{"0":"`, body: strings.Repeat("x", 1<<20), n: 1_000} }
	const reason = "the file is larger than 32 MB"
	_, err := edgar.ParseSubmissions(endless())
	checkFormatError(t, edgar.FormatError{Kind: edgar.KindSubmissions, Reason: reason}, err)
	_, _, err = edgar.ParseTickers(endless())
	checkFormatError(t, edgar.FormatError{Kind: edgar.KindTickers, Reason: reason}, err)
}
