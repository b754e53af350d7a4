package edgar_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

func TestDataSetIndexes(t *testing.T) {
	t.Parallel()
	type totals struct {
		Rows, Accessions int
		SeveralRows      int // accessions with several rows
		SeveralCompanies int // accessions of several companies
		Companies, Forms int
		NamesCut         int
		First, Last      string
	}
	// Accessions with several rows are not all of several companies: 51 of master list one company twice.
	tests := []struct {
		file string
		want totals
	}{
		{"2020/QTR1/form.20200318.idx.gz", totals{
			Rows: 4084, Accessions: 2666, SeveralRows: 1264, SeveralCompanies: 1213, Companies: 2537, Forms: 115, NamesCut: 9,
			First: "2019-07-18", Last: "2020-03-18",
		}},
		{"2020/QTR1/master.20200103.idx.gz", totals{
			Rows: 7989, Accessions: 4655, SeveralRows: 3231, SeveralCompanies: 3180, Companies: 4722, Forms: 111, NamesCut: 0,
			First: "2018-12-21", Last: "2020-01-03",
		}},
		{"2022/QTR4/company.20221003.idx.gz", totals{
			Rows: 4925, Accessions: 3195, SeveralRows: 1513, SeveralCompanies: 1498, Companies: 2703, Forms: 117, NamesCut: 13,
			First: "2022-09-08", Last: "2022-10-03",
		}},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.file), func(t *testing.T) {
			t.Parallel()
			var l indexList
			if err := edgar.ReadIndex(open(t, filepath.Join(dataSet(t), "edgar", "daily-index", filepath.FromSlash(tt.file))), &l); err != nil {
				t.Fatal(err)
			}
			for _, r := range l.Rejections {
				t.Errorf("%s: %s", r.Position, r.Reason)
			}
			got := totals{Rows: len(l.Filings)}
			first, last := edgar.MaxDate, edgar.MinDate
			rows, owners := map[edgar.AccessionNumber]int{}, map[edgar.AccessionNumber]map[edgar.CIK]bool{}
			companies, forms := map[edgar.CIK]bool{}, map[string]bool{}
			for _, f := range l.Filings {
				rows[f.Accession]++
				if owners[f.Accession] == nil {
					owners[f.Accession] = map[edgar.CIK]bool{}
				}
				owners[f.Accession][f.CIK] = true
				companies[f.CIK], forms[f.Form] = true, true
				count(&got.NamesCut, f.NameCut)
				first, last = min(first, f.FiledOn), max(last, f.FiledOn)
			}
			for a, n := range rows {
				count(&got.SeveralRows, n > 1)
				count(&got.SeveralCompanies, len(owners[a]) > 1)
			}
			got.Accessions, got.Companies, got.Forms = len(rows), len(companies), len(forms)
			got.First, got.Last = first.String(), last.String()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("totals (-want +got):\n%s", diff)
			}
		})
	}
}
