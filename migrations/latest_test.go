package migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestLatestValuesOfExistingData fills the latest values of series that are there: a hypertable's, too, of which old chunks
// are compressed.
func TestLatestValuesOfExistingData(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	if _, err := migrations.UpFrom(t.Context(), url, before(t, "0005")); err != nil {
		t.Fatal(err)
	}
	execute(t, url, points)
	execute(t, url, `
insert into concepts (id, taxonomy, concept) values (1, 'price', 'close');
insert into definitions (id, concept_id, period, name, unit) values (1, 1, 2, 'price:close', 'USD'), (2, 1, 1, 'price:close', 'EUR'), (3, 1, 3, 'price:close', 'GBP');
insert into series (id, definition_id, points, first_on, last_on)
select series_id, series_id, count(*), min(date), max(date) from metrics where series_id <> 0 group by series_id`)
	if storetest.FlavourOf(t) == storetest.TimescaleDB {
		execute(t, url, "select compress_chunk(c) from show_chunks('metrics', older_than => date '2020-06-01') c")
	}
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	const latest = `select string_agg(concat_ws(' ', id, last_on, last_value, coalesce(last_fact_id::text, 'none')), e'\n' order by id) from series`
	want := "1 2021-03-20 79 none\n2 1972-01-02 0.2 none\n3 2021-03-30 1000000000 7"
	if diff := cmp.Diff(want, text(t, url, latest)); diff != "" {
		t.Errorf("latest values (-want +got):\n%s", diff)
	}
}
