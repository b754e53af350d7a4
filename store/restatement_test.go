package store_test

import (
	"strconv"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store"
)

// TestRestatements holds the restatements of facts of EDGAR against what the files have.
func TestRestatements(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	if _, err := ingest.Run(t.Context(), s.Pool(), []string{"../edgar/testdata/companyfacts"}, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, example := range []struct {
		name, concept, period, accession string
		cik                              int64
		want                             []string
	}{
		{
			"an amendment", "us-gaap:NetIncomeLoss", "2007-09-30 2008-09-27", "0001193125-10-012091", 320193,
			[]string{"4834000000 0001193125-09-214859"},
		},
		{
			"a repetition of it", "us-gaap:NetIncomeLoss", "2007-09-30 2008-09-27", "0001193125-10-238044", 320193,
			[]string{"4834000000 0001193125-09-214859"},
		},
		{"the original", "us-gaap:NetIncomeLoss", "2007-09-30 2008-09-27", "0001193125-09-214859", 320193, nil},
		{
			"the second of two filings of a day", "us-gaap:UnrecognizedTaxBenefits", "- 2015-12-31", "0001652044-16-000022", 1652044,
			[]string{"4200000000 0001652044-16-000021", "4167000000 0001652044-16-000012"},
		},
		{
			"the first of them", "us-gaap:UnrecognizedTaxBenefits", "- 2015-12-31", "0001652044-16-000021", 1652044,
			[]string{"4167000000 0001652044-16-000012"},
		},
		{
			"a part of revenue, twice", "us-gaap:SalesRevenueNet", "2013-07-01 2014-06-30", "0000080424-16-000212", 80424,
			[]string{"80510000000 0000080424-15-000070", "83062000000 0000080424-14-000057"},
		},
		{"a start that was repaired is another period", "us-gaap:NetIncomeLoss", "2009-02-16 2009-05-10", "0001193125-10-230379", 909832, nil},
		{
			"a split of shares", "us-gaap:EarningsPerShareDiluted", "2023-01-30 2024-01-28", "0001045810-26-000021", 1045810,
			[]string{"11.93 0001045810-24-000029"},
		},
	} {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			v := &store.MetricValue{FactID: factID(t, s, example.cik, example.concept, example.period, example.accession), Name: example.concept, DefinitionID: 7}
			batch := s.Batch()
			found := batch.Restatements([]*store.MetricValue{v, {}})
			run(t, batch)
			var got []string
			for i, r := range found[v] {
				if r.Name != v.Name || r.DefinitionID != v.DefinitionID || len(r.Earlier) != len(found[v])-i-1 || r.Earlier == nil {
					t.Errorf("%+v", r)
				}
				got = append(got, strconv.FormatFloat(r.Value, 'f', -1, 64)+" "+r.AccessionNumber.String())
			}
			if d := diff.Diff(example.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("restatements: want -, got +:\n%s", d)
			}
		})
	}
}

// factID finds the fact of a period ("start end", "-" for the start of an instant) in a filing.
func factID(t *testing.T, s *store.Store, cik int64, concept, period, accession string) (id int64) {
	t.Helper()
	number, err := edgar.ParseAccessionNumber(accession)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Pool().QueryRow(t.Context(), `select f.id from facts f join companies o on o.id = f.company_id join concepts c on c.id = f.concept_id
		where o.cik = $1 and c.name = $2 and coalesce(f.period_start::text, '-') || ' ' || f.period_end = $3 and f.accession = $4`,
		cik, concept, period, int64(number)).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
