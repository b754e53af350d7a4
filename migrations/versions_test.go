package migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/store/storetest"
)

// restated are three series of a company, in a database that knows nothing of versions: a year that was restated, repeated,
// and restated back; quarters of which two are the same one, dated differently; prices.
const restated = `
insert into companies (id, name, search_text) values (1, 'Restated', 'restated');
insert into securities (id, company_id, symbol) values (1, 1, 'R');
insert into concepts (id, taxonomy, concept) values (1, 'us-gaap', 'Revenues'), (2, 'price', 'close');
insert into definitions (id, concept_id, period, name, unit) values
  (1, 1, 6, 'us-gaap:Revenues', 'USD'), (2, 1, 3, 'us-gaap:Revenues', 'USD'), (3, 2, 2, 'price:close', 'USD');
insert into series (id, company_id, security_id, definition_id, points, first_on, last_on) values
  (1, 1, null, 1, 1, '2018-12-31', '2018-12-31'), (2, 1, null, 2, 2, '2018-03-31', '2018-06-29'),
  (3, 1, 1, 3, 2, '2018-01-02', '2018-01-03');
insert into facts (id, company_id, accession, value, concept_id, period_start, period_end, filed_on, form, unit) values
  (1, 1, 1, 10, 1, '2018-01-01', '2018-12-31', '2018-12-30', '10-K', 'USD'), -- ends after its filing
  (2, 1, 2, 20, 1, '2018-01-01', '2018-12-31', '2019-02-01', '10-K', 'USD'),
  (3, 1, 3, 20, 1, '2018-01-01', '2018-12-31', '2019-03-01', '10-K/A', 'USD'),
  (4, 1, 4, 30, 1, '2018-01-01', '2018-12-31', '2019-04-01', '10-K/A', 'USD'),
  (5, 1, 5, 40, 1, '2018-01-01', '2018-12-31', '2019-05-01', '8-K', 'USD'),
  (6, 1, 6, 20, 1, '2018-01-01', '2018-12-31', '2019-05-01', '8-K', 'USD'),
  (7, 1, 1, 1, 1, '2018-01-01', '2018-03-31', '2018-05-01', '10-Q', 'USD'),
  (8, 1, 2, 2, 1, '2018-04-01', '2018-06-30', '2018-08-01', '10-Q', 'USD'),
  (9, 1, 3, 2, 1, '2018-03-31', '2018-06-29', '2019-08-01', '10-Q', 'USD');
insert into metrics (series_id, date, as_of, value, fact_id) values
  (1, '2018-12-31', null, 20, 6), (2, '2018-03-31', null, 1, 7), (2, '2018-06-29', null, 2, 9),
  (3, '2018-01-02', '2018-01-03', 5, null), (3, '2018-01-03', '2018-01-03', 6, null)`

// knownWhen is what the database says of it: the points as they are, and as they were.
const knownWhen = `
select string_agg(line, e'\n' order by line)
from (
  select concat_ws(' ', series_id, date, known_from, value) as line from metrics
  union all
  select concat_ws(' ', series_id, date, known_from, known_to, value) from point_versions
) l`

func TestPointVersionsOfExistingData(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	if _, err := migrations.UpFrom(t.Context(), url, before(t, "0005")); err != nil {
		t.Fatal(err)
	}
	execute(t, url, restated)
	execute(t, url, "select rebuild_metrics_month()")
	if storetest.FlavourOf(t) == storetest.TimescaleDB {
		if n := count(t, url, "select count(compress_chunk(c)) from show_chunks('metrics') c"); n == 0 {
			t.Fatal("no chunk is compressed")
		}
	}
	held := text(t, url, allPoints)
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	const want = `1 2018-12-31 2019-02-01 2019-04-01 20
1 2018-12-31 2019-04-01 2019-05-01 30
1 2018-12-31 2019-05-01 20
2 2018-03-31 2018-05-01 1
2 2018-06-29 2019-08-01 2
2 2018-06-30 2018-08-01 2019-08-01 2
3 2018-01-02 5
3 2018-01-03 6`
	if diff := cmp.Diff(want, text(t, url, knownWhen)); diff != "" {
		t.Errorf("what was known when (-want +got):\n%s", diff)
	}
	for range 2 { // to plain tables and back, where there are others
		execute(t, url, `select case
			when metrics_are_hypertable() then metrics_to_plain()
			when why_not_timescale() is null then metrics_to_timescale() end`)
		if diff := cmp.Diff(want, text(t, url, knownWhen)); diff != "" {
			t.Errorf("what was known when, turned into another kind of table (-want +got):\n%s", diff)
		}
	}
	for count(t, url, "select count(*) from goose_db_version where version_id >= 6") > 0 {
		if _, err := migrations.Down(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(held, text(t, url, allPoints)); diff != "" {
		t.Errorf("points after down (-before +after):\n%s", diff)
	}
}
