package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

func TestFilingURL(t *testing.T) {
	t.Parallel()
	s := openNew(t, seed(t))
	for id, want := range map[edgar.AccessionNumber]string{
		32019323000106:     "https://www.sec.gov/Archives/edgar/data/320193/000032019323000106/aapl-20230930.htm",
		32019323000107:     "https://www.sec.gov/Archives/edgar/data/320193/000032019323000107/0000320193-23-000107-index.htm",
		100100000001:       "https://www.sec.gov/Archives/edgar/data/1001/000000100100000001/0000001001-00-000001-index.htm",
		999999999999999999: "",
	} {
		f, err := s.FilingByAccession(t.Context(), id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		got := ""
		if url := f.URL(); url != nil {
			got = *url
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	if _, err := s.FilingByAccession(t.Context(), 7); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown filing: error %v, want ErrNotFound", err)
	}
}

func TestCompaniesOfFilings(t *testing.T) {
	t.Parallel()
	s := openNew(t, seed(t))
	b := s.Batch()
	found := b.CompaniesOfFilings([]edgar.AccessionNumber{
		32019323000106, 32019323000107, 106798300000001, 100100000001, 121415600000002, 88439400000003,
		999999999999999999, 7,
	})
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	type companies struct {
		Main string
		All  []string
	}
	got := map[edgar.AccessionNumber]companies{}
	for id, of := range found {
		c := companies{Main: of.Main.Name}
		for _, company := range of.All {
			c.All = append(c.All, company.Name)
		}
		got[id] = c
	}
	want := map[edgar.AccessionNumber]companies{
		32019323000106: {"Apple Inc.", []string{"Apple Inc."}},
		// A security counts more than a SIC code, and that more than a smaller CIK.
		32019323000107:  {"Apple Inc.", []string{"Apple Inc.", "COOK TIMOTHY D"}},
		106798300000001: {"BERKSHIRE HATHAWAY INC", []string{"SPDR TRUST", "BERKSHIRE HATHAWAY INC"}},
		88439400000003:  {"SPDR TRUST", []string{"OLD CO", "SPDR TRUST"}},
		// A security of the past does not count; the SIC code does.
		100100000001: {"OLD CO", []string{"OLD CO", "COOK TIMOTHY D"}},
		// Neither has any of that; who has no CIK comes last.
		121415600000002: {"COOK TIMOTHY D", []string{"COOK TIMOTHY D", `Unlisted "Größe" Ltd`}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if found[32019323000106].Main != found[32019323000107].Main {
		t.Error("a company of two filings is two rows")
	}
}
