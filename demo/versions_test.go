package demo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVersions holds what was known when, which is written with the points, against what the database derives from facts.
func TestVersions(t *testing.T) {
	t.Parallel()
	pool := open(t)
	load(t, pool, enough)
	const states = `
		select concat_ws(' ', series_id, date, known_from, known_to, value) from point_versions
		union all
		select concat_ws(' ', series_id, date, known_from, value) from metrics where fact_id is not null
		order by 1`
	want, err := queryStrings(t.Context(), pool, states)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`delete from point_versions`, `update metrics set known_from = null where fact_id is not null`, `select rebuild_point_versions()`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	got, err := queryStrings(t.Context(), pool, states)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("states (-derived +written):\n%.3000s", diff)
	}
	if n := count(t, pool, `select from point_versions`); n < 30 {
		t.Errorf("%d versions: too few to prove anything", n)
	}
}
