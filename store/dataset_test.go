package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

func TestDataSet(t *testing.T) {
	t.Parallel()
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		s := openNew(t, "")
		if diff := cmp.Diff(&store.DataSet{}, mustDataSet(t, s)); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
	})
	t.Run("counted", func(t *testing.T) {
		t.Parallel()
		s := openNew(t, seed(t))
		want := &store.DataSet{}
		const counts = `select (select count(*) from companies), (select count(*) from filings),
			(select sum(points) from series)::float8, (select max(filed_on) from filings),
			(select max(last_on) from series s join definitions d on d.id = s.definition_id where d.name = 'price:close')`
		err := s.Pool().QueryRow(t.Context(), counts).
			Scan(&want.Companies, &want.Filings, &want.Values, &want.NewestFiling, &want.NewestPrice)
		if err != nil {
			t.Fatal(err)
		}
		if want.Values == 0 || want.NewestFiling == nil || want.NewestPrice == nil {
			t.Fatalf("the test needs data of each kind: %+v", want)
		}
		if diff := cmp.Diff(want, mustDataSet(t, s)); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
	})
	t.Run("estimated", func(t *testing.T) {
		t.Parallel()
		s := openNew(t, "")
		const many = `insert into filings (id, form, filed_on) select n, '10-K', '2024-01-01' from generate_series(1, 100001) n`
		if _, err := s.Pool().Exec(t.Context(), many); err != nil {
			t.Fatal(err)
		}
		day := edgar.NewDate(2024, 1, 1)
		// Before PostgreSQL knows anything of the table, what was counted is the best there is.
		want := &store.DataSet{Filings: 100_001, Estimated: true, NewestFiling: &day}
		if diff := cmp.Diff(want, mustDataSet(t, s)); diff != "" {
			t.Errorf("before analyze: want -, got +:\n%s", diff)
		}
		for _, sql := range []string{
			`insert into filings (id, form, filed_on) select n, '10-K', '2024-01-01' from generate_series(100002, 130000) n`,
			`analyze filings`,
		} {
			if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		if got := mustDataSet(t, s).Filings; got < 129_000 || got > 131_000 {
			t.Errorf("after analyze: %d filings, want about 130,000", got)
		}
	})
}

func mustDataSet(t *testing.T, s *store.Store) *store.DataSet {
	t.Helper()
	d, err := s.DataSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}
